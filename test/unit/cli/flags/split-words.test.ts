import assert from "node:assert/strict";
import { test } from "node:test";
import { splitWords } from "../../../../cli/flags/split-words.ts";
import { UsageError } from "../../../../core/errors.ts";

test("words are split as a shell splits them", () => {
  const cases: [text: string, words: string[]][] = [
    ["", []],
    ["  ", []],
    ["-c 4  --on-error\tskip\n", ["-c", "4", "--on-error", "skip"]],
    [`--delimiter ';' --columns "a b",c`, ["--delimiter", ";", "--columns", "a b,c"]],
    ["a\\ b \\'", ["a b", "'"]],
    [`'' ""x`, ["", "x"]],
    ["$HOME `x` *", ["$HOME", "`x`", "*"]],
  ];
  for (const [text, words] of cases) assert.deepEqual(splitWords(text), words, text);
  assert.throws(() => splitWords("'open"), UsageError);
});
