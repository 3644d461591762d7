import assert from "node:assert/strict";
import { test } from "node:test";
import { loadRuntime } from "../../adapters/detect.ts";

// What a link to a process owes, however late or short of means everybody is.

const { spawnProcess } = await loadRuntime();
const ignore = () => {};

test("a worker that is gone before its port is listened to has closed its port", { timeout: 20_000 }, async () => {
  const link = spawnProcess({ argv: ["sh", "-c", "exit 3"] }, ignore);
  assert.equal((await link.exited).code, 3);
  // Nothing tells that the pipe, too, has come to its end.
  await new Promise((resolve) => setTimeout(resolve, 700));
  await new Promise<void>((resolve) => link.port.receive(ignore, resolve));
});

test("a worker that cannot be started has ended without an exit code, and takes what is sent to it", async () => {
  const link = spawnProcess({ argv: ["/nowhere/no-such-program"] }, ignore);
  link.port.send([new Uint8Array(3)]);
  await new Promise<void>((resolve) => link.port.receive(ignore, resolve));
  const { code, stderrTail } = await link.exited;
  assert.equal(code, null);
  assert.notEqual(stderrTail, "");
  link.kill();
});
