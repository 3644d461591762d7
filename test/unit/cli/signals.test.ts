// Ctrl-C reaches a job's workers, too: their end may be heard of first.
import assert from "node:assert/strict";
import { test } from "node:test";
import { listenToSignals } from "../../../cli/signals.ts";

test("a failure that a signal has caused has the signal's exit code, also where it is heard of first", async () => {
  const signals = listenToSignals(
    () => {},
    () => {},
  );
  assert.equal(await signals.exitCodeOfFailure(), undefined);
  const code = signals.exitCodeOfFailure();
  // Not SIGINT: that ends a run of `deno test`.
  process.kill(process.pid, "SIGTERM");
  assert.equal(await code, 143);
  assert.equal(signals.exitCode(), 143);
});
