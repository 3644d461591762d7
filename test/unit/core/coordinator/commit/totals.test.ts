import assert from "node:assert/strict";
import { test } from "node:test";
import { Totals } from "../../../../../core/coordinator/commit/totals.ts";
import type { Job } from "../../../../../core/coordinator/job/job.ts";
import { inputNamed } from "../../../../../core/formats/registry.ts";

const batch = { next: { source: 0, shift: 0 }, segments: [], block: undefined, bytes: 0 };
const reject = { kind: "throw", source: 0, raw: "{}", message: "no", stack: "", attempts: 1 } as const;
const rejects = Array.from({ length: 10 }, (_, i) => ({ ...reject, offset: i, line: i + 1 }));

function totalsOf(mostErrors: number): Totals {
  const source = { kind: "file", name: "x", path: "x", begin: 0, end: 100 } as const;
  const maxErrors = { unit: "records", n: mostErrors } as const;
  return new Totals({ sources: [source], input: inputNamed("jsonl"), maxErrors } as unknown as Job);
}

test("of rejects as many are told as there may be and one, however many portions they come in", () => {
  const totals = totalsOf(11);
  assert.deepEqual([totals.place(batch, rejects).length, totals.place(batch, rejects).length], [10, 2]);
  assert.equal(totals.place(batch, rejects).length, 0);
  assert.equal(totals.summary.rejectsByKind.get("throw"), 12);
});

test("a job that goes on and has more rejects than it may have now tells no others", () => {
  const totals = totalsOf(3);
  const none = { rejectsByKind: [], counters: [], lines: [], nodes: [], runs: [], errorsBytes: 0, boot: "" };
  totals.restore({ ...none, next: { source: 0, shift: 0 }, position: 0, counts: [20, 11, 0, 9, 100] });
  assert.equal(totals.place(batch, rejects).length, 0);
  assert.throws(() => totals.checkMaxErrors(false), /^JobError: Too many rejects: 4, and --max-errors allows 3/);
});
