import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMANDS } from "../../../cli/commands.ts";
import { wantsUsualWorker } from "../../../cli/prespawn.ts";

test("a job has a worker before its command line is understood", () => {
  assert.equal(wantsUsualWorker(["script.ts", "data.jsonl"]), true);
  assert.equal(wantsUsualWorker(["-e", "_", "-c2"]), true);
});

test("no worker is started for a command, for help, or where nothing may start", () => {
  for (const name of Object.keys(COMMANDS)) assert.equal(wantsUsualWorker([name]), false, name);
  for (const argv of [[], ["-h"], ["--help"], ["--help=all"], ["--version"], ["-e", "_", "--dry-run"]])
    assert.equal(wantsUsualWorker(argv), false, argv.join(" "));
});
