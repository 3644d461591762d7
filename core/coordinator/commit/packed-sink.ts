/** Where a job's output goes: to its sink as it is, or through workers that compress it or make row groups of it. */
import type { TextCodec } from "../../platform/text-codec.ts";
import type { AskWorker } from "../workers/call-any.ts";
import { type Compressing, createCompressedSink } from "./compressed-sink.ts";
import { createRowGroupSink, type Grouping } from "./row-group-sink.ts";
import type { Sink, UnpackedTail } from "./sinks.ts";

/** What is made of the output before it is written. */
export type Packing = Compressing | Grouping;

/** Parts that are on their way to be compressed, per worker: more only take memory. */
const PARTS_PER_WORKER = 3;

interface OutputWorld {
  readonly sink: Sink;
  readonly packing?: Packing | undefined;
  readonly text: TextCodec;
  readonly resumeFrom: { readonly unpacked?: UnpackedTail | undefined } | undefined;
}

export function sinkOf(
  { sink, packing, text, resumeFrom }: OutputWorld,
  { ask, workers }: { readonly ask: AskWorker; readonly workers: () => number },
): Sink {
  if (packing === undefined) return sink;
  if (packing.how === "row groups") return createRowGroupSink({ ...packing, file: sink, ask, text, most: workers });
  const most = () => PARTS_PER_WORKER * workers();
  return createCompressedSink({ ...packing, file: sink, ask, text, most, resumed: resumeFrom?.unpacked });
}
