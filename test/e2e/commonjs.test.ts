// What require would give is what a CommonJS script exports, and what -M brings, on every runtime.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();

async function prints(args: readonly string[], expected: string): Promise<void> {
  const { code, stdout, stderr } = await runPmap(args, { cwd: folder, stdin: '{"n":1}\n{"n":5}\n' });
  assert.deepEqual({ code, stderr, stdout }, { code: 0, stderr: "", stdout: expected });
}

const SCRIPTS: Readonly<Record<string, string>> = {
  "an object of functions": "module.exports = { map: (r) => r.n * 2, filter: (r) => r.n > 3 };",
  "an object that is spread":
    "const parts = { filter: (r) => r.n > 3 };\nmodule.exports = { ...parts, map: (r) => r.n * 2 };",
  "an object that is made by a function":
    "const make = () => ({ filter: (r) => r.n > 3, map: (r) => r.n * 2 });\nmodule.exports = make();",
  "properties of exports": 'exports.filter = (r) => r.n > 3;\nexports["ma" + "p"] = (r) => r.n * 2;',
  "a function with properties": "module.exports = (r) => r.n * 2;\nmodule.exports.filter = (r) => r.n > 3;",
  "what tsc makes of a default export":
    'Object.defineProperty(exports, "__esModule", { value: true });\nexports.filter = (r) => r.n > 3;\nexports.default = (r) => r.n * 2;',
  "a getter, as esbuild makes it":
    "module.exports = {};\nfor (const [name, value] of Object.entries({ map: (r) => r.n * 2, filter: (r) => r.n > 3 })) Object.defineProperty(module.exports, name, { enumerable: true, get: () => value });",
};

for (const [name, code] of Object.entries(SCRIPTS)) {
  test(`a CommonJS script may export ${name}`, async () => {
    const file = `${name.replaceAll(/\W/g, "-")}.cjs`;
    writeFileSync(join(folder, file), code);
    await prints([file], "10\n");
  });
}

test("the reduce, its initial, merge, finish, options and setup of a CommonJS script count", async () => {
  writeFileSync(
    join(folder, "reduces.cjs"),
    `let factor = 0;
module.exports = { map: (r) => r.n * factor, reduce: (a, b) => a + b, initial: () => 0, finish: (a) => [a], setup: () => { factor = 10; }, options: { to: "json" } };`,
  );
  await prints(["reduces.cjs"], "[\n[60]\n]\n");
});

const PACKAGES: Readonly<Record<string, readonly [code: string, use: string, expected: string]>> = {
  "is-a-function": [
    "module.exports = (x) => x + 1; module.exports.twice = (x) => 2 * x;",
    "f(_.n) + f.twice(1)",
    "4\n8\n",
  ],
  "is-an-object": ["const all = { sum: (a) => a[0] + a[1] };\nmodule.exports = all;", "f.sum([_.n, 1])", "2\n6\n"],
  "has-names": ["exports.one = 1;\nexports.two = () => 2;", "f.one + f.two()", "3\n3\n"],
  "is-compiled": [
    'Object.defineProperty(exports, "__esModule", { value: true });\nexports.one = 1;\nexports.default = () => 2;',
    "f.one + f.default()",
    "3\n3\n",
  ],
  "is-compiled-with-a-default": [
    'Object.defineProperty(exports, "__esModule", { value: true });\nexports.default = () => 2;',
    "f()",
    "2\n2\n",
  ],
};

for (const [name, [code, use, expected]] of Object.entries(PACKAGES)) {
  test(`-M brings a CommonJS package that ${name.replaceAll("-", " ")} as an import would`, async () => {
    const place = join(folder, "node_modules", name);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "package.json"), JSON.stringify({ name, main: "index.js" }));
    writeFileSync(join(place, "index.js"), code);
    await prints(["-M", `${name}=f`, "-e", use], expected);
  });
}

test("-M brings an ES module's names, and its default where it has no other", async () => {
  writeFileSync(join(folder, "names.mjs"), "export const one = 1;\nexport default () => 2;");
  writeFileSync(join(folder, "alone.mjs"), "export default (n) => n + 1;");
  await prints(["-M", "./names.mjs", "-e", "names.one + names.default()"], "3\n3\n");
  await prints(["-M", "./alone.mjs", "-e", "alone(_.n)"], "2\n6\n");
});
