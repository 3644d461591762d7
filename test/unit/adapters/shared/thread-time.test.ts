import assert from "node:assert/strict";
import { test } from "node:test";
import { readThreadTime } from "../../../../adapters/shared/thread-time.ts";

test("a thread's time is what the system tells of it, and not known where it tells nothing", () => {
  assert.deepEqual(
    readThreadTime(() => "1500000 250000 7\n"),
    { ranMs: 1.5, queuedMs: 0.25 },
  );
  for (const text of ["", "0 0 1\n", "x y z", "5"])
    assert.equal(
      readThreadTime(() => text),
      undefined,
      text,
    );
  assert.equal(
    readThreadTime(() => {
      throw new Error("no such file");
    }),
    undefined,
  );
});
