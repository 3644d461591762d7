import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { compiled, compiledPath } from "../support/build-wasm.ts";

test("the WebAssembly of the JSON scanner is what its source compiles to", async () => {
  assert.equal(readFileSync(compiledPath, "utf8"), await compiled(), "run `npm run build:wasm`");
});
