/** Where a job's output goes: a file that workers write themselves, or a stream that we write. */
import { createStreamSink, type OutputStream, type Sink } from "../../core/coordinator/commit/sinks.ts";
import type { OutputEnds } from "../../core/formats/format.ts";
import type { Runtime } from "../../core/platform/runtime.ts";

export interface Output {
  /** What workers open to write to; undefined when only we can write. */
  readonly workerPath: string | undefined;
  createSink(ends: OutputEnds): Sink;
  /** Nothing more is written: closes what `createSink` has opened. */
  close(): void;
  /** Closes it. Everything is written: the output takes its place. */
  complete(sink: Sink): Promise<void>;
  /** Closes it. The job has failed: what a file would have become is removed; what has gone to stdout stands. */
  abandon(sink: Sink | undefined): Promise<void>;
}

/** A stream that only we can write to. */
export function createStreamOutput(stream: OutputStream, { text }: Pick<Runtime, "text">): Output {
  return {
    workerPath: undefined,
    createSink: (ends) => createStreamSink(stream, ends, text),
    close: () => {},
    complete: async () => {},
    abandon: async () => {},
  };
}
