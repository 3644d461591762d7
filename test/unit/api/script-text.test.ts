import assert from "node:assert/strict";
import { test } from "node:test";
import { readScriptText } from "../../../api/script-text.ts";

test("exports are found in TypeScript and CommonJS, in any form", () => {
  const found = (text: string) => readScriptText(text).exports;
  assert.deepEqual(found("export default (r: Row) => r;"), ["default"]);
  assert.deepEqual(found("export async function* map(r) {}\nexport const key = (r): string => r.k;"), ["map", "key"]);
  assert.deepEqual(found("const f = 1;\nexport { f as reduce, initial };"), ["reduce", "initial"]);
  assert.deepEqual(found("exports.map = (r) => r;\nexports.setup = () => {};"), ["map", "setup"]);
  assert.deepEqual(found("module.exports = { map, async setup() {}, other };"), ["map", "setup"]);
  assert.deepEqual(found("module.exports = (r) => r;"), ["default"]);
  assert.deepEqual(
    found("// export const reduce = 1\n/* export default 2 */\nexport const other = 'export const key';"),
    [],
  );
});

test("options that are literal values are read, with types around them", () => {
  const options = (text: string) => readScriptText(`export const options${text}`).options;
  assert.deepEqual(options(` = { from: "text", concurrency: 50, 'maxErrors': '1%', bigints: true };`), {
    from: "text",
    concurrency: 50,
    maxErrors: "1%",
    bigints: true,
  });
  assert.deepEqual(options(": Options = { columns: ['a', `b`], seed: -1 } as const;"), {
    columns: ["a", "b"],
    seed: -1,
  });
  assert.deepEqual(options(" = { from: 'csv' } satisfies Options;\nexport default 1"), { from: "csv" });
  assert.deepEqual(readScriptText("exports.options = { seed: 3 };").options, { seed: 3 });
});

test("options that only running the script would tell are unknown, and no options are none", () => {
  for (const text of ["= make();", "= { ...usual };", "= { seed: Number('1') };", "= { [name]: 1 };", "= usual;"])
    assert.equal(readScriptText(`export const options ${text}`).options, undefined, text);
  assert.deepEqual(readScriptText("export default 1;").options, {});
});
