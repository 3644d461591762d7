import assert from "node:assert/strict";
import { test } from "node:test";
import { maxErrorsFailure } from "../../../../../core/coordinator/commit/max-errors.ts";

const summary = (rejected: number, records: number, firstReject?: string) => ({ rejected, records, firstReject });
const records = (n: number) => ({ unit: "records", n }) as const;
const percent = (n: number) => ({ unit: "percent", n }) as const;

test("a number of rejects ends the job as soon as there is one more, which is told", () => {
  assert.equal(maxErrorsFailure(undefined, summary(100, 100), true), undefined);
  assert.equal(maxErrorsFailure(records(0), summary(0, 5), true), undefined);
  assert.equal(maxErrorsFailure(records(2), summary(2, 5), false), undefined);
  assert.equal(
    maxErrorsFailure(records(2), summary(4, 5, "x:1: no"), false)?.message,
    "Too many rejects: 3, and --max-errors allows 2\n  first: x:1: no",
  );
});

test("a percentage is of all records: before the end only what is hopeless ends the job", () => {
  const messageOf = (rejected: number, of: number, complete: boolean) =>
    maxErrorsFailure(percent(1), summary(rejected, of), complete)?.message;
  assert.equal(messageOf(100, 100, false), undefined);
  assert.equal(messageOf(150, 10_000, false), undefined);
  assert.match(messageOf(201, 10_000, false) ?? "", /201 of 10000 records/);
  assert.match(messageOf(150, 10_000, true) ?? "", /--max-errors allows 1%/);
  assert.equal(messageOf(100, 10_000, true), undefined);
});

test("exactly the percentage is allowed, and one more is not", () => {
  for (const of of [100, 1000, 300_000])
    for (let n = 1; n < 100; n++) {
      const most = (n * of) / 100;
      assert.equal(maxErrorsFailure(percent(n), summary(most, of), true), undefined, `${most} of ${of}`);
      assert.notEqual(maxErrorsFailure(percent(n), summary(most + 1, of), true), undefined, `${most + 1} of ${of}`);
    }
});
