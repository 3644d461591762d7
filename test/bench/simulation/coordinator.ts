// What one coordinator can do, with workers that do nothing: its CPU time for a chunk, measured in real time.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { loadRuntime } from "../../../adapters/detect.ts";
import type { WorkerLink } from "../../../core/platform/runtime.ts";
import { WORK_BYTES_PER_MS, workBytes } from "./answers.ts";
import { noWaiting } from "./clock.ts";
import { runJob } from "./job.ts";
import { emptyBooks, simulateWorker } from "./link.ts";

export interface CoordinatorCost {
  links: "calls" | "pipes";
  workers: number;
  spanBytes: number;
  /** Both ways, for each span. Unknown for pipes, which carry the same. */
  framesPerSpan: number | undefined;
  frameBytesPerSpan: number | undefined;
  /** CPU time of the coordinator, all of its threads. */
  cpuMicrosecondsPerSpan: number;
  /** What one core of coordinator sustains. */
  chunksPerSecond: number;
  /** Coordinator's CPU time against the work that it gives out, at 200 MB/s. */
  coordinatorShare: number;
  /** Cores of 200 MB/s that one coordinator feeds. */
  coresFed: number;
}

export const CHUNK_BYTES = 256 * 1024;
const SPANS = 30_000;
const SPANS_TO_WARM_UP = 5_000;

/** Workers that are function calls: what core itself costs. */
export async function costOfCalls(workers: number, spanBytes: number): Promise<CoordinatorCost> {
  const { text } = await loadRuntime();
  const books = emptyBooks();
  const work = (request: Parameters<typeof workBytes>[0]) => ({ busyMs: workBytes(request) / WORK_BYTES_PER_MS });
  const spawn = () => simulateWorker({ text, clock: noWaiting, work, coordinatorMsPerFrame: 0, books });
  await measureCpu(spawn, workers, spanBytes, SPANS_TO_WARM_UP);
  Object.assign(books, emptyBooks());
  const cpuMicroseconds = await measureCpu(spawn, workers, spanBytes, SPANS);
  return costOf({ links: "calls", workers, spanBytes }, cpuMicroseconds - books.workerMs * 1000, {
    framesPerSpan: books.frames / SPANS,
    frameBytesPerSpan: books.bytes / SPANS,
  });
}

/** Workers that are processes of this runtime, spawned by its own adapter: with pipes and system calls. */
export async function costOfPipes(workers: number, spanBytes: number): Promise<CoordinatorCost> {
  const { spawnProcess } = await loadRuntime();
  const folder = mkdtempSync(join(tmpdir(), "pmap-simulate-"));
  const entry = join(folder, "noop-process.mjs");
  const source = fileURLToPath(new URL("noop-process.ts", import.meta.url));
  await build({ entryPoints: [source], bundle: true, platform: "node", format: "esm", outfile: entry });
  const argv = [process.execPath, ...("Deno" in globalThis ? ["run", "-A"] : []), entry];
  const spawn = () => spawnProcess({ argv }, (bytes) => process.stderr.write(bytes));
  await measureCpu(spawn, workers, spanBytes, SPANS_TO_WARM_UP);
  const cpuMicroseconds = await measureCpu(spawn, workers, spanBytes, SPANS);
  rmSync(folder, { recursive: true });
  const unknown = { framesPerSpan: undefined, frameBytesPerSpan: undefined };
  return costOf({ links: "pipes", workers, spanBytes }, cpuMicroseconds, unknown);
}

async function measureCpu(spawn: () => WorkerLink, workers: number, spanBytes: number, spans: number): Promise<number> {
  const { text } = await loadRuntime();
  let before = process.cpuUsage();
  let after = before;
  const size = {
    workers,
    inputBytes: spans * spanBytes,
    chunkBytes: CHUNK_BYTES,
    maxBatchBytes: spanBytes,
    ordered: true,
  };
  await runJob(size, {
    spawn,
    text,
    clock: noWaiting,
    onBegin: () => {
      before = process.cpuUsage();
    },
    onEnd: () => {
      after = process.cpuUsage();
    },
  });
  return after.user - before.user + (after.system - before.system);
}

function costOf(
  what: Pick<CoordinatorCost, "links" | "workers" | "spanBytes">,
  cpuMicroseconds: number,
  traffic: Pick<CoordinatorCost, "framesPerSpan" | "frameBytesPerSpan">,
): CoordinatorCost {
  const cpuMicrosecondsPerSpan = cpuMicroseconds / SPANS;
  const workMicroseconds = (what.spanBytes / WORK_BYTES_PER_MS) * 1000;
  return {
    ...what,
    ...traffic,
    cpuMicrosecondsPerSpan,
    chunksPerSecond: ((what.spanBytes / CHUNK_BYTES) * 1e6) / cpuMicrosecondsPerSpan,
    coordinatorShare: cpuMicrosecondsPerSpan / workMicroseconds,
    coresFed: workMicroseconds / cpuMicrosecondsPerSpan,
  };
}
