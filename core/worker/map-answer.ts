/** What is answered to a map request when its records have been run. */
import { byteCount } from "../bytes.ts";
import type { TableWriter } from "../formats/codec.ts";
import type { TextCodec } from "../platform/text-codec.ts";
import type { Done, MapRequest } from "../protocol/messages.ts";
import { withBoundedRecord } from "../protocol/record-failure.ts";
import { addSlowRecord, type SlowRecord } from "../protocol/slow-record.ts";
import type { Answer } from "./answer.ts";
import type { BatchEmitter } from "./emitters/emitter.ts";
import type { RecordLoop } from "./records/record-loop.ts";
import type { TablePrinting } from "./table-printing.ts";

export interface RunBatch {
  readonly request: MapRequest;
  /** Values are printed, and not reduced. */
  readonly prints: boolean;
  readonly run: RecordLoop;
  readonly emitter: BatchEmitter;
  /** Lines of each segment, and where the batch was cut, if it was. */
  readonly reached: Pick<Done, "lines" | "cut">;
  readonly table: TableWriter | undefined;
  /** The slowest of the records that were sampled. */
  readonly slowest: () => readonly SlowRecord[];
  /** What the user is to know of the script's reduce; asked only where no record has failed. */
  readonly warning: () => string | undefined;
  /** Milliseconds for what was no record's work. */
  readonly asideMs: number;
}

export function mapAnswer(batch: RunBatch, printing: TablePrinting, text: TextCodec): Answer {
  const { request, run, emitter, reached, table, warning } = batch;
  const { failure, counts, rejects, counters, slowest } = run.result;
  for (const record of batch.slowest()) addSlowRecord(slowest, record);
  if (failure !== undefined) {
    const { message, stack } = failure;
    const place = { type: "failed", id: request.id, failure: withBoundedRecord(failure) } as const;
    const before = batch.prints ? outputBefore(batch, printing, text) : [];
    return { head: { ...place, counts, bytes: byteCount(before), message, stack, internal: false }, before };
  }
  const said = warning();
  const columns = printing.foundColumns(request.columns, table);
  const { output, nodes, values, runs } = emitter.finish(text);
  return {
    head: {
      type: "done",
      id: request.id,
      counts,
      rejects: rejects.map(withBoundedRecord),
      lines: reached.lines,
      counters: [...counters],
      nodes,
      runs,
      asynchronous: run.asynchronous,
      cut: reached.cut,
      columns,
      slowest: slowest.length > 0 ? slowest : undefined,
      warning: said,
    },
    output: printing.withHeader(output, columns, table),
    values,
    asideMs: batch.asideMs,
  };
}

function outputBefore({ request, emitter, table }: RunBatch, printing: TablePrinting, text: TextCodec): Uint8Array[] {
  const columns = printing.foundColumns(request.columns, table);
  return printing.withHeader(emitter.finish(text).output, columns, table);
}
