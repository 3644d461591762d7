// Simulates many cores: what one coordinator feeds, and how jobs end. Core's own plan, window, pool and run; workers that do nothing.
//
//   npm run simulate                 keeps the figures; `npm run bench:report` writes them to docs/scale.md
//   npm run simulate -- --tails      only how jobs end, in virtual time, with what a frame cost when that was last measured
//   npm run simulate -- --no-keep
import { parseArgs } from "node:util";
import { loadRuntime } from "../../adapters/detect.ts";
import { keepScale, keptScales } from "./results.ts";
import { CHUNK_BYTES, type CoordinatorCost, costOfCalls, costOfPipes } from "./simulation/coordinator.ts";
import { COSTS, type Costs, RARE_SLOW, UNIFORM } from "./simulation/costs.ts";
import type { JobSize } from "./simulation/job.ts";
import { simulateTail, type Tail } from "./simulation/tail.ts";

const { values: options } = parseArgs({
  allowNegative: true,
  options: { keep: { type: "boolean", default: true }, tails: { type: "boolean", default: false } },
});

const WORKERS = [2, 16, 64];
const SPAN_BYTES = [CHUNK_BYTES, 1024 * 1024, 2 * 1024 * 1024];
const GIGABYTE = 1e9;
const FRAMES_FROM_WORKER_PER_SPAN = 2;

const date = new Date().toISOString();
const runtime = await loadRuntime();
const coordinator: CoordinatorCost[] = [];
for (const cost of options.tails ? [] : [costOfCalls, costOfPipes]) {
  for (const spanBytes of SPAN_BYTES) for (const workers of WORKERS) coordinator.push(await cost(workers, spanBytes));
}
if (!options.tails) console.table(coordinator);

const coordinatorMsPerFrame = options.tails ? lastMsPerFrame() : msPerFrame(coordinator);
const tails: Tail[] = [];
for (const [workers, inputBytes] of [
  [64, 12.8 * GIGABYTE],
  [64, 1.28 * GIGABYTE],
  [16, 3.2 * GIGABYTE],
] as const) {
  for (const costs of COSTS) tails.push(await tailOf({ workers, inputBytes, ordered: true }, costs));
}
tails.push(await tailOf({ workers: 64, inputBytes: 12.8 * GIGABYTE, ordered: false }, RARE_SLOW));
tails.push(await tailOf({ workers: 128, inputBytes: 25.6 * GIGABYTE, ordered: true }, UNIFORM));
tails.push(await tailOf({ workers: 256, inputBytes: 51.2 * GIGABYTE, ordered: true }, UNIFORM));
tails.push(await slowRecords());
console.table(tails);
if (options.keep) {
  const scale = { date, runtime: `${runtime.name} ${runtime.version}`, coordinator, coordinatorMsPerFrame, tails };
  console.log(`kept in ${keepScale(scale)}`);
}

/** The dearest of those that jobs from files come to. */
function msPerFrame(costs: readonly CoordinatorCost[]): number {
  const large = costs.filter(({ spanBytes }) => spanBytes > CHUNK_BYTES);
  const dearest = Math.max(...large.map(({ cpuMicrosecondsPerSpan }) => cpuMicrosecondsPerSpan));
  return Math.ceil(dearest / FRAMES_FROM_WORKER_PER_SPAN) / 1000;
}

function lastMsPerFrame(): number {
  const [last] = keptScales();
  if (last === undefined) throw new Error("Cannot simulate --tails: nothing has been measured yet.");
  return last.coordinatorMsPerFrame;
}

function tailOf(size: Omit<JobSize, "chunkBytes" | "maxBatchBytes">, costs: Costs): Promise<Tail> {
  return simulateTail(
    { ...size, chunkBytes: CHUNK_BYTES, maxBatchBytes: 8 * 1024 * 1024 },
    costs,
    coordinatorMsPerFrame,
  );
}

/** 100 records of 200 bytes and 50 ms each, a chunk each, on two cores. */
function slowRecords(): Promise<Tail> {
  const size = { workers: 2, inputBytes: 20_000, chunkBytes: 200, maxBatchBytes: 8 * 1024 * 1024, ordered: true };
  return simulateTail(size, { name: "100 records of 50 ms", chunkMs: () => 50 }, coordinatorMsPerFrame);
}
