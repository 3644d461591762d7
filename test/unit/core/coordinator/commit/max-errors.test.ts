import assert from "node:assert/strict";
import { test } from "node:test";
import { checkMaxErrors } from "../../../../../core/coordinator/commit/max-errors.ts";

const summary = (rejected: number, records: number, firstReject?: string) => ({ rejected, records, firstReject });
const records = (n: number) => ({ unit: "records", n }) as const;
const percent = (n: number) => ({ unit: "percent", n }) as const;

test("a number of rejects ends the job as soon as there is one more, which is told", () => {
  checkMaxErrors(undefined, summary(100, 100), true);
  checkMaxErrors(records(0), summary(0, 5), true);
  checkMaxErrors(records(2), summary(2, 5), false);
  assert.throws(() => checkMaxErrors(records(2), summary(4, 5, "x:1: no"), false), {
    message: "Too many rejects: 3, and --max-errors allows 2\n  first: x:1: no",
  });
});

test("a percentage is of all records: before the end only what is hopeless ends the job", () => {
  checkMaxErrors(percent(1), summary(100, 100), false);
  checkMaxErrors(percent(1), summary(150, 10_000), false);
  assert.throws(() => checkMaxErrors(percent(1), summary(201, 10_000), false), /201 of 10000 records/);
  assert.throws(() => checkMaxErrors(percent(1), summary(150, 10_000), true), /--max-errors allows 1%/);
  checkMaxErrors(percent(1), summary(100, 10_000), true);
});
