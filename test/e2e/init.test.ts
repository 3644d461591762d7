// pmap peek and pmap init: what a newcomer types first, on data of any format.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const root = fileURLToPath(new URL("../..", import.meta.url));

const CSV = 'id,name,kind\n1,"Ada, Countess",a\n2,"two\nlines",b\n';
writeFileSync(join(folder, "rows.csv"), CSV);
writeFileSync(join(folder, "rows.tsv"), "a\tb\n1\tx y\n");
writeFileSync(join(folder, "rows.jsonl.gz"), gzipSync('{"a":1}\n{"a":2,"b":[]}\n'));
writeFileSync(join(folder, "rows.csv.br"), brotliCompressSync(CSV));
writeFileSync(join(folder, "all.json"), '{"type":"all","items":[{"a":1},{"a":"x"}]}');
writeFileSync(join(folder, "lines.txt"), "one\ntwo\n");
writeFileSync(join(folder, "utf16.csv"), Buffer.from("\ufeffid,ä\n1,ö\n", "utf16le"));
writeFileSync(join(folder, "bad.jsonl"), '{"a":1}\noops\n{"a":2}\n');
writeFileSync(join(folder, "none.jsonl"), "");

async function peek(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await runPmap(["peek", ...words], { cwd: folder });
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout;
}

test("peek shows the first records, the format and why, and their type", async () => {
  const text = await peek("rows.csv");
  assert.equal(
    text,
    `rows.csv: csv, by the name of rows.csv

{"id":"1","name":"Ada, Countess","kind":"a"}
{"id":"2","name":"two\\nlines","kind":"b"}

interface Row {
  id: string;
  name: string;
  kind: string;
}

This is the type of all 2 records of rows.csv.

A script of this type: pmap init script.ts --like rows.csv
`,
  );
});

const TYPES: [words: string[], type: string][] = [
  [["rows.csv", "--types", "auto"], "id: number;"],
  [["rows.csv", "--columns", "kind"], "interface Row {\n  kind: string;\n}"],
  [["rows.csv.br"], "interface Row {\n  id: string;\n  name: string;\n  kind: string;\n}"],
  [["rows.tsv"], "interface Row {\n  a: string;\n  b: string;\n}"],
  [["rows.jsonl.gz"], "interface Row {\n  a: number;\n  b?: unknown[];\n}"],
  [["all.json"], "items: {\n    a: string | number;\n  }[];"],
  [["all.json", "--records-at", "items"], "interface Row {\n  a: string | number;\n}"],
  [["lines.txt"], "type Row = string;"],
  [["lines.txt", "--from", "bytes"], "type Row = Uint8Array;"],
  [["lines.txt", "--from", "file"], "path: string;\n  size: number;\n  mtime: string;"],
  [["utf16.csv", "--encoding", "utf-16"], "id: string;\n  ä: string;"],
];
for (const [words, type] of TYPES) {
  test(`peek ${words.join(" ")} finds the type`, async () => {
    const text = await peek(...words);
    assert.ok(text.includes(type), text);
  });
}

test("peek shows as many records as --limit says, of stdin too", async () => {
  const { stdout } = await runPmap(["peek", "--limit", "1", "-"], { stdin: "1\n2\n", cwd: folder });
  assert.match(
    stdout,
    /^stdin: jsonl, the default\n\n1\n\ntype Row = number;\n\nThis is the type of all 2 records of stdin/,
  );
});

test("peek tells of records that cannot be read, and of data of another format", async () => {
  assert.match(await peek("bad.jsonl"), /all 2 records of bad.jsonl; 1 more cannot be read, the first in line 2: /);
  const { code, stderr } = await runPmap(["peek", "lines.txt", "--from", "jsonl"], { cwd: folder });
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^pmap: Cannot read "lines.txt" as jsonl, as --from says: line 1: .*\nSay what it is with --from\n$/,
  );
  assert.match(await peek("none.jsonl"), /^none.jsonl: jsonl, the default; it has no records\n$/);
});

test("a sample is a bounded read, also of what never ends", async () => {
  // What yes prints is cut in the middle of a line, or waits in a pipe for ever.
  const endless = await runShell(`yes '{"a":1}' | pmap peek -`, { cwd: folder });
  assert.match(endless.stdout, /the type of the first 1,000 records of stdin/);
  const silent = await runShell(`{ printf '1\\n'; tail -f /dev/null --pid=$$; } | pmap peek - | head -1; kill $$`, {
    cwd: folder,
  });
  assert.equal(silent.stdout, "stdin: jsonl, the default\n");
  const { code, stderr } = await runPmap(["peek", "/dev/zero"], { cwd: folder });
  assert.equal(code, 2);
  assert.match(stderr, /its first record does not end within 16 MiB\nIs it of another format/);
});

test("the last record of a sample is whole, in CSV too", async () => {
  const row = `1,"${"x\n".repeat(20_000)}"\n`;
  writeFileSync(join(folder, "long.csv"), `id,text\n${row.repeat(40)}`);
  assert.match(await peek("long.csv"), /the type of the first (2[0-9]|3[0-9]) records of long.csv\./);
});

test("init writes a script that runs, where pmap-cli is not installed", async () => {
  const place = join(folder, "fresh");
  mkdirSync(place);
  const { code, stdout, stderr } = await runPmap(["init"], { cwd: place });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(stdout, "Wrote script.ts. To run it:\n\n  pmap --limit 3 script.ts data.jsonl\n");
  const run = await runPmap(["-q", "script.ts"], { cwd: place, stdin: '{"a":1}\n' });
  assert.deepEqual(run, { code: 0, signal: null, stdout: '{"a":1}\n', stderr: "" });
});

test("init --like writes the type of the data, and what reads it", async () => {
  const { stdout } = await runPmap(["init", "odd.mts", "--like", "rows.csv", "--types", "auto", "--delimiter=,"], {
    cwd: folder,
  });
  assert.equal(stdout, "Wrote odd.mts. To run it:\n\n  pmap --limit 3 odd.mts rows.csv\n");
  const script = readFileSync(join(folder, "odd.mts"), "utf8");
  assert.ok(script.includes("interface Row {\n  id: number;\n  name: string;\n  kind: string;\n}\n"), script);
  assert.ok(script.includes('export const options = { delimiter: ",", types: "auto" };'), script);
  const run = await runPmap(["-q", "--limit", "1", "odd.mts", "rows.csv"], { cwd: folder });
  assert.equal(run.stdout, '{"id":1,"name":"Ada, Countess","kind":"a"}\n');
});

test("what init writes passes a strict tsc with the types of pmap-cli", async () => {
  const place = join(folder, "checked");
  mkdirSync(join(place, "node_modules"), { recursive: true });
  symlinkSync(root, join(place, "node_modules", "pmap-cli"));
  for (const [name, ...like] of [
    ["any.ts"],
    ["csv.ts", "--like", "../rows.csv"],
    ["gz.ts", "--like", "../rows.jsonl.gz"],
  ])
    assert.equal((await runPmap(["init", name as string, ...like], { cwd: place })).code, 0);
  const flags = [
    "--ignoreConfig",
    "--noEmit",
    "--strict",
    "--module",
    "nodenext",
    "--target",
    "esnext",
    "--skipLibCheck",
  ];
  const { status, stdout } = spawnSync(
    join(root, "node_modules/.bin/tsc"),
    [...flags, "--types", "", "any.ts", "csv.ts", "gz.ts"],
    { cwd: place, encoding: "utf8" },
  );
  assert.equal(status, 0, stdout);
});

test("init replaces no file, and says so", async () => {
  writeFileSync(join(folder, "mine.ts"), "mine");
  const { code, stdout, stderr } = await runPmap(["init", "mine.ts", "--like", "rows.csv"], { cwd: folder });
  const told = 'pmap: Cannot write "mine.ts": it is there already\nName another file, or remove it\n';
  assert.deepEqual([code, stdout, stderr], [2, "", told]);
  assert.equal(readFileSync(join(folder, "mine.ts"), "utf8"), "mine");
});

test("init - prints the script", async () => {
  const { stdout } = await runPmap(["init", "-", "--like=-"], { cwd: folder, stdin: '{"b":1}\n' });
  assert.match(stdout, /\ninterface Row \{\n {2}b: number;\n\}\n/);
  assert.equal(existsSync(join(folder, "-")), false);
});

test("what cannot be meant is wrong usage", async () => {
  const cases: [words: string[], told: RegExp][] = [
    [["init", "a.js"], /^pmap: Cannot write "a.js": init writes TypeScript\n/],
    [["init", "a.ts", "b.ts"], /^pmap: Cannot use "b.ts": init writes one file\n/],
    [["init", "a.ts", "--like"], /^pmap: Cannot use "--like": it needs a value: FILE\n/],
    [["init", "a.ts", "--from", "csv"], /^pmap: Cannot use flags for reading without --like/],
    [["init", "a.ts", "--like", "gone.csv"], /^pmap: Cannot read "gone.csv": there is no such file/],
    [["peek", "rows.csv", "-o", "x"], /^pmap: Cannot use --output with peek: it takes flags for reading/],
    [["peek", "rows.csv", "--range", "1..2"], /^pmap: Cannot use --range with peek/],
  ];
  for (const [words, told] of cases) {
    const { code, stderr } = await runPmap(words, { cwd: folder });
    assert.equal(code, 2, words.join(" "));
    assert.match(stderr, told);
  }
  assert.equal(existsSync(join(folder, "a.ts")), false);
});

test("the name of data cannot end the script's comment", async () => {
  const name = "x*/process.exit(7)//.csv";
  mkdirSync(join(folder, "x*", "process.exit(7)"), { recursive: true });
  writeFileSync(join(folder, "x*", "process.exit(7)", ".csv"), "a\n1\n");
  assert.equal(
    (await runPmap(["init", "named.ts", "--like", "x*/process.exit(7)//.csv"], { cwd: folder })).code,
    0,
    name,
  );
  const { code, stdout } = await runPmap(["-q", "named.ts"], { cwd: folder, stdin: "1\n" });
  assert.deepEqual([code, stdout], [0, "1\n"]);
});
