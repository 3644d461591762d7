/** Where a job's bytes go, and what is made of them before: row groups, or what is compressed. */
import type { Packing } from "../core/coordinator/commit/packed-sink.ts";
import type { Sink } from "../core/coordinator/commit/sinks.ts";
import { NO_ENDS } from "../core/formats/format.ts";
import { outputNamed } from "../core/formats/registry.ts";
import { type Destination, type DestinationOptions, openDestination } from "./destination.ts";
import type { ExecuteOptions } from "./execution.ts";
import { formatOptions } from "./format-options.ts";
import type { JobOptions } from "./options.ts";
import { packingOf } from "./packing.ts";
import type { PlannedJob } from "./plan-job.ts";
import type { SparkJob } from "./spark/prepare.ts";
import type { WorkerOutput } from "./worker-settings.ts";

export interface JobOutput {
  readonly destination: Destination;
  readonly sink: Sink;
  readonly packing: Packing | undefined;
  /** What workers are told of it. */
  readonly forWorkers: WorkerOutput;
}

/** @throws {JobError} for what cannot be written, is being written by another pmap, or cannot be resumed */
export async function openOutput(
  plan: JobOptions,
  { job, facts, settings, compression }: PlannedJob,
  { runtime, version, messages, stream }: ExecuteOptions,
  { reaper, spark, ended }: Pick<DestinationOptions, "reaper" | "ended"> & { readonly spark: SparkJob | undefined },
): Promise<JobOutput> {
  const { from, to } = settings;
  const ends = outputNamed(to).ends(formatOptions(plan, settings, facts));
  const packing = packingOf(plan, settings, { facts, compression });
  const place = { plan, job, from, runtime, reaper, version, messages, stream, ended };
  const destination = await (spark?.openDestination(place) ?? openDestination(place));
  try {
    // Nothing stands around the bytes of an output that is compressed.
    const sink = destination.output.createSink(packing?.how === "compressed" ? NO_ENDS : ends);
    // What is packed passes through the coordinator: it is cut where no chunk ends.
    const { spillFolder } = destination;
    const output = packing === undefined ? destination.output : { workerPath: undefined };
    return { destination, sink, packing, forWorkers: { output, spillFolder } };
  } catch (error) {
    await destination.leave("failed", undefined);
    destination.rejects?.close();
    throw error;
  }
}
