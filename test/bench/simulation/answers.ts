// What a worker says that does no work.
import type { Done, FromWorker, MapRequest, ToWorker } from "../../../core/protocol.ts";

/** Work at 200 MB/s: about what a small function of JSON lines does on one core. */
export const WORK_BYTES_PER_MS = 200_000;
const BYTES_PER_RECORD = 200;

export function workBytes({ segments }: MapRequest): number {
  return segments.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** The answer to a message. `busyMs` is how long it says that it has worked. */
export function answerTo(message: ToWorker, busyMs: number): FromWorker {
  if (message.type === "load")
    return { type: "loaded", facts: { keyed: false, reduces: false, setsUp: false, tearsDown: false, options: {} } };
  if (message.type === "start") return { type: "started" };
  if (message.type === "map") return done(message, busyMs);
  if (message.type === "grant") return { type: "written", id: message.id };
  if (message.type === "stop") return { type: "stopped", counters: [] };
  throw new Error(`Cannot simulate "${message.type}": only maps are.`);
}

/** As much output as input, kept until it is granted its place in the output file. */
function done(request: MapRequest, busyMs: number): Done {
  const bytes = workBytes(request);
  const records = Math.ceil(bytes / BYTES_PER_RECORD);
  return {
    type: "done",
    id: request.id,
    counts: { records, emittedFrom: records, filtered: 0, rejected: 0 },
    rejects: [],
    lines: request.segments.map(({ start, end }) => Math.ceil((end - start) / BYTES_PER_RECORD)),
    counters: [],
    bytes,
    kept: true,
    nodes: [],
    runs: [],
    asynchronous: false,
    busyMs,
  };
}
