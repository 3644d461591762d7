// What an error is told as: with what has caused it, and what it has gathered, and no more than a few of either.
import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { describeError, InternalError, JobError, UsageError } from "../../../core/errors.ts";
import { temporaryFolder } from "../../support/run-pmap.ts";

test("what was thrown is told by name and message, whatever it is", () => {
  assert.equal(describeError(new TypeError("x")), "TypeError: x");
  assert.equal(describeError(undefined), "undefined");
  assert.equal(describeError(null), "null");
  assert.equal(describeError("words"), "words");
  assert.equal(describeError({ a: 1 }), '{"a":1}');
});

test("causes are told a line each, not for ever, and no circle is gone round", () => {
  const inner = new Error("connection refused");
  assert.equal(
    describeError(new Error("outer", { cause: new Error("middle", { cause: inner }) })),
    "Error: outer\n  caused by Error: middle\n  caused by Error: connection refused",
  );
  assert.equal(describeError(new Error("outer", { cause: "disk" })), "Error: outer\n  caused by disk");
  inner.cause = new Error("round", { cause: inner });
  assert.equal(describeError(inner).split("\n").length, 2);
  let deep = new Error("0");
  for (let i = 1; i < 50; i++) deep = new Error(String(i), { cause: deep });
  assert.equal(describeError(deep).split("\n").length, 6);
});

test("of what an AggregateError has gathered the first are told", () => {
  const errors = ["a", "b", "c", "d", "e"].map((word) => new Error(word));
  assert.equal(
    describeError(new AggregateError(errors, "all failed")),
    "AggregateError: all failed\n  one of 5: Error: a\n  one of 5: Error: b\n  one of 5: Error: c\n  and 2 more",
  );
});

test("an error of another bundle is of its class, and of no other", async () => {
  const folder = temporaryFolder();
  for (const file of ["errors.ts", "json.ts"])
    copyFileSync(new URL(`../../../core/${file}`, import.meta.url), join(folder, file));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  const copy = pathToFileURL(join(folder, "errors.ts")).href;
  const other = (await import(copy)) as typeof import("../../../core/errors.ts");
  assert.notEqual(other.JobError, JobError);
  assert.ok(new other.JobError("no") instanceof JobError);
  assert.ok(new other.UsageError("no") instanceof UsageError);
  assert.ok(new other.InternalError("no") instanceof InternalError);
  assert.ok(!(new other.JobError("no") instanceof UsageError));
  assert.ok(!(new Error("no") instanceof JobError));
});
