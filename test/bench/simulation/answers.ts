// What a worker says that does no work.
import type { Done, FromWorker, MapRequest, ToWorker } from "../../../core/protocol/messages.ts";

/** Work at 200 MB/s: about what a small function of JSON lines does on one core. */
export const WORK_BYTES_PER_MS = 200_000;
export const BYTES_PER_RECORD = 200;

/** What a request has taken, and where the worker has stopped to leave the rest to others. */
export interface Worked {
  readonly busyMs: number;
  readonly cut?: Done["cut"];
}

export function workBytes({ segments }: MapRequest): number {
  return segments.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** The answer to a message, of a worker that says that it has worked. */
export function answerTo(message: ToWorker, worked: Worked): FromWorker {
  if (message.type === "load")
    return {
      type: "loaded",
      facts: { keyed: false, reduces: false, setsUp: false, tearsDown: false, options: {}, exports: [] },
    };
  if (message.type === "start") return { type: "started" };
  if (message.type === "map") return done(message, worked);
  if (message.type === "grant") return { type: "written", id: message.id };
  if (message.type === "stop") return { type: "stopped", counters: [] };
  throw new Error(`Cannot simulate "${message.type}": only maps are.`);
}

/** As much output as input, kept until it is granted its place in the output file. */
function done(request: MapRequest, { busyMs, cut }: Worked): Done {
  // The simulated input is one file, and a request one part of it.
  const bytes = cut === undefined ? workBytes(request) : cut.at - (request.segments[0]?.start ?? 0);
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
    cut,
    busyMs,
  };
}
