/**
 * An output of row groups (Parquet): rows that have been committed are cut into runs, of which workers make groups, and which are
 * written in their order. Where they are cut depends on the text of the rows alone: neither on batches nor on cores. What the end
 * of the file has to say of the groups is kept until then.
 */
import { byteCount, indexInPieces, slicePieces } from "../../bytes.ts";
import { InternalError, JobError } from "../../errors.ts";
import type { RowGroupFormat } from "../../formats/format.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import { outputIn } from "../../protocol/done-body.ts";
import type { AskWorker } from "../workers/call-any.ts";
import type { DoneReply } from "../workers/reply.ts";
import { createOrderedParts, noRepetition } from "./ordered-parts.ts";
import type { BatchOutput, Sink } from "./sinks.ts";

export interface Grouping {
  readonly how: "row groups";
  /** What is said of the columns before there is a row. */
  readonly given: readonly string[];
  readonly format: RowGroupFormat;
  /** Bytes that stand before the first group. */
  readonly headBytes: number;
  /** The file, for messages. */
  readonly name: string;
}

export interface RowGroupSinkOptions extends Omit<Grouping, "how"> {
  readonly file: Sink;
  readonly ask: AskWorker;
  readonly text: TextCodec;
  /** Groups that may be on their way. */
  readonly most: () => number;
}

/** The text of a row group: some hundred thousand rows, and what a worker has in its memory several times over meanwhile. */
const GROUP_BYTES = 8 * 1024 * 1024;
const LINE_FEED = 10;

export function createRowGroupSink(options: RowGroupSinkOptions): Sink {
  const { file, ask, text, most, given, format, headBytes, name } = options;
  const groups: { readonly at: number; readonly note: string }[] = [];
  const parts = createOrderedParts({
    file,
    most,
    onPart({ done }) {
      groups.push({ at, note: done.note ?? "" });
      at += done.bytes;
    },
  });
  let columns: readonly string[] | undefined = format.areKnown(given) ? given : undefined;
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  let at = headBytes;

  return {
    get position() {
      return file.position;
    },
    get wholeUpTo() {
      return file.wholeUpTo;
    },
    get columns() {
      return columns;
    },
    columnsFor(output) {
      const added = piecesOf(output);
      if (columns === undefined && bytes + byteCount(added) < GROUP_BYTES) return undefined;
      return Promise.resolve(columns ?? learn([...pieces, ...added]));
    },
    takeAll: (found) => columns !== undefined && format.takeAll(columns, found),
    commit(output) {
      const added = piecesOf(output);
      pieces.push(...added);
      bytes += byteCount(added);
      if (bytes < GROUP_BYTES) return undefined;
      return columns === undefined ? learn(pieces).then(cutAll) : cutAll(columns);
    },
    async settled() {
      await parts.written();
      await file.settled();
    },
    async finish() {
      const known = columns ?? (await learn(pieces));
      if (known.length === 0)
        throw new JobError(`Cannot write "${name}": no row says what its columns are\nName them with --schema`, {
          about: "output",
        });
      if (bytes > 0) parts.add(cut(bytes, known));
      await parts.written();
      const body = text.encode(groups.map((group) => `${JSON.stringify(group)}\n`).join(""));
      const end = await ask({ type: "rows", make: "end", columns: known }, [body]);
      await file.commit({ tag: "here", pieces: outputIn(end.done, end.body) }, noRepetition);
      await file.finish();
    },
  };

  /** What the rows of the first group say of the columns: of all rows, if they are fewer. */
  async function learn(rows: readonly Uint8Array[]): Promise<readonly string[]> {
    const first = slicePieces(rows, 0, groupEnd(rows));
    const { done } = await ask({ type: "rows", make: "columns", columns: given }, first);
    columns ??= done.columns ?? [];
    return columns;
  }

  function cutAll(known: readonly string[]): Promise<void> | undefined {
    return parts.addAll(() => (bytes >= GROUP_BYTES ? cut(groupEnd(pieces), known) : undefined));
  }

  /** Has a worker make a group of the first bytes. */
  function cut(length: number, known: readonly string[]): Promise<DoneReply> {
    const rows = slicePieces(pieces, 0, length);
    pieces = slicePieces(pieces, length);
    bytes -= length;
    return ask({ type: "rows", make: "group", columns: known }, rows);
  }
}

/** Behind the row in which a group is full. */
function groupEnd(rows: readonly Uint8Array[]): number {
  const end = indexInPieces(rows, LINE_FEED, GROUP_BYTES - 1);
  return end === -1 ? byteCount(rows) : end + 1;
}

function piecesOf(output: BatchOutput): readonly Uint8Array[] {
  if (output.tag === "here") return output.pieces;
  throw new InternalError("A worker keeps rows of which others are to make a group");
}
