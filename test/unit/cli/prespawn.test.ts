import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMANDS } from "../../../cli/commands.ts";
import { prespawn } from "../../../cli/prespawn.ts";
import type { Runtime } from "../../../core/platform/runtime.ts";

/** Whether a worker is started for a command line. */
function startsWorker(...argv: string[]): boolean {
  let started = false;
  const spawnProcess = () => {
    started = true;
    return { kill: () => {} };
  };
  prespawn(argv, { name: "node", program: () => "node", spawnProcess } as unknown as Runtime);
  return started;
}

test("a job has a worker before its command line is understood", () => {
  assert.equal(startsWorker("script.ts", "data.jsonl"), true);
  assert.equal(startsWorker("-e", "_", "-c2"), true);
});

test("no worker is started for a command, for help, or where nothing may start", () => {
  for (const name of Object.keys(COMMANDS)) assert.equal(startsWorker(name), false, name);
  for (const argv of [[], ["-h"], ["--help"], ["--help=all"], ["--version"], ["-e", "_", "--dry-run"]])
    assert.equal(startsWorker(...argv), false, argv.join(" "));
});
