import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { library } from "../support/library.ts";
import { ownRuntime, runPmap, temporaryFolder } from "../support/run-pmap.ts";

// A script of JavaScript may import TypeScript, in every way that there is, on every runtime.

const folder = temporaryFolder();
const MODULES: Readonly<Record<string, string>> = {
  "typed.ts": "export const factor: number = 3;\n",
  "enum.ts": "export enum Factor { Three = 3 }\nexport const factor: number = Factor.Three;\n",
  "typed.cts": "const factor: number = 3;\nmodule.exports = { factor };\n",
  "through.mjs": 'export { factor } from "./typed.ts";\n',
  "through.js": 'import { factor as typed } from "./typed.ts";\nexport const factor = typed;\n',
  "later.mjs": 'export const load = () => import("./typed.ts");\n',
};

const STATIC = (name: string) => `import { factor } from "${name}";\nexport default (r) => r.n * factor;\n`;
const IN_A_CALL = (name: string) => `export default async (r) => r.n * (await import("${name}")).factor;\n`;
const SCRIPTS: Readonly<Record<string, string>> = {
  "imports.mjs": STATIC("./typed.ts"),
  "imports.js": STATIC("./typed.ts"),
  "imports_enum.mjs": STATIC("./enum.ts"),
  "imports_through_mjs.mjs": STATIC("./through.mjs"),
  "imports_through_js.mjs": STATIC("./through.js"),
  "awaits_import.mjs": 'const { factor } = await import("./typed.ts");\nexport default (r) => r.n * factor;\n',
  "requires.cjs": 'const { factor } = require("./typed.ts");\nmodule.exports = (r) => r.n * factor;\n',
  "requires_cts.cjs": 'const { factor } = require("./typed.cts");\nmodule.exports = (r) => r.n * factor;\n',
  "requires_in_call.cjs": 'module.exports = (r) => r.n * require("./typed.ts").factor;\n',
  "imports_in_call.mjs": IN_A_CALL("./typed.ts"),
  "imports_in_call.cjs": 'module.exports = async (r) => r.n * (await import("./typed.ts")).factor;\n',
  "imports_in_setup.mjs":
    'let factor;\nexport const setup = async () => void ({ factor } = await import("./typed.ts"));\nexport default (r) => r.n * factor;\n',
  "imports_in_call_of_import.mjs":
    'import { load } from "./later.mjs";\nexport default async (r) => r.n * (await load()).factor;\n',
};

/** What a folder's package.json says decides what a .js and a .ts file are. */
const PACKAGES = { none: undefined, modules: '{ "type": "module" }\n' };

for (const [name, json] of Object.entries(PACKAGES)) {
  const base = join(folder, name);
  mkdirSync(base);
  for (const [file, source] of Object.entries({ ...MODULES, ...SCRIPTS })) writeFileSync(join(base, file), source);
  if (json !== undefined) writeFileSync(join(base, "package.json"), json);

  for (const script of Object.keys(SCRIPTS)) {
    test(`${script} gets at TypeScript (package.json: ${name})`, async () => {
      const { code, stdout, stderr } = await runPmap(["-c", "1", join(base, script)], { stdin: '{"n":1}\n' });
      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "3\n", stderr: "" });
    });
  }

  test(`-M imports JavaScript that imports TypeScript (package.json: ${name})`, async () => {
    const args = ["-c", "1", "-M", `${join(base, "imports_through_mjs.mjs")}=by`, "-e", "by(_)"];
    const { code, stdout, stderr } = await runPmap(args, { stdin: '{"n":1}\n' });
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "3\n", stderr: "" });
  });
}

test("workers on another runtime load JavaScript that imports TypeScript", async () => {
  const script = join(folder, "none", "imports_through_js.mjs");
  for (const runtime of ["node", "deno", "bun"].filter((each) => each !== ownRuntime)) {
    const args = ["-c", "1", "--runtime", runtime, script];
    const { code, stdout, stderr } = await runPmap(args, { stdin: '{"n":1}\n' });
    assert.deepEqual({ runtime, code, stdout, stderr }, { runtime, code: 0, stdout: "3\n", stderr: "" });
  }
});

test("the library loads JavaScript that imports TypeScript in a call", async () => {
  const script = join(folder, "none", "imports_in_call.mjs");
  assert.deepEqual(await library.pmap(script, [{ n: 1 }], { cores: 1 }).toArray(), [3]);
});

test("TypeScript that is imported too late works, or the error says what to do (Node)", async () => {
  const script = join(folder, "none", "names_late.mjs");
  writeFileSync(
    script,
    'const name = `./enum.${"ts"}`;\nexport default async (r) => r.n * (await import(name)).factor;\n',
  );
  const { code, stdout, stderr } = await runPmap(["-c", "1", script], { stdin: '{"n":1}\n' });
  if (ownRuntime !== "node") {
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "3\n", stderr: "" });
    return;
  }
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^pmap: -:1: map threw \w+: (Unknown file extension|TypeScript enum is not supported).*\n/);
  assert.match(stderr, /\nImport it at the top of the script: pmap can compile it there, and not in a call\n/);
});
