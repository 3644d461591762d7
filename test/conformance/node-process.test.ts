import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runPmap } from "../support/run-pmap.ts";
import { conformOn } from "./suite.ts";

await conformOn("node", "process");

test("the young generation of a worker on Node does not grow with the length of a job", async () => {
  const script = fileURLToPath(new URL("../fixtures/fills_young_generation.mjs", import.meta.url));
  const args = ["-c", "1", "--concurrency", "1", "--runtime", "node", "--range", "0..14", script];
  const { code, stdout, stderr } = await runPmap(args);
  assert.deepEqual([code, stderr], [0, ""]);
  const mebibytes = stdout.trim().split("\n").map(Number);
  assert.equal(mebibytes.length, 15);
  assert.ok(Math.max(...mebibytes) <= 32, stdout);
});
