// What is tried again when a worker dies, and which record is found to have killed it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchRetries, type RetryOptions } from "../../../../../core/coordinator/workers/batch-retries.ts";
import type { Death } from "../../../../../core/coordinator/workers/death.ts";
import { JobError } from "../../../../../core/errors.ts";

const batch = {
  next: { source: 0, shift: 0 },
  segments: [{ source: 0, start: 7, end: 20, shift: 0 }],
  block: undefined,
  bytes: 13,
};

function retriesOf(options: Partial<RetryOptions> = {}): BatchRetries {
  const usual = { retries: 2, timeoutMs: 500, exitCall: "process.exit", failsByLine: false, runsTogether: () => false };
  return new BatchRetries(batch, { ...usual, ...options });
}

function death(parts: Partial<Omit<Death, "exit">> & { code?: number | null; signal?: string } = {}): Death {
  const { code = null, signal = null, ...rest } = parts;
  const exit = { code, signal, stderrTail: "" } as Death["exit"];
  return { exit, reason: undefined, blamed: true, alone: true, suspect: undefined, ...rest };
}

const suspect = { source: 0, offset: 9, line: 2 };

test("what only waited behind the cause is tried again as it was", () => {
  const retries = retriesOf();
  assert.equal(retries.learn(death({ blamed: false })), undefined);
  assert.equal(retries.isolated, false);
});

test("after a first death records are announced, and the one that is named often enough is skipped", () => {
  const retries = retriesOf();
  assert.equal(retries.learn(death({ signal: "SIGSEGV" })), undefined);
  assert.equal(retries.isolated, true);
  retries.learn(death({ signal: "SIGSEGV", suspect }));
  assert.equal(retries.poisoned.size, 0);
  retries.learn(death({ signal: "SIGSEGV", suspect }));
  assert.deepEqual(
    [...retries.poisoned],
    [
      [
        "0:9",
        {
          attempts: 3,
          exitCode: undefined,
          signal: "SIGSEGV",
          kind: "signal",
          message: "map's worker was ended by SIGSEGV",
        },
      ],
    ],
  );
});

test("deaths of different records are counted apart", () => {
  const retries = retriesOf();
  retries.learn(death());
  retries.learn(death({ suspect }));
  retries.learn(death({ suspect: { ...suspect, offset: 12 } }));
  assert.equal(retries.poisoned.size, 0);
  retries.learn(death({ suspect }));
  assert.deepEqual([...retries.poisoned.keys()], ["0:9"]);
});

test("a worker that exits by itself, with the same code, counts from its first death on", () => {
  const retries = retriesOf();
  retries.learn(death({ code: 3 }));
  retries.learn(death({ code: 3, suspect }));
  assert.match(retries.poisoned.get("0:9")?.message ?? "", /process\.exit\(3\)/);
});

test("with another code it does not, nor where other records may have been the first to exit", () => {
  for (const [first, second] of [
    [death({ code: 3 }), death({ code: 4, suspect })],
    [death({ code: 3 }), death({ code: 3, suspect: { ...suspect, waits: true } })],
    [death({ code: 3, alone: false }), death({ code: 3, suspect })],
  ] as const) {
    const retries = retriesOf({ runsTogether: () => true });
    retries.learn(first);
    retries.learn(second);
    assert.equal(retries.poisoned.size, 0);
  }
});

test("where the first failure ends the job, a record that kills is its failure", () => {
  const retries = retriesOf({ failsByLine: true, retries: 0 });
  retries.learn(death());
  const outcome = retries.learn(death({ reason: "timeout", suspect }));
  assert.ok(outcome?.tag === "failed");
  const { failure } = outcome.failed;
  assert.deepEqual(
    [failure?.kind, failure?.line, failure?.offset, failure?.message],
    ["timeout", 2, 9, "map took longer than 500 ms"],
  );
});

test("workers that die without a record end the job, at once where they say what they were not asked", () => {
  const retries = retriesOf();
  retries.learn(death({ code: 1 }));
  for (let deaths = 0; deaths < 5; deaths++) assert.equal(retries.learn(death({ code: 1 })), undefined);
  assert.throws(
    () => retries.learn(death({ code: 1 })),
    (error: unknown) => {
      assert.ok(error instanceof JobError);
      assert.match(error.message, /^Cannot run the records from offset 7 of input 1 on: /);
      return true;
    },
  );
  const foul = retriesOf();
  foul.learn(death());
  assert.throws(() => foul.learn(death({ reason: "message" })), JobError);
});
