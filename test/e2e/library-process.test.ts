import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { OPTION_OF_FLAG } from "../../api/library/options.ts";
import { FLAGS } from "../../cli/flags/table.ts";
import { library } from "../support/library.ts";
import { packageFolder } from "../support/package-folder.ts";
import { finished, ownRuntime, type Result } from "../support/run-pmap.ts";

// The library in a program of its own: what the program is left with, and how it ends.

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = packageFolder();
const command = ownRuntime === "deno" ? ["run", "-A", "--no-lock", "--node-modules-dir=manual"] : [];

function start(file: string) {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...rest } = process.env as Record<string, string>;
  return spawn(process.execPath, [...command, file], { cwd: folder, env: { ...rest, NO_COLOR: "1" } });
}

function run(name: string, source: string): Promise<Result> {
  writeFileSync(join(folder, name), source);
  return finished(start(name));
}

test("nothing is exported by accident", () => {
  assert.deepEqual(Object.keys(library).sort(), ["PmapError", "createPool", "pmap", "preduce"]);
});

test("every flag is an option, or is about the command line alone", () => {
  const forPeople = [
    "eval",
    "filter",
    "key",
    "reduce",
    "initial",
    "merge",
    "finish",
    "module",
    "range",
    "output",
    "resume",
    "restart",
    "quiet",
    "verbose",
    "explain",
    "dry-run",
    "progress",
    "config",
    "joblog",
    "version",
    "help",
  ];
  const missing = FLAGS.map(({ name }) => name).filter(
    (name) => !(name in OPTION_OF_FLAG) && !forPeople.includes(name),
  );
  assert.deepEqual(missing, []);
});

test("a program ends by itself, with no listener, handle or process left, and nothing printed", async () => {
  const source = `
    import { createPool, pmap, preduce } from "pmap-cli";
    process.on("unhandledRejection", (error) => { console.log("unhandled", error); });
    const before = process.eventNames().map((name) => [name, process.listenerCount(name)]);
    await pmap((n) => n, [1, 2, 3], { cores: 2 }).toArray();
    await pmap((n) => { throw new Error("no"); }, [1]).toArray().catch(() => {});
    await preduce((n) => n, [1, 2], { reduce: (a, b) => a + b });
    for await (const value of pmap((n) => n, { range: [1, 1e9] })) if (value === 10) break;
    const pool = await createPool((n) => n);
    await pool.run(1);
    await pool.close();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const after = process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const left = (process.getActiveResourcesInfo?.() ?? []).filter((name) => /Process|Timeout|Socket|Port|Worker/.test(name));
    console.log(JSON.stringify(before) === JSON.stringify(after), JSON.stringify(left));
  `;
  const { code, stdout, stderr } = await run("leaves-nothing.mjs", source);
  assert.deepEqual([code, stdout, stderr], [0, "true []\n", ""]);
});

test("with handleSignals a signal ends the job in order, and the program goes on", async () => {
  const source = `
    import { pmap } from "pmap-cli";
    async function* endless() { for (let n = 0; ; n++) yield n; }
    const run = pmap((n) => n, endless(), { handleSignals: true });
    let count = 0;
    try {
      for await (const value of run) if (++count === 10) process.kill(process.pid, "SIGTERM");
    } catch (error) {
      console.log(error.code, error.message);
    }
    console.log("on", process.listenerCount("SIGTERM"));
  `;
  const { code, stdout, stderr } = await run("handles-signals.mjs", source);
  assert.deepEqual([code, stdout, stderr], [0, "PMAP_CANCELLED the job was ended by SIGTERM\non 0\n", ""]);
});

test("with handleSignals a pool answers what runs, and ends; a second signal ends it at once", async () => {
  const source = `
    import { createPool } from "pmap-cli";
    import { writeFileSync } from "node:fs";
    const waitsFor = async (file) => {
      console.error("runs");
      const { existsSync } = await import("node:fs");
      while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5));
      return file;
    };
    async function round(file, first, onFirst) {
      const onStderr = () => process.kill(process.pid, first);
      const pool = await createPool(waitsFor, { cores: 1, concurrency: 1, handleSignals: true, onStderr });
      const runs = pool.run(file);
      const waits = pool.run("never");
      waits.catch(onFirst);
      const answers = await Promise.allSettled([runs, waits]);
      answers.push(...await Promise.allSettled([pool.run("never")]));
      for (const { value, reason } of answers) console.log(value, reason?.code, reason?.message);
      await pool.close();
      console.log("on", process.listenerCount("SIGTERM"));
    }
    await round("go", "SIGTERM", () => writeFileSync("go", ""));
    await round("never", "SIGINT", () => process.kill(process.pid, "SIGTERM"));
  `;
  const { code, stdout, stderr } = await run("pool-handles-signals.mjs", source);
  const lines = [
    "go undefined undefined",
    "undefined PMAP_CANCELLED the pool was ended by SIGTERM",
    "undefined PMAP_CANCELLED the pool was ended by SIGTERM",
    "on 0",
    "undefined PMAP_CANCELLED the pool was ended by SIGINT",
    "undefined PMAP_CANCELLED the pool was ended by SIGINT",
    "undefined PMAP_CANCELLED the pool was ended by SIGINT",
    "on 0",
    "",
  ];
  assert.deepEqual([code, stdout, stderr], [0, lines.join("\n"), ""]);
});

test("many jobs and pools at once print nothing", async () => {
  const source = `
    import { createPool, pmap } from "pmap-cli";
    const { signal } = new AbortController();
    const before = process.listenerCount("exit");
    const options = { cores: 1, mode: "inline", handleSignals: true, signal };
    const jobs = Array.from({ length: 12 }, (_, n) => pmap((n) => n, [n], options).toArray());
    const pools = await Promise.all(Array.from({ length: 12 }, () => createPool((n) => n, options)));
    const all = await Promise.all([...jobs, ...pools.map((pool, n) => pool.run(n, { signal }))]);
    for (const pool of pools) await pool.close();
    console.log(all.length, process.listenerCount("SIGINT"), process.listenerCount("exit") - before);
  `;
  const { code, stdout, stderr } = await run("many.mjs", source);
  assert.deepEqual([code, stdout, stderr], [0, "24 0 0\n", ""]);
});

test("no worker outlives a program that is killed", async () => {
  const source = `
    import { pmap } from "pmap-cli";
    let go;
    const isOut = new Promise((resolve) => (go = resolve));
    async function* values() { yield 1; await isOut; yield 2; }
    const loops = (n) => { if (n > 1) { console.error("loops", process.pid); while (true); } return n; };
    const onStderr = (bytes) => console.log(new TextDecoder().decode(bytes));
    for await (const _ of pmap(loops, values(), { cores: 2, onStderr })) go();
  `;
  writeFileSync(join(folder, "is-killed.mjs"), source);
  const child = start("is-killed.mjs");
  const pid = await new Promise<string>((resolve) => {
    child.stdout.on("data", (data: Uint8Array) => {
      const [, found] = /loops (\d+)/.exec(String(data)) ?? [];
      if (found !== undefined) resolve(found);
    });
  });
  child.kill("SIGKILL");
  await finished(child);
  for (let i = 0; existsSync(`/proc/${pid}`) && i < 1500; i++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(existsSync(`/proc/${pid}`), false);
});

if (ownRuntime === "deno") {
  test("require() of a module of this kind is Node's and Bun's: on Deno a program imports it", () => {
    assert.equal(ownRuntime, "deno");
  });
} else {
  test("a CommonJS program can require it", async () => {
    const source = `
      const { pmap } = require("pmap-cli");
      pmap((n) => n * 2, [1, 2]).toArray().then((all) => console.log(all.join()));
    `;
    const { code, stdout, stderr } = await run("requires.cjs", source);
    assert.deepEqual([code, stdout], [0, "2,4\n"], stderr);
  });
}

test("a bundled program works with pmap-cli outside, and says so where it is inside", async () => {
  const source = `
    import { createPool, pmap } from "pmap-cli";
    const tell = (error) => console.log(error.code, error.message);
    pmap((n) => n + 1, [1]).toArray().then(console.log, tell);
    createPool((n) => n + 1).then(async (pool) => { console.log(await pool.run(1)); await pool.close(); }, tell);
  `;
  writeFileSync(join(folder, "to-bundle.mjs"), source);
  const entryPoints = [join(folder, "to-bundle.mjs")];
  const options = { bundle: true, platform: "node", minify: true, entryPoints, logLevel: "silent" } as const;
  await build({ ...options, format: "esm", outfile: join(folder, "outside.mjs"), external: ["pmap-cli"] });
  const outside = await finished(start("outside.mjs"));
  assert.deepEqual([outside.code, outside.stdout.split("\n").sort()], [0, ["", "2", "[ 2 ]"]], outside.stderr);
  // Its own dependencies are found beside it, as in a program that has installed them.
  const external = ["tsx", "os-utils", "tinyglobby", "leven", "import-meta-resolve"];
  for (const name of external) symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  mkdirSync(join(folder, "deep/er"), { recursive: true });
  const says =
    /^(PMAP_USAGE Cannot start workers: pmap was bundled into a program, .*\nLeave pmap-cli outside of the .*\n){2}$/;
  // Beside files that could be pmap's own, and where there are none; CommonJS has no URL of its own.
  for (const [file, format] of [
    ["deep/er/inside.mjs", "esm"],
    ["deep/inside.mjs", "esm"],
    ["deep/inside.cjs", "cjs"],
  ] as const) {
    await build({ ...options, format, outfile: join(folder, file), external });
    const inside = await finished(start(file));
    assert.match(inside.stdout, says, `${file}: ${inside.stderr}`);
    assert.equal(inside.code, 0);
  }
});
