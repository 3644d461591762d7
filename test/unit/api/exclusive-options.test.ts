import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../../../api/errors.ts";
import { excludedBy, settingsOfJob } from "../../../api/exclusive-options.ts";
import type { JobOptions } from "../../../api/options.ts";
import type { ScriptSettings } from "../../../api/script-options.ts";

interface Places {
  readonly typed?: Record<string, string | true>;
  readonly options?: Record<string, unknown>;
  readonly configured?: Record<string, string | true>;
  readonly plan?: Partial<JobOptions>;
}

function settings({ typed = {}, options = {}, configured = {}, plan = {} }: Places): ScriptSettings {
  const all = {
    script: { name: "map.ts" },
    given: new Map(Object.entries(typed)),
    configured: new Map(Object.entries(configured)),
    cores: 1,
    mode: "process",
    ...plan,
  };
  const facts = { options, keyed: false, reduces: false };
  return settingsOfJob(all as unknown as JobOptions, facts, []).settings;
}

const FAIL = "Cannot use --max-errors with --on-error fail: the first failure ends the job\nSay --on-error skip";

test("--on-error fail that is typed makes the maxErrors of a script and of a file void", () => {
  const typed = { "on-error": "fail" };
  for (const where of [{ options: { maxErrors: 5 } }, { configured: { "max-errors": "5" } }]) {
    const { onError, maxErrors } = settings({ typed, ...where });
    assert.deepEqual([onError, maxErrors], ["fail", undefined]);
  }
  const byScript = settings({ options: { onError: "fail" }, configured: { "max-errors": "5", "on-error": "skip" } });
  assert.deepEqual([byScript.onError, byScript.maxErrors], ["fail", undefined]);
});

test("a format that is typed makes void what is for other formats", () => {
  assert.equal(settings({ typed: { from: "csv" }, options: { recordsAt: "a.b" } }).recordsAt, undefined);
  assert.deepEqual(settings({ typed: { from: "json" }, options: { recordsAt: "a.b" } }).recordsAt, ["a", "b"]);
  assert.equal(settings({ typed: { from: "parquet" }, options: { encoding: "utf-16" } }).encoding, undefined);
  const { from, ofValues, recordsAt } = settings({ typed: { "records-at": "a" }, options: { from: "csv" } });
  assert.deepEqual([from, ofValues, recordsAt], ["jsonl", true, ["a"]]);
});

test("--resume and --keep-order that are typed keep the order", () => {
  const options = { unordered: true };
  assert.equal(settings({ options }).unordered, true);
  for (const plan of [{ resume: true }, { keepsOrder: true }]) {
    assert.equal(settings({ options, plan }).unordered, false);
    assert.equal(settings({ configured: { unordered: true }, plan }).unordered, false);
  }
});

test("what does not exclude anything voids nothing", () => {
  for (const said of [{}, { "on-error": "skip", "max-errors": "5" }, { from: "json", "records-at": "a" }])
    assert.deepEqual([...excludedBy(new Map(Object.entries(said)))], []);
});

test("a message about a flag that is not typed says where it is set", () => {
  const told = (places: Places): string => {
    try {
      settings(places);
    } catch (error) {
      assert.ok(error instanceof UsageError);
      return error.message;
    }
    return "";
  };
  assert.equal(told({ typed: { "max-errors": "5" } }), FAIL);
  assert.equal(told({ options: { maxErrors: 5 } }), `${FAIL}\n--max-errors is set by "map.ts"`);
  assert.equal(told({ configured: { "max-errors": "5" } }), `${FAIL}\n--max-errors is set by the configuration`);
  assert.equal(
    told({ options: { onError: "fail" }, typed: { "max-errors": "5" } }),
    `${FAIL}\n--on-error is set by "map.ts"`,
  );
  assert.equal(
    told({ options: { from: "parquet" }, typed: { encoding: "utf-16" } }),
    'Cannot use --encoding with parquet: it is for text\n--from is set by "map.ts"',
  );
});
