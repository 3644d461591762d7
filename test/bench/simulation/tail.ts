// How a job ends: from the first worker that has nothing left to do to the last byte, in virtual time.
import { loadRuntime } from "../../../adapters/detect.ts";
import type { MapRequest } from "../../../core/protocol/messages.ts";
import { BYTES_PER_RECORD, type Worked } from "./answers.ts";
import { createVirtualClock } from "./clock.ts";
import type { Costs } from "./costs.ts";
import { type JobSize, runJob } from "./job.ts";
import { type Books, emptyBooks, simulateWorker } from "./link.ts";

export interface Tail {
  workers: number;
  inputBytes: number;
  ordered: boolean;
  costs: string;
  /** All work, done on one core. */
  workMs: number;
  jobMs: number;
  /** What no schedule beats: the work shared out evenly. */
  boundMs: number;
  tailMs: number;
  /** Of what this many cores could have done meanwhile. */
  efficiency: number;
}

/** @param coordinatorMsPerFrame what the coordinator's one core takes for each frame, as it was measured */
export async function simulateTail(size: JobSize, costs: Costs, coordinatorMsPerFrame: number): Promise<Tail> {
  const { text } = await loadRuntime();
  const clock = createVirtualClock();
  const books = emptyBooks();
  const chunks = Math.ceil(size.inputBytes / size.chunkBytes);
  const work = (request: MapRequest) => workOf(request, size.chunkBytes, (chunk) => costs.chunkMs(chunk, chunks));
  let [beginMs, endMs] = [0, 0];
  const job = runJob(size, {
    spawn: () => simulateWorker({ text, clock, work, coordinatorMsPerFrame, books }),
    text,
    clock,
    onBegin: () => {
      beginMs = clock.now();
    },
    onEnd: () => {
      endMs = clock.now();
    },
  });
  await clock.run(job);
  return tailOf(size, costs, books, { jobMs: endMs - beginMs, endMs });
}

/** A worker goes from record to record, each as slow as its chunk says, until its time is over. */
function workOf({ segments, budgetMs }: MapRequest, chunkBytes: number, costOf: (chunk: number) => number): Worked {
  const budget = budgetMs ?? Number.POSITIVE_INFINITY;
  let busyMs = 0;
  for (const [segment, { start, end }] of segments.entries()) {
    for (let at = start; at < end; ) {
      const chunk = Math.floor(at / chunkBytes);
      const chunkEnd = Math.min(end, (chunk + 1) * chunkBytes);
      const recordMs = (costOf(chunk) * BYTES_PER_RECORD) / chunkBytes;
      const records = Math.ceil((chunkEnd - at) / BYTES_PER_RECORD);
      const inTime = Math.max(busyMs > 0 ? 0 : 1, Math.ceil((budget - busyMs) / recordMs));
      if (inTime < records) {
        const chunkMs = inTime * recordMs;
        return { busyMs: busyMs + chunkMs, cut: { segment, at: at + inTime * BYTES_PER_RECORD, chunkMs } };
      }
      busyMs += ((chunkEnd - at) / BYTES_PER_RECORD) * recordMs;
      at = chunkEnd;
    }
  }
  return { busyMs };
}

function tailOf(
  { workers, inputBytes, ordered }: JobSize,
  { name }: Costs,
  books: Books,
  { jobMs, endMs }: { jobMs: number; endMs: number },
): Tail {
  const workMs = books.workers.reduce((sum, { busyMs }) => sum + busyMs, 0);
  const firstIdleMs = Math.min(...books.workers.map(({ lastEndMs }) => lastEndMs));
  return {
    workers,
    inputBytes,
    ordered,
    costs: name,
    workMs,
    jobMs,
    boundMs: workMs / workers,
    tailMs: endMs - firstIdleMs,
    efficiency: workMs / workers / jobMs,
  };
}
