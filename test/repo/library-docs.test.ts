import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";
import { apiPage, PAGE } from "../support/api-page.ts";
import { packageFolder } from "../support/package-folder.ts";
import { finished, ownRuntime } from "../support/run-pmap.ts";

// Every example of docs/library.md, and those of examples/library, as programs in a folder where the package is installed. What
// stands in the ```text block below an example is what it prints.

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = packageFolder();

const page = readFileSync(join(root, "docs/library.md"), "utf8");
const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g)];
const programs = page.match(/```ts\n/g) ?? [];

/** Runs a program in a folder of its own and returns what it prints. */
async function run(name: string, source: string): Promise<string> {
  const own = mkdtempSync(join(folder, "run-"));
  // Node 20 strips no types, and tsx would start every worker anew.
  writeFileSync(join(own, `${name}.mjs`), transformSync(source, { loader: "ts", target: "node20" }).code);
  const flags = ownRuntime === "deno" ? ["run", "-A", "--no-lock", "--node-modules-dir=manual"] : [];
  const child = spawn(process.execPath, [...flags, `${name}.mjs`], { cwd: own, env: environment() });
  const { code, stdout, stderr } = await finished(child);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  return stdout;
}

function environment(): Record<string, string> {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...rest } = process.env as Record<string, string>;
  return { ...rest, NO_COLOR: "1" };
}

test("docs/api.md is what the source says", () => {
  assert.equal(readFileSync(PAGE, "utf8"), apiPage(), "run `npm run docs:api`");
});

test("every example of the page says what it prints", () => {
  assert.ok(blocks.length > 4);
  assert.equal(blocks.length, programs.length);
});

for (const [i, [, source = "", printed = ""]] of blocks.entries()) {
  test(`example ${i + 1} of docs/library.md prints what the page says`, async () => {
    assert.equal(await run("example", source), printed);
  });
}

for (const name of readdirSync(join(root, "examples/library"))) {
  test(`examples/library/${name} prints what its comment says`, async () => {
    const source = readFileSync(join(root, "examples/library", name), "utf8");
    const said = [...source.matchAll(/^\/\/ prints: (.*)$/gm)].map(([, line]) => line);
    assert.ok(said.length > 0, "it has no comment that says what it prints");
    const lines = (await run(name.replace(/\.ts$/, ""), source)).trimEnd().split("\n");
    assert.deepEqual(lines, said);
  });
}
