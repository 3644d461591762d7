import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { importedTexts } from "../../../api/imported-texts.ts";
import type { ScriptSource } from "../../../core/script/types.ts";

const folder = mkdtempSync(join(tmpdir(), "pmap-test-imports-"));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const source = (parts: Partial<ScriptSource>): ScriptSource => {
  return { name: "-e", url: undefined, code: {}, modules: [], loader: "native", folder, ...parts };
};
const absolute = join(folder, "absolute", "helper.mjs");

for (const [statement, file] of [
  ["import { z } from './compiled/helper.js';", "compiled/helper.ts"],
  ["import { z } from './compiled-jsx/helper.jsx';", "compiled-jsx/helper.tsx"],
  ["import { z } from './compiled-esm/helper.mjs';", "compiled-esm/helper.mts"],
  ["import { z } from './bare/helper';", "bare/helper.ts"],
  ["import './lib';", "lib/index.ts"],
  ["const x = require('./common/helper');", "common/helper.cjs"],
  ["const x = require('./data/table');", "data/table.json"],
  ["export * from './query/helper.mjs?version=1';", "query/helper.mjs"],
  ["import './with%20space/helper.mjs';", "with space/helper.mjs"],
  ["const x = await import(`./template/helper.mjs`);", "template/helper.mjs"],
  [`import { z } from ${JSON.stringify(absolute)};`, "absolute/helper.mjs"],
  [`import { z } from ${JSON.stringify(pathToFileURL(absolute).href)};`, "absolute/helper.mjs"],
] as const) {
  test(`${statement.replace(folder, "")} reaches ${file}`, () => {
    const script = write("script.ts", statement);
    write(file, `// ${file}`);
    assert.deepEqual(importedTexts(source({ url: pathToFileURL(script).href })), [statement, `// ${file}`]);
  });
}

test("the modules of -M and of imports in code count, with what they import themselves", () => {
  write("named/helper.ts", "import './other.js';");
  write("named/other.ts", "// other");
  const modules = [
    { specifier: "./named/helper.ts", alias: "helper" },
    { specifier: "some-package", alias: "p" },
  ];
  const expected = ["import './other.js';", "// other"];
  assert.deepEqual(importedTexts(source({ modules })), expected);
  assert.deepEqual(importedTexts(source({ code: { map: "(await import('./named/helper')).z(_)" } })), expected);
});

test("modules that import each other are read once", () => {
  const script = write("circle/a.mjs", "import './b.mjs';");
  write("circle/b.mjs", "import './a.mjs';");
  assert.deepEqual(importedTexts(source({ url: pathToFileURL(script).href })), [
    "import './b.mjs';",
    "import './a.mjs';",
  ]);
});
