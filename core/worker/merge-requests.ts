/** What a worker does for requests that are not about records: merge partials and groups, compress the output, make row groups. */
import { InternalError, JobError } from "../errors.ts";
import type { OutputCodec, PlacedGroup, RowGroups } from "../formats/codec.ts";
import { parseJson } from "../json.ts";
import type { WorkerHost } from "../platform/runtime.ts";
import type { CompressRequest, Done, GroupRequest, MergeRequest, RowsRequest, RunSlice } from "../protocol/messages.ts";
import type { Script } from "../script/types.ts";
import type { Answer } from "./answer.ts";
import { carryNodes, uncarryNodes } from "./emitters/fold.ts";
import { createFolder, emptyAccumulator, finished } from "./emitters/folder.ts";
import { mergeGroups } from "./emitters/merge-groups.ts";
import { MergeTree } from "./emitters/merge-tree.ts";
import { type PiecePool, PrintEmitter, TableEmitter } from "./emitters/print.ts";
import { NEEDS_RETURN } from "./emitters/reduce-laws.ts";
import { reasonOf } from "./records/record-error.ts";
import { RunFiles } from "./run-files.ts";
import type { TablePrinting } from "./table-printing.ts";

export interface MergeRunner {
  merge(request: MergeRequest, body: Uint8Array): Answer;
  group(request: GroupRequest): Answer;
  compress(request: CompressRequest, body: Uint8Array): Promise<Answer>;
  rows(request: RowsRequest, body: Uint8Array): Promise<Answer>;
}

export interface MergeRunnerOptions {
  readonly script: Script;
  readonly host: WorkerHost;
  readonly pieces: PiecePool;
  readonly outputCodec: OutputCodec;
  readonly printing: TablePrinting;
  readonly withKeys: boolean;
}

export function createMergeRunner(options: MergeRunnerOptions): MergeRunner {
  const { script, host, pieces, outputCodec, printing, withKeys } = options;
  const { text } = host;
  let groups: RowGroups | undefined;
  return { merge, group, compress, rows };

  async function rows({ id, make, columns }: RowsRequest, body: Uint8Array): Promise<Answer> {
    const { loadRowGroups } = outputCodec;
    if (loadRowGroups === undefined) throw new InternalError("this output has no row groups");
    groups ??= await loadRowGroups(text);
    const lines = text.decode(body, 0, body.length);
    const head = doneWithoutRecords(id);
    try {
      if (make === "columns")
        return { head: { ...head, columns: groups.columnsOf(lines, columns) }, output: [], values: [] };
      if (make === "end") return { head, output: [groups.end(columns, placedGroups(lines))], values: [] };
      const { bytes, note } = groups.write(lines, columns);
      return { head: { ...head, note }, output: [bytes], values: [] };
    } catch (error) {
      // A row that was printed for no record: the result of a reduce.
      if (error instanceof TypeError) throw new JobError(`Cannot write a row: ${error.message}`);
      throw error;
    }
  }

  async function compress({ id, compression, blockBytes }: CompressRequest, body: Uint8Array): Promise<Answer> {
    const output = await host.compress(compression, body, blockBytes);
    return { head: doneWithoutRecords(id), output, values: [] };
  }

  function merge(request: MergeRequest, body: Uint8Array): Answer {
    const folder = createFolder(script);
    const tree = new MergeTree<unknown>(folder.merge);
    for (const node of uncarryNodes(request.nodes, body, text)) tree.push(node);
    if (request.final) return finish(request.id, tree);
    const encoded = carryNodes(tree.nodes(), text);
    return { head: { ...doneWithoutRecords(request.id), nodes: encoded.heads }, output: [], values: encoded.body };
  }

  function finish(id: number, tree: MergeTree<unknown>): Answer {
    const head = doneWithoutRecords(id);
    const root = tree.root();
    const { initial } = script;
    if (root === undefined && initial === undefined) return { head, output: [], values: [] };
    const accumulator = root === undefined && initial !== undefined ? emptyAccumulator(initial) : root?.value;
    const result = script.finish === undefined ? accumulator : finished(script.finish, accumulator);
    const { output } = print(undefined, (emit) => result !== undefined && emit(result));
    // Of an accumulator that is undefined the reduce has been told of.
    const isLost = result === undefined && accumulator !== undefined;
    return { head: isLost ? { ...head, warning: NOTHING_FINISHED } : head, output, values: [] };
  }

  function group(request: GroupRequest): Answer {
    const runs = new RunFiles((path) => host.openInput(path));
    try {
      const read = (slice: RunSlice) => runs.read(slice);
      const { output, columns } = print(request.columns, (emit) =>
        mergeGroups({ request, script, withKeys, text, read, print: emit }),
      );
      return { head: { ...doneWithoutRecords(request.id), columns }, output, values: [] };
    } finally {
      runs.close();
    }
  }

  /** @param said the columns of rows, where they are known */
  function print(
    said: readonly string[] | undefined,
    work: (emit: (value: unknown) => void) => unknown,
  ): { readonly output: Uint8Array[]; readonly columns: readonly string[] | undefined } {
    const printer = printing.createPrinter(said);
    const emitter =
      printer === undefined ? new PrintEmitter(outputCodec, text, pieces) : new TableEmitter(printer, text, pieces);
    work((value) => printed(() => emitter.emit(value)));
    const columns = printing.foundColumns(said, printer);
    return { output: printing.withHeader(emitter.takePieces(), columns, printer), columns };
  }
}

const NOTHING_FINISHED = `finish returned nothing (undefined): there is no result\n${NEEDS_RETURN}`;

/** @throws {JobError} for a result that cannot be printed */
function printed(print: () => unknown): void {
  try {
    print();
  } catch (error) {
    throw new JobError(`Cannot print the result: ${reasonOf(error)}`);
  }
}

function placedGroups(lines: string): PlacedGroup[] {
  return lines
    .split("\n")
    .slice(0, -1)
    .map((line) => parseJson(line) as PlacedGroup);
}

function doneWithoutRecords(id: number): Omit<Done, "busyMs" | "kept" | "bytes"> {
  return {
    type: "done",
    id,
    counts: { records: 0, emittedFrom: 0, filtered: 0, rejected: 0 },
    rejects: [],
    lines: [],
    counters: [],
    nodes: [],
    runs: [],
    asynchronous: false,
  };
}
