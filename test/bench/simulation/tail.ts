// How a job ends: from the first worker that has nothing left to do to the last byte, in virtual time.
import { loadRuntime } from "../../../adapters/detect.ts";
import type { MapRequest } from "../../../core/protocol.ts";
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
  /** What no schedule beats: the work shared out evenly, or the slowest chunk. */
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
  let slowestMs = 0;
  const work = ({ chunk, segments }: MapRequest): number => {
    const count = segments.reduce((sum, { start, end }) => sum + Math.ceil((end - start) / size.chunkBytes), 0);
    let ms = 0;
    for (let i = chunk; i < chunk + count; i++) {
      const chunkMs = costs.chunkMs(i, chunks);
      slowestMs = Math.max(slowestMs, chunkMs);
      ms += chunkMs;
    }
    return ms;
  };
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
  return tailOf(size, costs, books, { jobMs: endMs - beginMs, endMs, slowestMs });
}

function tailOf(
  { workers, inputBytes, ordered }: JobSize,
  { name }: Costs,
  books: Books,
  { jobMs, endMs, slowestMs }: { jobMs: number; endMs: number; slowestMs: number },
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
    boundMs: Math.max(workMs / workers, slowestMs),
    tailMs: endMs - firstIdleMs,
    efficiency: workMs / workers / jobMs,
  };
}
