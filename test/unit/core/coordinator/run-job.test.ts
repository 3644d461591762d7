// A job by an engine that has no workers of this machine: its outcomes are committed in input order, whenever they come.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bufferText as text } from "../../../../adapters/shared/buffer-codec.ts";
import { joinPieces } from "../../../../core/bytes.ts";
import { createStreamSink } from "../../../../core/coordinator/commit/sinks.ts";
import type { CreateEngine, Engine, EngineWork } from "../../../../core/coordinator/engine.ts";
import type { JobEnvironment } from "../../../../core/coordinator/environment.ts";
import type { Batch } from "../../../../core/coordinator/job/batch.ts";
import type { Job } from "../../../../core/coordinator/job/job.ts";
import { JobRun } from "../../../../core/coordinator/run-job.ts";
import type { BatchOutcome } from "../../../../core/coordinator/workers/reply.ts";
import { Interrupted, JobError } from "../../../../core/errors.ts";
import { NO_ENDS } from "../../../../core/formats/format.ts";
import { inputNamed } from "../../../../core/formats/registry.ts";
import { evenGrid } from "../../../../core/protocol/chunk-grid.ts";

const BATCH_BYTES = 10;

const job: Job = {
  sources: [{ kind: "file", name: "x", path: "x", begin: 0, end: 3 * BATCH_BYTES }],
  input: inputNamed("jsonl"),
  from: "jsonl",
  units: undefined,
  grid: evenGrid(BATCH_BYTES),
  maxBatchBytes: BATCH_BYTES,
  handOnMs: 100,
  exitCall: "process.exit",
  maxRecordBytes: 100,
  ordered: true,
  limit: undefined,
  to: "jsonl",
  cores: 1,
  concurrency: 1,
  onError: "fail",
  maxErrors: undefined,
  retries: 0,
  timeoutMs: undefined,
  maxMemoryBytes: undefined,
  recycle: undefined,
  reduces: false,
  keyed: false,
};

function batchOf(index: number): Batch {
  const [start, end] = [index * BATCH_BYTES, (index + 1) * BATCH_BYTES];
  const next = { source: 0, at: end, shift: 0 };
  return { next, segments: [{ source: 0, start, end, shift: 0 }], block: undefined, bytes: BATCH_BYTES };
}

function doneWith(output: string): BatchOutcome {
  const body = [text.encode(output)];
  const counts = { records: 1, emittedFrom: 1, filtered: 0, rejected: 0 };
  const none = { rejects: [], lines: [1], counters: [], nodes: [], runs: [], asynchronous: false };
  const done = { type: "done", id: 0, counts, bytes: output.length, kept: false, busyMs: 1, ...none } as const;
  return { tag: "done", done, body, handle: undefined as never };
}

/** Gives out three batches, and settles them in this order. */
function engineOf(order: readonly number[], outcomes: readonly BatchOutcome[], parts: Partial<Engine> = {}) {
  const told: string[] = [];
  const create: CreateEngine = ({ buffer }: EngineWork) => ({
    cores: 1,
    workers: { now: 1, started: 4 },
    window: { batches: 10, bytes: 1000 },
    changed: () => {},
    async run() {
      const slots = outcomes.map(() => buffer.admit(0));
      for (const i of order) {
        await Promise.resolve();
        slots[i]?.settle({ batch: batchOf(i), outcome: outcomes[i] as BatchOutcome, written: false }, 0);
      }
    },
    drain: () => void told.push("drain"),
    lose: () => void told.push("lose"),
    endBusy: () => void told.push("endBusy"),
    runAgain: () => assert.fail("nothing has been lost"),
    ask: () => assert.fail("there is nothing to merge"),
    room: async () => {},
    loaded: async () => {},
    failed: new Promise<never>(() => {}),
    watch: () => () => void told.push("end"),
    ...parts,
  });
  return { create, told };
}

function environmentOf(drain: Promise<void> = new Promise(() => {})) {
  const pieces: Uint8Array[] = [];
  const environment: JobEnvironment = {
    sink: createStreamSink({ write: (some) => void pieces.push(...some) }, NO_ENDS, text),
    text,
    after: (delayMs, task) => {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
    now: () => 0,
    residentBytes: () => undefined,
    openInput: () => assert.fail("the engine reads the input"),
    journal: undefined,
    resumeFrom: undefined,
    spare: () => undefined,
    drain,
    onWarning: () => {},
    onRejects: () => undefined,
  };
  return { environment, output: () => text.decode(joinPieces(pieces), 0, joinPieces(pieces).length) };
}

const outcomes = ["a\n", "b\n", "c\n"].map(doneWith);

for (const order of [
  [0, 1, 2],
  [2, 1, 0],
  [1, 2, 0],
])
  test(`batches that end in the order ${order.join(" ")} are committed in that of the input`, async () => {
    const { create, told } = engineOf(order, outcomes);
    const { environment, output } = environmentOf();
    const summary = await new JobRun(job, create, environment).run();
    assert.equal(output(), "a\nb\nc\n");
    assert.deepEqual([summary.records, summary.bytesIn, summary.bytesOut, summary.workers], [3, 30, 6, 4]);
    assert.deepEqual(told, ["end"]);
  });

test("what comes before a record that fails is committed, and nothing behind it", async () => {
  const failure = { kind: "throw", source: 0, offset: 10, line: 1, raw: "{}", message: "no", stack: "", attempts: 1 };
  const failed = { type: "failed", id: 1, failure, counts: {}, message: "no", stack: "", internal: false };
  const bad = { tag: "failed", failed } as unknown as BatchOutcome;
  const { create, told } = engineOf([2, 1, 0], [outcomes[0], bad, outcomes[2]] as BatchOutcome[]);
  const { environment, output } = environmentOf();
  await assert.rejects(new JobRun(job, create, environment).run(), { message: "x:2: no" });
  assert.equal(output(), "a\n");
  assert.deepEqual([...new Set(told)], ["lose", "end"]);
});

test("an engine that cannot go on ends the job, and one whose input ends early has it committed first", async () => {
  const failed = Promise.reject(new JobError("no worker comes up"));
  failed.catch(() => {});
  const never = engineOf([], outcomes, { failed });
  await assert.rejects(new JobRun(job, never.create, environmentOf().environment).run(), /no worker comes up/);
  const { create } = engineOf([0, 1, 2], outcomes);
  const cut: CreateEngine = (work) => {
    const engine = create(work);
    return { ...engine, run: () => engine.run().then(() => Promise.reject(new JobError("Cannot read on"))) };
  };
  const { environment, output } = environmentOf();
  await assert.rejects(new JobRun(job, cut, environment).run(), /Cannot read on/);
  assert.equal(output(), "a\nb\nc\n");
});

test("a job that is drained has committed what was under way, and is interrupted", async () => {
  const { create, told } = engineOf([1, 0], outcomes.slice(0, 2));
  const { environment, output } = environmentOf(Promise.resolve());
  await assert.rejects(new JobRun(job, create, environment).run(), Interrupted);
  assert.equal(output(), "a\nb\n");
  assert.equal(told[0], "drain");
});
