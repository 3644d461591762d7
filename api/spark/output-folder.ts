/** An output that is a URI of Hadoop's: a folder of parts, which Spark's tasks write themselves. It is there when all of it is. */
import type { SparkDriver } from "../../adapters/spark/driver.ts";
import type { FilesAnswer } from "../../adapters/spark/driver-messages.ts";
import { createPartsSink, type PartsSink } from "../../core/coordinator/commit/parts-sink.ts";
import type { Summary } from "../../core/coordinator/job/job.ts";
import { JobError } from "../../core/errors.ts";
import type { Destination, DestinationOptions } from "../destination.ts";
import { createRejectsFile } from "../rejects-file.ts";

type Ask = (request: object, body?: readonly Uint8Array[]) => Promise<FilesAnswer>;

/** @throws {JobError} when something is there already, or it cannot be written */
export async function openOutputFolder(
  uri: string,
  driver: SparkDriver,
  { plan, from, runtime, version, ended }: DestinationOptions,
): Promise<Destination> {
  const ask: Ask = (request, body) => orCannotWrite(uri, driver.files(request, body));
  await claim(uri, ask);
  const { errorsPath: path } = plan;
  const rejects = path === undefined ? undefined : await createRejectsFile({ path, from, keptBytes: undefined, ended });
  const write = async (part: string, pieces: readonly Uint8Array[]) => void (await ask({ op: "write", part }, pieces));
  return {
    output: {
      workerPath: undefined,
      createSink: ({ head }) => createPartsSink({ write, head, text: runtime.text }),
      close: () => {},
      complete: async () => {},
      abandon: async () => {},
    },
    rejects,
    spillFolder: undefined,
    journal: undefined,
    resumeFrom: undefined,
    async complete(sink, summary) {
      const { parts } = sink as PartsSink;
      const versions = { pmap: version, runtime: `${runtime.name} ${runtime.version}`, spark: driver.version };
      const success = { ...successOf(summary, parts.length), ...versions };
      await ask({ op: "commit", parts, success: `${JSON.stringify(success)}\n` });
    },
    // What has been written is deleted by the driver, when nothing writes there any longer.
    leave: async () => {},
  };
}

async function claim(uri: string, ask: Ask): Promise<void> {
  const { taken } = await ask({ op: "claim", uri });
  if (taken === undefined) return;
  const why = taken.endsWith(".pmap")
    ? `there is "${taken}": another pmap writes to it, or one could not clean up\nIf none does, delete that folder`
    : "it is there already, and nothing is written over it\nName another folder, or delete it first";
  throw new JobError(`Cannot write "${uri}": ${why}`, { about: "output" });
}

async function orCannotWrite<T>(uri: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof JobError) throw error;
    throw new JobError(`Cannot write "${uri}": ${(error as Error).message}`, { about: "output" });
  }
}

/** What _SUCCESS says. */
function successOf({ records, emittedFrom, filtered, rejected, counters, bytesOut }: Summary, parts: number) {
  const counts = { records, emitted: emittedFrom, filtered, rejected, counters: Object.fromEntries(counters) };
  return { parts, bytes: bytesOut, ...counts };
}
