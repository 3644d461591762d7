import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { generatedFiles } from "../bench/report/pages.ts";

// Figures in the docs are never written by hand.

for (const { path, text } of generatedFiles()) {
  test(`docs/${basename(path)} says what was measured`, () => {
    const found = existsSync(path) ? readFileSync(path, "utf8") : undefined;
    assert.equal(found, text, "npm run bench:report writes it anew");
  });
}
