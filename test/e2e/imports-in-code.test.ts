// import() in code from the command line starts from the user's folder; TypeScript that one Node runs runs on all.
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { renameImports } from "../../core/worker/script/dynamic-import.ts";
import { ownRuntime, type Result, runPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
writeFileSync(join(folder, "one.mjs"), "export const f = 1;");
writeFileSync(join(folder, "typed.ts"), "enum E { seven = 7 }\nexport const f: number = E.seven;");
writeFileSync(join(folder, "five.json"), '{"j":5}');
mkdirSync(join(folder, "node_modules/two"), { recursive: true });
writeFileSync(join(folder, "node_modules/two/package.json"), '{"name":"two","type":"module","exports":"./index.js"}');
writeFileSync(join(folder, "node_modules/two/index.js"), "export const f = 2;");

const run = (...args: string[]): Promise<Result> => runPmap(args, { cwd: folder, stdin: '{"k":3}\n' });

async function prints(args: string[], expected: string): Promise<void> {
  const { code, stdout, stderr } = await run(...args);
  assert.deepEqual({ code, stderr, stdout }, { code: 0, stderr: "", stdout: expected });
}

test("import() in -e finds a file, a package, a built-in module and JSON from the user's folder", async () => {
  await prints(["-e", 'async r => (await import("./one.mjs")).f + r.k'], "4\n");
  await prints(["-c", "1", "-e", 'async () => (await import("./typed.ts")).f'], "7\n");
  await prints(["-e", 'async () => (await import("two")).f'], "2\n");
  await prints(["-e", "async () => (await import('node:path')).posix.sep"], '"/"\n');
  await prints(["-e", 'async () => (await import("./five.json", { with: { type: "json" } })).default.j'], "5\n");
  await prints(["--filter", 'async () => (await import("./one.mjs")).f === 1'], '{"k":3}\n');
});

test("a module that is not found is named with the folder and what to do, and without pmap's own files", async () => {
  for (const args of [
    ["-M", "nope", "-e", "1"],
    ["-e", 'async () => (await import("nope")).f'],
  ]) {
    const { code, stderr } = await run(...args);
    assert.equal(code, 1);
    assert.match(stderr, /"nope" is not found from .*\nTry: npm install nope/);
    assert.doesNotMatch(stderr, /Require stack|dist\/|noop\.js/);
  }
});

test("only calls are renamed: no text, no comment, no property", () => {
  const same = [
    '"import(1)"',
    "'import(\\'1)'",
    "`import(1)`",
    "// import(1)",
    "/* import(1) */ 1",
    "_.import(1)",
    "important(1)",
    "$import(1)",
  ];
  for (const code of same) assert.equal(renameImports(code), code);
  assert.equal(renameImports('f(await import ("x"))'), 'f(await $pmapImport ("x"))');
  assert.equal(renameImports('`a ${await import("x")} b`'), '`a ${await $pmapImport("x")} b`');
});

const TYPESCRIPT: Readonly<Record<string, string>> = {
  "an interface that is imported without `type`": 'import { Row } from "./row.ts";\nexport default (r: Row) => r.k;',
  "JSON without an attribute": 'import five from "./five.json";\nexport default (r: any) => r.k + five.j - 5;',
  "decorators and accessors":
    "const d = (c: any, x: any) => c;\n@d class A { accessor x = 0; @d m() {} }\nexport default (r: any) => r.k + new A().x;",
  "enums, namespaces and parameter properties":
    "enum E { A = 1 }\nnamespace N { export const k = 1; }\nclass P { constructor(public q: number) {} }\nexport default (r: any) => (r.k * N.k * E.A * new P(3).q) / 3;",
};
writeFileSync(join(folder, "package.json"), '{"type":"module"}');
writeFileSync(join(folder, "row.ts"), "export interface Row { k: number }");

for (const [name, code] of Object.entries(TYPESCRIPT)) {
  const cannot = ownRuntime === "deno" && /interface|JSON/.test(name);
  test(`TypeScript with ${name} ${cannot ? "is one clear error: Deno itself cannot load it" : "runs"}`, async () => {
    const file = `${name.replaceAll(/\W/g, "-")}.ts`;
    writeFileSync(join(folder, file), code);
    if (!cannot) await prints([file], "3\n");
    else {
      const { code, stderr } = await run(file);
      assert.equal(code, 1);
      assert.match(stderr, /^pmap: Cannot load "[^"]*\.ts": /);
    }
  });
}

test("a command may have no ending, and may be a link to a script", async () => {
  writeFileSync(join(folder, "command"), "#!/usr/bin/env pmap\nexport default (r) => r.k * 2;\n");
  await prints(["command"], "6\n");
  writeFileSync(
    join(folder, "script.ts"),
    '#!/usr/bin/env pmap\nimport { f } from "./one.mjs";\nexport default (r: { k: number }) => r.k * 2 + f;\n',
  );
  mkdirSync(join(folder, "bin"));
  symlinkSync("../script.ts", join(folder, "bin/link"));
  await prints(["bin/link"], "7\n");
});
