import assert from "node:assert/strict";
import { test } from "node:test";
import { UNIFORM } from "../bench/simulation/costs.ts";
import { simulateTail } from "../bench/simulation/tail.ts";

// Many workers in virtual time: how work is shared out does not depend on the machine that the tests run on.

const KIBIBYTE = 1024;
const COORDINATOR_MS_PER_FRAME = 0.02;

test("64 workers finish together when chunks cost alike", async () => {
  const size = {
    workers: 64,
    inputBytes: 6.4e9,
    chunkBytes: 256 * KIBIBYTE,
    maxBatchBytes: 1024 * KIBIBYTE,
    ordered: true,
  };
  const { jobMs, boundMs, tailMs } = await simulateTail(size, UNIFORM, COORDINATOR_MS_PER_FRAME);
  assert.ok(jobMs < boundMs * 1.05, `${jobMs} ms, and ${boundMs} were possible`);
  assert.ok(tailMs < 20, `the first worker was idle ${tailMs} ms before the end`);
});

test("100 records of 50 ms take half as long on two cores", async () => {
  const size = { workers: 2, inputBytes: 20_000, chunkBytes: 200, maxBatchBytes: 1024 * KIBIBYTE, ordered: true };
  const costs = { name: "slow records", chunkMs: () => 50 };
  const { workMs, jobMs } = await simulateTail(size, costs, COORDINATOR_MS_PER_FRAME);
  assert.ok(workMs / jobMs > 1.9, `${workMs / jobMs} times faster`);
});

test("a chunk that is far slower than the rest keeps no worker waiting: what is left of it is shared out", async () => {
  const size = {
    workers: 64,
    inputBytes: 5000 * 256 * KIBIBYTE,
    chunkBytes: 256 * KIBIBYTE,
    maxBatchBytes: 1024 * KIBIBYTE,
    ordered: true,
  };
  // The last chunk takes 3 s, all others together 6.4 s.
  const costs = { name: "a slow end", chunkMs: (chunk: number, chunks: number) => (chunk === chunks - 1 ? 3000 : 1.3) };
  const shared = await simulateTail(size, costs, COORDINATOR_MS_PER_FRAME);
  const kept = await simulateTail({ ...size, handOnMs: Number.POSITIVE_INFINITY }, costs, COORDINATOR_MS_PER_FRAME);
  assert.ok(kept.jobMs > 3000, `${kept.jobMs} ms where nothing is handed on`);
  assert.ok(shared.jobMs < shared.boundMs + 200, `${shared.jobMs} ms, and ${shared.boundMs} were possible`);
});
