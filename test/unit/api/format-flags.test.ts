import assert from "node:assert/strict";
import { test } from "node:test";
import { checkFormatFlags } from "../../../api/format-flags.ts";
import { OPTIONS } from "../../../api/options-table.ts";
import { formatFlags } from "../../../core/formats/registry.ts";

const given = (...names: string[]) => new Map(names.map((name) => [name, "x"]));

test("a format's flags are for it, at either end, and a mistake elsewhere", () => {
  checkFormatFlags(given("delimiter", "from"), ["csv", "jsonl"]);
  checkFormatFlags(given("delimiter"), ["jsonl", "tsv"]);
  checkFormatFlags(given("no-header"), ["rejects", "jsonl"]);
  checkFormatFlags(given("from", "limit"), ["jsonl", "jsonl"]);
  assert.throws(() => checkFormatFlags(given("trim", "skip"), ["text", "jsonl"]), {
    message: "Cannot use --skip with text: it is for CSV\nSay --from csv, or --to csv",
  });
});

test("every flag of a format is an option", () => {
  for (const { names } of formatFlags()) for (const name of names) assert.ok(name in OPTIONS, name);
});
