// What pmap says of typical mistakes: what failed, where, and what to do next.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runPmap, temporaryFolder, withoutDetails } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const rows = Array.from({ length: 200 }, (_, i) => ({ a: i + 1, url: `u${i + 1}` }));
const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
writeFileSync(join(folder, "rows.jsonl"), lines);
writeFileSync(join(folder, "array.json"), JSON.stringify(rows, undefined, 1));
writeFileSync(join(folder, "pretty.json"), JSON.stringify(rows[0], undefined, 1));
writeFileSync(join(folder, "cities.csv"), "id,name\n1,x\n");
writeFileSync(join(folder, "cities.tsv"), "id\tname\n1\tx\n");
writeFileSync(join(folder, "lines.txt"), lines);
writeFileSync(join(folder, "later.jsonl"), `${lines}hello\n`);

async function said(args: readonly string[], stdin = ""): Promise<{ code: number | null; stderr: string }> {
  const { code, stderr } = await runPmap(args, { cwd: folder, stdin });
  return { code, stderr };
}

const FORMATS: ReadonlyArray<[input: string, hint: string]> = [
  ["array.json", "array.json looks like one JSON array, not JSON lines\nAdd --from json\n"],
  ["pretty.json", "pretty.json looks like JSON over several lines, not JSON lines\nAdd --from json\n"],
];

for (const [input, hint] of FORMATS) {
  test(`an input of another format says what it is: ${input}`, async () => {
    const { code, stderr } = await said(["--from", "jsonl", "-e", "_", input]);
    assert.equal(code, 1);
    assert.equal(stderr.startsWith(`pmap: ${input}:1: Cannot parse the record: `), true, stderr);
    assert.equal(stderr.slice(stderr.indexOf("\n") + 1), hint);
  });
}

test("CSV that is read as JSON lines, or comes from stdin, names --from csv", async () => {
  const named = await said(["--from", "jsonl", "-e", "_", "cities.csv"]);
  assert.equal(named.stderr.slice(named.stderr.indexOf("\n") + 1), "cities.csv looks like CSV\nAdd --from csv\n");
  const piped = await said(["-e", "_"], "id,name\n1,x\n");
  assert.match(piped.stderr, /\nFor CSV add --from csv, for plain lines --from text\n$/);
  for (const file of ["cities.csv", "cities.tsv"])
    assert.deepEqual(await said(["-e", "_", file]), { code: 0, stderr: "" });
});

test("a column that is not there is told, with the nearest one", async () => {
  const { stderr } = await said(["-e", "_.nmae", "cities.csv"]);
  assert.match(stderr, /no record was emitted: .*\nRecords have no "nmae"\. Did you mean "name"\?\n$/);
});

test("plain lines on stdin name --from text, and only where the first line is wrong", async () => {
  const first = await said(["-e", "_"], "hello\n");
  assert.match(first.stderr, /^pmap: -:1: Cannot parse the record: .*\nFor plain lines add --from text\n$/);
  const later = await said(["-e", "_", "later.jsonl"]);
  assert.match(
    later.stderr,
    /^pmap: later\.jsonl:201: Cannot parse the record: [^\n]*\nTo go on without such records: --on-error skip [^\n]*\n$/,
  );
});

test("a line with a slip in it is not taken for another format", async () => {
  for (const line of ['{"a":1,}', "[1,2,,3]", '"open', "12,5", '{"a":1} {"a":2}']) {
    const { code, stderr } = await said(["-e", "_"], `${line}\n`);
    assert.equal(code, 1);
    assert.match(stderr, /^pmap: -:1: Cannot parse the record: [^\n]*\nTo go on without such records: [^\n]*\n$/, line);
  }
});

const CODE: ReadonlyArray<[code: string, message: string | RegExp]> = [
  ["", "pmap: Cannot compile -e: it is empty\n"],
  ["  ", "pmap: Cannot compile -e: it is empty\n"],
  ["_.", "pmap: Cannot compile -e: unexpected end of the expression\n  _.\n"],
  ["r => ({ a: r.a }", "pmap: Cannot compile -e: unexpected end of the expression\n  r => ({ a: r.a }\n"],
  ["_ +", "pmap: Cannot compile -e: unexpected end of the expression\n  _ +\n"],
  ["(await x)", /\n {2}\(await x\)\nawait needs an async function: -e 'async r => await \.\.\.'\n$/],
  ['await import("x")', /\n {2}await import\("x"\)\nawait needs an async function/],
  ["_ _", /^pmap: Cannot compile -e: [^\n]*_[^\n]*\n {2}_ _\n$/],
];

for (const [code, message] of CODE) {
  test(`code that does not compile: ${JSON.stringify(code)}`, async () => {
    const { code: exit, stderr } = await said(["-e", code, "rows.jsonl"]);
    assert.equal(exit, 1);
    if (typeof message === "string") assert.equal(stderr, message);
    else assert.match(stderr, message);
    assert.doesNotMatch(stderr, /\$pmap/);
  });
}

test("a frame in code from the command line counts from the code's own first line", async () => {
  const one = await said(["-e", "r => r.x.y", "rows.jsonl"]);
  assert.match(withoutDetails(one.stderr), /\n {4}at \S+ \(-e:1:(9|10)\)\n$/);
  const two = await said(["-e", "r =>\n  r.x.y", "rows.jsonl"]);
  assert.match(withoutDetails(two.stderr), /\n {4}at \S+ \(-e:2:[567]\)\n$/);
  const filter = await said(["-e", "_", "--filter", "_.x.y", "rows.jsonl"]);
  assert.match(withoutDetails(filter.stderr), /\n {4}at \S+ \(--filter:1:\d\)\n$/);
});

const NOTHING: ReadonlyArray<[args: readonly string[], hint: string]> = [
  [["-e", "r => { a: r.a }"], "To return an object, put it in parentheses: r => ({ ... })"],
  [["-e", "r => { r.a }"], "A function body in braces needs a return"],
  [["-e", "r => r.urll"], 'Records have no "urll". Did you mean "url"?'],
  [["-e", "_.zzzzzz"], "The first record has: a, url"],
];

for (const [args, hint] of NOTHING) {
  test(`a map that gives nothing for every record is told of: ${args.join(" ")}`, async () => {
    const told = await said([...args, "rows.jsonl"]);
    assert.deepEqual(told, {
      code: 0,
      stderr: `pmap: warning: no record was emitted: -e gave nothing for any of them\n${hint}\n`,
    });
    assert.deepEqual(await said([...args, "-q", "rows.jsonl"]), { code: 0, stderr: "" });
  });
}

test("a key of strings names --from jsonl; a filter, a reduce or an empty input is told of no slip", async () => {
  assert.match(
    (await said(["-e", "_.a", "--from", "text", "lines.txt"])).stderr,
    /\nRecords are strings here\. For JSON lines add --from jsonl\n$/,
  );
  const quiet = { code: 0, stderr: "" };
  assert.deepEqual(await said(["-e", "_", "--filter", "false", "rows.jsonl"]), quiet);
  assert.deepEqual(await said(["-e", "_.x", "--reduce", "(a, b) => a"], ""), quiet);
  assert.deepEqual(await said(["-e", "_.x"], ""), quiet);
});

test("the summary and --max-errors tell of the first reject, and no control character of it reaches the terminal", async () => {
  const script = 'r => { if (r.a % 3 === 0) throw new Error("\\x1b[31mHTTP 503 for " + r.url + "\\r"); return r.a; }';
  const first = "  first: rows.jsonl:3: map threw Error: \\x1b[31mHTTP 503 for u3\\x0d\n";
  const skipped = await said(["-e", script, "--on-error", "skip", "rows.jsonl"]);
  assert.equal(skipped.code, 0);
  assert.equal(skipped.stderr.slice(skipped.stderr.indexOf("\n") + 1), `${first}  See them with --errors FILE\n`);
  const kept = await said(["-e", script, "--on-error", "skip", "--errors", "rejects", "rows.jsonl"]);
  assert.ok(
    kept.stderr
      .slice(kept.stderr.indexOf("\n") + 1)
      .startsWith(`${first}  Map them again with: pmap --from rejects -e '`),
  );
  const many = await said(["-e", script, "--on-error", "skip", "--max-errors", "7", "--errors", "many", "rows.jsonl"]);
  assert.equal(many.code, 1);
  // The one that is too many is told, and none behind it.
  assert.equal(readFileSync(join(folder, "many"), "utf8").trimEnd().split("\n").length, 8);
  assert.match(many.stderr, /^pmap: Too many rejects: 8, and --max-errors allows 7\n/);
  assert.equal(many.stderr.endsWith(`\n${first}`), true, many.stderr);
  const failed = await said(["-e", script, "rows.jsonl"]);
  assert.equal(failed.stderr.split("\n")[0], "pmap: rows.jsonl:3: map threw Error: \\x1b[31mHTTP 503 for u3\\x0d");
});

test("no control character of a name or of what a script throws as it starts reaches the terminal", async () => {
  const missing = await said(["no\u001b[31m.ts", "rows.jsonl"]);
  assert.deepEqual(missing, { code: 2, stderr: 'pmap: Cannot load "no\\x1b[31m.ts": there is no such file\n' });
  writeFileSync(
    join(folder, "setup.mjs"),
    'export const setup = () => { throw new Error("a\\u0007b\\rc"); };\nexport default (r) => r;\n',
  );
  const setup = await said(["setup.mjs", "rows.jsonl"]);
  assert.equal(setup.stderr.split("\n")[0], "pmap: setup threw Error: a\\x07b\\x0dc");
});

test("a require in code from the command line names -M, in a script import", async () => {
  const code = await said(["-e", '(r) => require("fs")', "rows.jsonl"]);
  const [first, hint] = code.stderr.split("\n");
  assert.equal(first, "pmap: rows.jsonl:1: map threw ReferenceError: require is not defined");
  assert.equal(hint, "Code from the command line gets a module with -M NAME");
});

test("an export whose name is nearly one with a meaning is told of; others are the script's own", async () => {
  writeFileSync(join(folder, "typing.mjs"), "export const map = (r) => r.a;\nexport const reduc = (a, b) => a + b;\n");
  writeFileSync(join(folder, "kye.mjs"), "export const kye = (r) => r;\nexport const reduce = (a, b) => b;\n");
  writeFileSync(join(folder, "own.mjs"), "export const keys = [], filters = [];\nexport default (r) => r.a;\n");
  const says = (script: string, name: string, meant: string) =>
    `pmap: warning: "${script}" exports "${name}", which has no meaning here and is not used\nDid you mean ${meant}?\n`;
  assert.deepEqual(await said(["typing.mjs", "rows.jsonl"]), {
    code: 0,
    stderr: says("typing.mjs", "reduc", "reduce"),
  });
  assert.deepEqual(await said(["kye.mjs", "rows.jsonl"]), { code: 0, stderr: says("kye.mjs", "kye", "key") });
  const own = await said(["own.mjs", "rows.jsonl"]);
  assert.deepEqual(own, { code: 0, stderr: says("own.mjs", "filters", "filter") });
});

for (const [args, says] of [
  [["app.log"], "jsonl, by the first line of app.log"],
  [["lines.text.log"], "text, by the name of lines.text.log"],
  [["--from", "text", "rows.jsonl"], "text, as --from says"],
  [["rows.jsonl"], "jsonl, the default"],
] as const) {
  test(`-v and --explain name the format of the input, and why: ${args.join(" ")}`, async () => {
    writeFileSync(join(folder, "app.log"), lines);
    writeFileSync(join(folder, "lines.text.log"), "GET /\nGET /a\n");
    const verbose = await said(["-v", "-e", "_", ...args]);
    assert.equal(verbose.stderr.split("\n")[1], `  input format: ${says}`);
    const explained = await said(["--explain", "-e", "_", ...args]);
    assert.equal(explained.stderr.split("\n")[0], `pmap: Input format: ${says}.`);
  });
}

const USAGE: ReadonlyArray<[args: readonly string[], message: string]> = [
  [
    ["--cores", "-e", "_"],
    'Cannot use "--cores": it needs a value: N, N%, +N or -N\nTo give it the text "-e", write --cores=-e',
  ],
  [
    ["-e", "_", "-c", "--unordered"],
    'Cannot use "-c": it needs a value: N, N%, +N or -N\nTo give it the text "--unordered", write --cores=--unordered',
  ],
  [
    ["-e", "_", "--max-memory", "10"],
    'Cannot use --max-memory "10": expected at least 16M: a worker needs that to start',
  ],
  [
    ["-e", "_", "--max-errors", "7"],
    "Cannot use --max-errors with --on-error fail: the first failure ends the job\nSay --on-error skip",
  ],
];

for (const [args, message] of USAGE) {
  test(`nothing is run: ${args.join(" ")}`, async () => {
    assert.deepEqual(await said([...args, "rows.jsonl"]), { code: 2, stderr: `pmap: ${message}\n` });
  });
}
