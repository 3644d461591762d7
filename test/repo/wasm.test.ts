import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { modules, pathOf, textOf } from "../support/build-wasm.ts";

for (const module of modules) {
  test(`${module.compiled} is what its source compiles to`, async () => {
    assert.equal(readFileSync(pathOf(module), "utf8"), await textOf(module), "run `npm run build:wasm`");
  });
}
