import assert from "node:assert/strict";
import { test } from "node:test";
import { finished, ownStackIn, startProgram } from "../support/run-pmap.ts";

// Every black-box test asserts by way of `finished` that pmap has not shown its own stack. This is the check of that check.

const OURS = [
  "    at Totals.enter (file:///home/me/pmap/dist/cli/program.js:47:1242)",
  "    at file:///usr/lib/node_modules/pmap-cli/dist/cli/main.js:3:1",
  "    at serveWorker (/home/me/pmap/core/worker/serve.ts:10:3)",
  "    at \u001b[0m\u001b[36mfile:///work/dist/adapters/deno/worker.js\u001b[0m:\u001b[0m\u001b[33m69\u001b[0m",
  "file:///home/me/pmap/dist/cli/program.js:69",
  "Node.js v20.20.2",
  "pmap: internal error: InternalError: a partial's length is not what its head says",
];
const THEIRS = [
  "pmap: -:7: map threw Error: seven",
  'error: Uncaught (in worker "") Error: seven',
  "    at default (file:///home/me/scripts/core.ts:3:9)",
  "    at -e:1:8",
  "    at /home/me/program.ts:1:1",
];

test("a stack of pmap's own is seen in what a run prints, and a script's is not", () => {
  for (const line of OURS) assert.equal(ownStackIn(`pmap: failed\n${line}\n`) !== undefined, true, line);
  assert.equal(ownStackIn(THEIRS.join("\n")), undefined);
});

test("a run that shows it fails, unless the test says that it may", async () => {
  const crash = () => startProgram(["sh", "-c", `echo '${OURS[0]}' >&2`]);
  await assert.rejects(finished(crash()), /pmap showed its own stack: {5}at Totals/);
  assert.equal((await finished(crash(), "", { ownStack: "may be shown" })).code, 0);
});
