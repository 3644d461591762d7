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
  process.kill(process.pid, "SIGINT");
  assert.equal(await code, 130);
  assert.equal(signals.exitCode(), 130);
});
