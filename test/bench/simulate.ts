// Simulates many cores: what one coordinator feeds, and how jobs end. Core's own plan, window, pool and run; workers that do nothing.
//
//   npm run simulate                 keeps the figures; `npm run bench:report` writes them to docs/scale.md
//   npm run simulate -- --no-keep
import { parseArgs } from "node:util";
import { loadRuntime } from "../../adapters/detect.ts";
import { keepScale } from "./results.ts";
import { CHUNK_BYTES, type CoordinatorCost, costOfCalls, costOfPipes } from "./simulation/coordinator.ts";
import { COSTS, type Costs } from "./simulation/costs.ts";
import { simulateTail, type Tail } from "./simulation/tail.ts";

const { values: options } = parseArgs({
  allowNegative: true,
  options: { keep: { type: "boolean", default: true } },
});

const WORKERS = [2, 16, 64];
const SPAN_BYTES = [CHUNK_BYTES, 1024 * 1024];
const GIGABYTE = 1e9;
const FRAMES_FROM_WORKER_PER_SPAN = 2;

const date = new Date().toISOString();
const runtime = await loadRuntime();
const coordinator: CoordinatorCost[] = [];
for (const cost of [costOfCalls, costOfPipes]) {
  for (const spanBytes of SPAN_BYTES) for (const workers of WORKERS) coordinator.push(await cost(workers, spanBytes));
}
console.table(coordinator);

const dearest = Math.max(...coordinator.filter(({ spanBytes }) => spanBytes > CHUNK_BYTES).map(microsecondsPerSpan));
const coordinatorMsPerFrame = Math.ceil(dearest / FRAMES_FROM_WORKER_PER_SPAN) / 1000;
const tails: Tail[] = [];
for (const inputBytes of [1.28 * GIGABYTE, 12.8 * GIGABYTE]) {
  for (const costs of COSTS) tails.push(await tailOf(64, inputBytes, costs));
}
for (const workers of [2, 16, 256]) tails.push(await tailOf(workers, 12.8 * GIGABYTE, COSTS[1] as Costs));
tails.push(await slowRecords());
console.table(tails);
if (options.keep) {
  const scale = { date, runtime: `${runtime.name} ${runtime.version}`, coordinator, coordinatorMsPerFrame, tails };
  console.log(`kept in ${keepScale(scale)}`);
}

function microsecondsPerSpan({ cpuMicrosecondsPerSpan }: CoordinatorCost): number {
  return cpuMicrosecondsPerSpan;
}

function tailOf(workers: number, inputBytes: number, costs: Costs): Promise<Tail> {
  const size = { workers, inputBytes, chunkBytes: CHUNK_BYTES, maxSpanBytes: 1024 * 1024 };
  return simulateTail(size, costs, coordinatorMsPerFrame);
}

/** 100 records of 200 bytes and 50 ms each, a chunk each, on two cores. */
function slowRecords(): Promise<Tail> {
  const size = { workers: 2, inputBytes: 20_000, chunkBytes: 200, maxSpanBytes: 1024 * 1024 };
  return simulateTail(size, { name: "100 records of 50 ms", chunkMs: () => 50 }, coordinatorMsPerFrame);
}
