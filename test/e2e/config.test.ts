// PMAP_OPTIONS and configuration files: what wins over what, and what a file in a folder of another user cannot do.
import assert from "node:assert/strict";
import { chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Result, runPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
let places = 0;

/** A folder with these files. */
function placeWith(files: Readonly<Record<string, unknown>>): string {
  const place = join(folder, String(places++));
  mkdirSync(place);
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(place, name), typeof content === "string" ? content : JSON.stringify(content));
  return place;
}

function run(cwd: string, args: readonly string[], options = ""): Promise<Result> {
  return runPmap(args, { cwd, stdin: "1\noops\n3\n", env: { PMAP_OPTIONS: options } });
}

/** Where each value comes from, as --dry-run tells. */
async function originOf(flag: string, cwd: string, args: readonly string[], options = ""): Promise<string> {
  const { code, stderr } = await run(cwd, ["--dry-run", ...args], options);
  assert.equal(code, 0, stderr);
  return new RegExp(`^ {2}--${flag} +(\\S+ .*)$`, "m").exec(stderr)?.[1]?.replaceAll(/ +/g, " ") ?? stderr;
}

const SCRIPT = "export const options = { concurrency: 3 };\nexport default (n) => n * 2;\n";

test("the command line wins over PMAP_OPTIONS, that over the script, this over the files, pmap's over package.json", async () => {
  const files = {
    "script.mjs": SCRIPT,
    "plain.mjs": "export default (n) => n;\n",
    "pmap.config.json": { concurrency: 4, cores: 2 },
    "package.json": { pmap: { concurrency: 5, cores: 1, retries: 7 } },
  };
  const place = placeWith(files);
  const env = "--concurrency 2";
  assert.equal(await originOf("concurrency", place, ["--concurrency", "1", "script.mjs"], env), "1 command line");
  assert.equal(await originOf("concurrency", place, ["script.mjs"], env), "2 PMAP_OPTIONS");
  assert.equal(await originOf("concurrency", place, ["script.mjs"]), "3 options of script.mjs");
  assert.equal(await originOf("concurrency", place, ["plain.mjs"]), "4 pmap.config.json");
  assert.equal(await originOf("cores", place, ["plain.mjs"]), "2 pmap.config.json");
  assert.equal(await originOf("retries", place, ["plain.mjs"]), '7 "pmap" in package.json');
  assert.equal(await originOf("retries", place, ["--config", "none", "plain.mjs"]), "2 default");
});

test("values of a file that is found count, and are said once on stderr", async () => {
  const place = placeWith({ "pmap.config.json": { onError: "skip", "max-errors": 5, cores: 1 } });
  const { code, stdout, stderr } = await run(place, ["-e", "_ * 2"]);
  assert.deepEqual([code, stdout], [0, "2\n6\n"], stderr);
  assert.match(stderr, /^pmap: pmap\.config\.json sets --on-error skip, --max-errors 5, --cores 1\n/);
  const quiet = await run(place, ["-q", "-e", "_ * 2"]);
  assert.deepEqual([quiet.code, quiet.stdout, quiet.stderr], [0, "2\n6\n", ""]);
});

test("PMAP_OPTIONS counts, also for flags that choose the workers", async () => {
  const place = placeWith({});
  const { code, stdout, stderr } = await run(place, ["-q", "-e", "_ * 2"], "--on-error skip --mode inline");
  assert.deepEqual([code, stdout, stderr], [0, "2\n6\n", ""]);
  assert.equal((await run(place, ["-e", "_"], "data.jsonl")).code, 2);
  assert.match((await run(place, ["-e", "_"], "--cores x")).stderr, /--cores "x": .*\nIt stands in PMAP_OPTIONS\n$/);
  assert.match(
    (await run(place, ["-e", "_"], "--coers 2")).stderr,
    /Did you mean --cores\?\nIt stands in PMAP_OPTIONS/,
  );
  assert.match((await run(place, ["-e", "_"], "'x")).stderr, /a quote is not closed/);
});

test("a file that is found cannot run code, write, or read a file, nor choose a runtime", async () => {
  const values = {
    eval: "1",
    reduce: "a",
    module: "node:fs",
    output: "x",
    errors: "x",
    stats: "x",
    runtime: "bun",
    resume: true,
  };
  for (const [name, value] of Object.entries({ ...values, restart: true, range: "1..2", config: "x", explain: true })) {
    for (const files of [{ "pmap.config.json": { [name]: value } }, { "package.json": { pmap: { [name]: value } } }]) {
      const place = placeWith(files);
      const { code, stdout, stderr } = await run(place, ["-e", "_"]);
      assert.deepEqual([code, stdout], [2, ""], name);
      assert.match(stderr, new RegExp(`^pmap: Cannot use "${name}" of .*\n`), name);
      assert.equal(existsSync(join(place, "x")), false, name);
    }
  }
});

test("a file of --config may set what is written, and no code", async () => {
  const place = placeWith({ "mine.json": { output: "out.jsonl", onError: "skip" }, "code.json": { eval: "1" } });
  const { code, stdout, stderr } = await run(place, ["-q", "--config", "mine.json", "-e", "_ * 2"]);
  assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  assert.equal(existsSync(join(place, "out.jsonl")), true);
  assert.match(
    (await run(place, ["--config", "code.json", "-e", "_"])).stderr,
    /"eval" of code\.json: a file cannot set it/,
  );
  assert.match((await run(place, ["--config", "none.json", "-e", "_"])).stderr, /there is no such file\n$/);
});

test("a file of another user is not used", { skip: process.getuid?.() !== 0 }, async () => {
  const place = placeWith({ "pmap.config.json": { onError: "skip" } });
  chownSync(join(place, "pmap.config.json"), 12_345, 12_345);
  const { code, stderr } = await run(place, ["-e", "_ * 2"]);
  assert.equal(code, 1);
  // root's own files count for everybody; this one is neither root's nor ours.
  assert.match(stderr, /^pmap: warning: pmap\.config\.json is not used: it belongs to another user\n/);
});

test("mistakes in a file are wrong usage that names it", async () => {
  const wrong: [content: unknown, message: RegExp][] = [
    ["{ nope", /^pmap: Cannot use pmap\.config\.json: .*JSON/],
    ["[1]", /expected an object of options/],
    [{ onEror: "skip" }, /"onEror" of pmap\.config\.json: there is no such option\nDid you mean on-error\?/],
    [{ cores: "many" }, /--cores "many": .*\nIt stands in pmap\.config\.json/],
    [{ unordered: "no" }, /"unordered" of pmap\.config\.json: expected true or false/],
    [{ columns: { a: 1 } }, /"columns" of pmap\.config\.json: expected a string or an array of strings, not /],
    [{ limit: false }, /"limit" of pmap\.config\.json: expected a string or a number, not false/],
    [{ verbose: "no" }, /"verbose" of pmap\.config\.json: expected true or false, not "no"/],
  ];
  for (const [content, message] of wrong) {
    const { code, stderr } = await run(placeWith({ "pmap.config.json": content }), ["-e", "_"]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
});

test("a list in a file may be an array, whose names may have commas", async () => {
  const cwd = placeWith({ "pmap.config.json": { to: "csv", columns: ["a,b", "c"] } });
  const { stdout, stderr } = await runPmap(["-q", "-e", '({ "a,b": 1, c: 2 })'], { cwd, stdin: "0\n" });
  assert.equal(stdout, '"a,b",c\n1,2\n', stderr);
});

test("a package.json without pmap, or with another program's, is left alone", async () => {
  for (const content of [{ name: "pmap" }, { pmap: "1.0.0" }, '{ "pmap": broken', { scripts: { pmap: "x" } }]) {
    const { code, stdout, stderr } = await run(placeWith({ "package.json": content }), ["-e", "1", "--limit", "1"]);
    assert.deepEqual([code, stdout], [0, "1\n"], stderr);
    // Bun complains of a package.json that is broken.
    assert.doesNotMatch(stderr, /pmap:/);
  }
});

test("what is typed makes void what a script, PMAP_OPTIONS or a file says against it", async () => {
  const code = "export const options = { maxErrors: 5, unordered: true };\nexport default (n) => n;\n";
  const file = { maxErrors: 5, onError: "skip", errors: "rejects.jsonl" };
  const cwd = placeWith({ "s.mjs": code, "in.jsonl": "1\noops\n3\n", "c.json": file });
  const flags = ["-q", "--on-error", "fail"];
  for (const [args, options] of [
    [[...flags, "s.mjs"], ""],
    [[...flags, "-e", "_"], "--max-errors 5 --errors rejects.jsonl"],
    [[...flags, "--config", "c.json", "-e", "_"], ""],
  ] as const) {
    const { code: status, stderr } = await run(cwd, [...args, "in.jsonl"], options);
    assert.equal(status, 1, stderr);
    assert.match(stderr, /^pmap: in\.jsonl:2: Cannot parse the record/);
  }
  assert.equal(existsSync(join(cwd, "rejects.jsonl")), false);
  const told = await run(cwd, ["s.mjs", "in.jsonl"]);
  assert.equal(told.code, 2);
  assert.match(told.stderr, /\nSay --on-error skip\n--max-errors is set by "s\.mjs"\n$/);
  // An unordered output could not be resumed.
  const resumed = await run(cwd, ["-q", "--on-error", "skip", "--resume", "-o", "out", "s.mjs", "in.jsonl"]);
  assert.deepEqual([resumed.code, resumed.stderr], [0, ""]);
});
