import assert from "node:assert/strict";
import nodeModule from "node:module";
import { test } from "node:test";
import { mappingOf } from "../../../../adapters/shared/source-mapping.ts";

// Two lines that come from lines 3 and 7 of a.ts, the second one indented.
const map = { version: 3, sources: ["a.ts"], names: [], mappings: "AAEA;EAIE" };
const inline = `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString("base64")}`;
const text = "f(1);\n  g(2);\n";
// Bun tells the places of the sources itself.
const skip = "Bun" in globalThis || typeof nodeModule.SourceMap !== "function";

test("lines of code lead to the lines of its source, by a map that it carries or that is found", { skip }, () => {
  for (const mapping of [
    mappingOf({ url: "file:///x/a.ts", text, mapUrl: inline }, "as written"),
    mappingOf({ url: "file:///x/a.ts", text, mapUrl: "" }, { json: JSON.stringify(map) }),
  ]) {
    assert.deepEqual([mapping?.line(1), mapping?.line(2)], [3, 7]);
    assert.deepEqual(mapping?.place(1, 2), { line: 7, column: 3, url: undefined });
  }
});

test("JavaScript with a source map leads to another file", { skip }, () => {
  const mapping = mappingOf({ url: "file:///x/a.js", text, mapUrl: inline }, "as written");
  assert.equal(mapping?.place(0, 0)?.url, "file:///x/a.ts");
});

test("code without a map is as it was written, or its lines are unknown: none is better than a wrong one", () => {
  const script = { url: "file:///x/a.ts", text, mapUrl: "" };
  assert.equal(mappingOf(script, "as written"), undefined);
  assert.equal(mappingOf(script, "unknown")?.line(1), undefined);
  assert.equal(mappingOf(script, "unknown")?.place(1, 1)?.line, 0);
  assert.equal(mappingOf({ ...script, mapUrl: "data:application/json;base64,!" }, "as written")?.line(1), undefined);
});
