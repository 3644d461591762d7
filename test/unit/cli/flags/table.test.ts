import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DEFAULT_VALUES,
  OPTIONS,
  type OptionName,
  readOptions,
  SCRIPT_OPTIONS,
} from "../../../../api/options-table.ts";
import { FLAGS } from "../../../../cli/flags/table.ts";
import { UsageError } from "../../../../core/errors.ts";

/** What only the command line knows. */
const OF_THE_COMMAND_LINE = ["config", "dry-run", "quiet", "verbose", "version", "help"];
const around = { usableCores: 4, mode: "process" } as const;

test("every flag is an option of the job, or one of the command line", () => {
  const flags = FLAGS.map(({ name }) => name);
  assert.deepEqual([...flags].sort(), [...Object.keys(OPTIONS), ...OF_THE_COMMAND_LINE].sort());
});

test("a flag that stands alone has a value for it, and no other has", () => {
  for (const { name, value, optional } of FLAGS.filter(({ name }) => name in OPTIONS)) {
    const standsAlone = value === undefined || optional === true;
    assert.equal("alone" in OPTIONS[name as OptionName], standsAlone, name);
  }
});

test("options are read by their flags, and those that are not given are not there", () => {
  const given = new Map<string, string | true>([
    ["cores", "50%"],
    ["chunk", "64K"],
    ["stats", true],
    ["no-header", true],
    ["timeout", "2s"],
  ]);
  assert.deepEqual(readOptions(given, around), {
    cores: 2,
    chunk: 65_536,
    stats: { path: undefined },
    "no-header": true,
    timeout: 2000,
  });
  assert.deepEqual(readOptions(new Map([["stats", "true"]]), around), { stats: { path: "true" } });
  assert.throws(() => readOptions(new Map([["stats", ""]]), around), UsageError);
  assert.throws(() => readOptions(new Map([["max-memory", "1M"]]), around), /at least 16M/);
  assert.throws(() => readOptions(new Map([["limit", true as const]]), around), UsageError);
});

test("a script may set what belongs to the work, and nothing of the machine or of files", () => {
  for (const name of ["from", "to", "concurrency", "on-error", "timeout", "columns", "unordered"] as const)
    assert.ok(SCRIPT_OPTIONS.includes(name), name);
  const ofTheMachine = [
    "cores",
    "runtime",
    "mode",
    "max-memory",
    "max-load",
    "min-free",
    "recycle",
    "sandbox",
  ] as const;
  for (const name of [...ofTheMachine, "output", "errors", "stats", "resume", "restart", "eval", "module"] as const)
    assert.ok(!SCRIPT_OPTIONS.includes(name), name);
  assert.equal(DEFAULT_VALUES.concurrency, 8);
});
