import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

// What npm would publish is packed, installed in an empty folder and used from there, as a stranger would.

const root = fileURLToPath(new URL("../..", import.meta.url));
const runtime = "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";

test("the tests run on the runtime that the runner claims", () => {
  assert.equal(process.env.PMAP_TEST_RUNTIME ?? runtime, runtime);
});

interface Packed {
  filename: string;
  files: { path: string; mode: number }[];
}

if (runtime === "node") testPackage();
else test("packaging is tested under node only", () => assert.notEqual(runtime, "node"));

function testPackage() {
  let folder: string;
  let packed: Packed;

  before(async () => {
    assert.ok(existsSync(join(root, "dist/cli/main.js")), "dist/ is missing: run `npm run build`");
    folder = await mkdtemp(join(tmpdir(), "pmap-packaging-"));
    const pack = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], root);
    [packed] = JSON.parse(pack) as [Packed];
    await writeFile(join(folder, "package.json"), `{ "name": "stranger", "private": true, "type": "module" }\n`);
    await writeFile(join(folder, "double.ts"), "export default (record: { n: number }) => ({ n: record.n * 2 });\n");
    await writeFile(join(folder, "three.jsonl"), `{"n":1}\n{"n":2}\n{"n":3}\n`);
    await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", `./${packed.filename}`], folder);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  test("the package holds the built program, its papers and no tests", () => {
    const paths = packed.files.map(({ path }) => path);
    for (const path of ["LICENSE", "README.md", "CHANGELOG.md", "package.json", "dist/api/index.d.ts"]) {
      assert.ok(paths.includes(path), `${path} is missing`);
    }
    const unwanted = paths.filter((path) => /(^|\/)test\/|\.test\.|(?<!\.d)\.ts$/.test(path));
    assert.deepEqual(unwanted, []);
    const program = packed.files.find(({ path }) => path === "dist/cli/main.js");
    assert.ok(program !== undefined && (program.mode & 0o111) !== 0, "dist/cli/main.js cannot be executed");
  });

  test("the coordinator's program has no parser, which only workers need", async () => {
    type Bundles = Record<string, Record<string, number>>;
    const bundles = JSON.parse(await readFile(join(root, ".cache/bundles.json"), "utf8")) as Bundles;
    const { "dist/cli/program.js": program = {}, "dist/adapters/node/worker.js": worker = {} } = bundles;
    for (const name of [
      "json-parser/read-lines.wasm",
      "json-parser/shapes",
      "text-cursor",
      "csv/cursor",
      "csv/parser",
      "csv/rows",
    ]) {
      const source = `core/formats/${name}.ts`;
      assert.ok((worker[source] ?? 0) > 0, `${source} has another name by now`);
      // A constant or two may be left of it.
      assert.ok((program[source] ?? 0) < 100, `${program[source]} bytes of ${source}`);
    }
    assert.ok((program["core/coordinator/run-job.ts"] ?? 0) > 0);
    // Not even a worker has what only some jobs want: it is a file of its own, which is loaded then.
    for (const name of ["parquet/row-reader", "parquet/row-writer", "parquet/group-writer"]) {
      const source = `core/formats/${name}.ts`;
      assert.ok((bundles[`dist/core/formats/${name}.js`]?.[source] ?? 0) > 0, `${source} has another name by now`);
      assert.equal((program[source] ?? 0) + (worker[source] ?? 0), 0, source);
    }
  });

  test("both commands print the package's version", async () => {
    const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    for (const command of ["pmap", "pmap-cli"]) {
      assert.ok((await run("npx", ["--no-install", command, "--version"], folder)).includes(version), command);
    }
  });

  test("the installed command maps a file with a TypeScript script on node", async () => {
    const out = await run("npx", ["--no-install", "pmap", "double.ts", "three.jsonl"], folder);
    assert.equal(out, `{"n":2}\n{"n":4}\n{"n":6}\n`);
  });

  test("the installed command maps a file with a TypeScript script on bun", async () => {
    const out = await run("bunx", ["--bun", "pmap", "double.ts", "three.jsonl"], folder);
    assert.equal(out, `{"n":2}\n{"n":4}\n{"n":6}\n`);
  });

  test("the installed library can be imported", async () => {
    const out = await run(process.execPath, ["-e", `import("pmap-cli").then(() => console.log("imported"))`], folder);
    assert.equal(out, "imported\n");
  });

  test("JSR would take the package: Deno checks its types, and finds all that it imports", async () => {
    await run("deno", ["publish", "--dry-run", "--allow-dirty"], root);
  });

  test("publint finds nothing to say about the package", async () => {
    await run("publint", ["run", "--strict", join(folder, packed.filename)], root);
  });

  test("the package's types resolve for importers of ES modules", async () => {
    await run("attw", ["--profile", "esm-only", "--no-emoji", join(folder, packed.filename)], root);
  });
}

/** Runs a command, ours from node_modules/.bin first and with this same Node, and returns its stdout. */
async function run(command: string, args: string[], cwd: string): Promise<string> {
  const path = [join(process.execPath, ".."), process.env.PATH, join(root, "node_modules/.bin")].join(delimiter);
  try {
    return (await promisify(execFile)(command, args, { cwd, env: { ...process.env, PATH: path } })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    assert.fail(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}${error}`);
  }
}
