import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import {
  fixture,
  ownRuntime,
  pmapCommand,
  type Result,
  runPmap,
  runShell,
  temporaryFolder,
  withoutDetails,
} from "../support/run-pmap.ts";

// What goes wrong, and what the user is told: the place, the cause, the user's own frame, and nothing else.

const folder = temporaryFolder();

function withFiles(files: Readonly<Record<string, string | Uint8Array>>): { cwd: string } {
  const cwd = mkdtempSync(join(folder, "files-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), content);
  }
  return { cwd };
}

/** Lines of a job's only message, of which the first is the sentence and the others are the user's frames. */
function messageOf({ code, stderr }: Result): { sentence: string; frames: string[] } {
  assert.equal(code, 1, stderr);
  const [sentence = "", ...frames] = withoutDetails(stderr).trimEnd().split("\n");
  for (const frame of frames) {
    assert.match(frame, /^ {4}at /, stderr);
    assert.doesNotMatch(frame, /dist\/(core|cli|adapters|chunk)|node:|ext:|native/, stderr);
  }
  return { sentence, frames };
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `${from + i}\n`).join("");

const failures: [what: string, map: string, cause: RegExp][] = [
  ["a throw", "if (r === 1204) throw new TypeError('no such thing');", /^map threw TypeError: no such thing$/],
  [
    "a rejected promise",
    "return r === 1204 ? Promise.reject(new RangeError('far')) : r;",
    /^map threw RangeError: far$/,
  ],
  [
    "a late throw",
    "return r > 1200 ? Promise.resolve().then(() => { if (r === 1204) throw new Error('late'); }) : r;",
    /^map threw Error: late$/,
  ],
  ["an error without a message", "if (r === 1204) throw new Error();", /^map threw Error$/],
  ["a thrown string", "if (r === 1204) throw 'a string';", /^map threw a string$/],
  ["a thrown object", "if (r === 1204) throw { a: 1 };", /^map threw \{"a":1\}$/],
  ["a thrown null", "if (r === 1204) throw null;", /^map threw null$/],
  ["a thrown undefined", "if (r === 1204) throw undefined;", /^map threw undefined$/],
  ["a BigInt", "return r === 1204 ? { n: 1n } : r;", /^Cannot print the value: .*BigInt/],
  ["a cycle", "const o = { r }; if (r === 1204) o.o = o; return o;", /^Cannot print the value: .*(circular|cyclic)/i],
  [
    "a throwing getter",
    "return r === 1204 ? { get a() { throw new Error('got'); } } : r;",
    /^Cannot print the value: .*got/,
  ],
  [
    "a throwing toJSON",
    "return { toJSON() { if (r === 1204) throw new Error('json'); return r; } };",
    /^Cannot print the value: .*json/,
  ],
  [
    "a frozen error of another kind",
    "if (r === 1204) throw Object.freeze(Object.assign(new Error('cold'), { name: 'Cold' }));",
    /^map threw Cold: cold$/,
  ],
];

for (const [what, body, cause] of failures) {
  test(`${what} is one message with the record's line, from the second of two files and a pipe`, async () => {
    const options = withFiles({
      "map.mjs": `export default (r) => { ${body} return r; };\n`,
      "a.jsonl": numbers(1, 5),
      "in.jsonl": numbers(1, 3000),
    });
    const results = await Promise.all([
      runPmap(["-c", "2", "map.mjs"], { ...options, stdin: numbers(1, 3000) }),
      runPmap(["-c", "2", "map.mjs", "a.jsonl", "in.jsonl"], options),
    ]);
    const found = results.map((result) => messageOf(result).sentence);
    for (const [i, source] of ["-", "in.jsonl"].entries()) {
      const place = `pmap: ${source}:1204: `;
      assert.equal(found[i]?.slice(0, place.length), place);
      assert.match(found[i]?.slice(place.length) as string, cause);
    }
  });
}

test("what came before a failure stands on stdout", async () => {
  const options = withFiles({ in: numbers(1, 300_000) });
  const map = "_ === 290000 ? null.x : _";
  const results = await Promise.all([
    runPmap(["-c", "2", "-e", map, "in"], options),
    runShell(`pmap -c 2 -e '${map}' in > out; code=$?; cat out; exit $code`, options),
  ]);
  const before = numbers(1, 289_999);
  for (const result of results) {
    assert.equal(messageOf(result).sentence.slice(0, 16), "pmap: in:290000:");
    assert.ok(before.startsWith(result.stdout) && result.stdout.endsWith("\n"), "not the records before it");
  }
});

test("with -o nothing appears after a failure, and what was there stays", async () => {
  const options = withFiles({ in: numbers(1, 5000), "old.jsonl": "old\n" });
  const map = "_ === 4000 ? null.x : _";
  const results = await Promise.all(
    ["new.jsonl", "old.jsonl"].map((output) => runPmap(["-c", "2", "-e", map, "in", "-o", output], options)),
  );
  for (const result of results) assert.equal(messageOf(result).sentence.slice(0, 14), "pmap: in:4000:");
  assert.deepEqual(readdirSync(options.cwd).sort(), ["in", "old.jsonl"]);
  assert.equal(readFileSync(join(options.cwd, "old.jsonl"), "utf8"), "old\n");
});

test("the user's own frame has the lines of the TypeScript file", async () => {
  const options = { stdin: numbers(1, 5) };
  const results = await Promise.all([
    runPmap(["-c", "1", fixture("throws_at_line_9.ts")], options),
    runPmap(["-c", "1", "--mode", "thread", fixture("throws_at_line_9.ts")], options),
    runPmap(["-c", "1", "--mode", "inline", fixture("throws_at_line_9.ts")], options),
  ]);
  for (const result of results) {
    const { sentence, frames } = messageOf(result);
    assert.equal(sentence, "pmap: -:3: map threw TypeError: three");
    assert.match(frames[0] as string, /at (check|.*check).*throws_at_line_9\.ts:9:\d+/);
    // Bun makes a tail call of the second frame.
    if (ownRuntime !== "bun") assert.match(frames[1] as string, /throws_at_line_9\.ts:14:\d+/);
    assert.equal(frames.length, ownRuntime === "bun" ? 1 : 2);
  }
});

test("the frame of an asynchronous map has its TypeScript line", async () => {
  const { stderr, code } = await runPmap(["-c", "1", fixture("rejects_at_line_6.ts")], { stdin: numbers(1, 5) });
  assert.equal(code, 1);
  assert.match(stderr, /^pmap: -:3: map threw Error: three\n {4}at .*rejects_at_line_6\.ts:6:\d+/);
});

test("the frame of a script with an enum has its TypeScript line", async () => {
  const source =
    "enum Side {\n  Left = 3,\n}\nexport default function map(r: number) {\n  if (r === Side.Left) throw new Error('left');\n  return r;\n}\n";
  const result = await runPmap(["-c", "1", "map.ts"], { ...withFiles({ "map.ts": source }), stdin: numbers(1, 5) });
  const { sentence, frames } = messageOf(result);
  assert.equal(sentence, "pmap: -:3: map threw Error: left");
  assert.match(frames[0] as string, /map\.ts:5:\d+/);
});

test("a failure in -e names no file of pmap's", async () => {
  const result = await runPmap(["-c", "1", "-e", "_.a.b"], { stdin: '{"a":{}}\n{}\n' });
  assert.match(messageOf(result).sentence, /^pmap: -:2: map threw TypeError: /);
});

test("a filter that throws is named as such", async () => {
  const result = await runPmap(["-c", "1", "--filter", "_.a.b", "-e", "_"], { stdin: '{"a":{}}\n{}\n' });
  assert.match(messageOf(result).sentence, /^pmap: -:2: filter threw TypeError: /);
});

test("a generator that throws after a value emits nothing of its record", async () => {
  const map = "function* (r) { yield r; if (r === 3) throw new Error('three'); yield -r; }";
  const result = await runPmap(["-c", "1", "--on-error", "skip", "-e", map], { stdin: numbers(1, 4) });
  assert.deepEqual([result.code, result.stdout], [0, "1\n-1\n2\n-2\n4\n-4\n"]);
  const failed = await runPmap(["-c", "1", "-e", map], { stdin: numbers(1, 4) });
  assert.equal(messageOf(failed).sentence, "pmap: -:3: map threw Error: three");
});

const broken: [what: string, line: string][] = [
  ["half an object", '{"a":1'],
  ["two values on a line", "1 2"],
  ["a value and a comma", "1,"],
  ["two values and a comma", "1,2"],
  ["an open array", "[1"],
  ["a closing bracket", "1]"],
  ["a word", "undefined"],
  ["single quotes", "{'a':1}"],
  ["an open string", '"a'],
  ["a control character in a string", '"a\tb"'],
  ["a byte order mark in the middle", "\uFEFF1"],
];

for (const [what, line] of broken) {
  test(`${what} is bad JSON, with its line`, async () => {
    const content = `1\n\n3\r\n${line}\n5\n`;
    const options = withFiles({ in: content });
    const results = await Promise.all([
      runPmap(["-c", "2", "--chunk", "2", "-e", "_", "in"], options),
      runPmap(["-c", "2", "--on-error", "skip", "-e", "_"], { stdin: content }),
    ]);
    const [file, skipped] = results as [Result, Result];
    assert.match(messageOf(file).sentence, /^pmap: in:4: Cannot parse the record: ./);
    assert.deepEqual([skipped.code, skipped.stdout], [0, "1\n3\n5\n"]);
  });
}

test("lines whose faults make up for each other are all bad JSON", async () => {
  const content = '1\n[2\n3]\n"a\nb"\n{"a":\n4}\n5\n';
  const errors = join(folder, "make-up.jsonl");
  const { code, stdout } = await runPmap(["--on-error", "skip", "--errors", errors, "-e", "_"], { stdin: content });
  assert.deepEqual([code, stdout], [0, "1\n5\n"]);
  assert.deepEqual(
    readFileSync(errors, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).line),
    [2, 3, 4, 5, 6, 7],
  );
});

test("the first failure in input order is the one that is told", async () => {
  const map =
    "async r => { await new Promise((done) => setTimeout(done, r === 3 ? 200 : 0)); if (r % 3 === 0) throw r; return r; }";
  const results = await Promise.all([
    runPmap(["-c", "1", "--concurrency", "8", "--chunk", "100", "-e", map], { stdin: numbers(1, 30) }),
    runPmap(["-c", "2", "--chunk", "4", "-e", map, "in"], withFiles({ in: numbers(1, 30) })),
  ]);
  assert.equal(messageOf(results[0]).sentence, "pmap: -:3: map threw 3");
  assert.equal(messageOf(results[1]).sentence, "pmap: in:3: map threw 3");
});

const unusable: [what: string, name: string, source: string, wanted: RegExp][] = [
  [
    "exports nothing",
    "map.mjs",
    "export {};",
    /^Cannot use "map\.mjs": it exports nothing, but no default \(or map\), no filter and no reduce$/,
  ],
  [
    "exports something else",
    "map.mjs",
    "export const other = 1;\nexport const more = 2;",
    /^Cannot use "map\.mjs": it exports more, other, but no default/,
  ],
  [
    "exports a number",
    "map.mjs",
    "export default 5;",
    /^Cannot use "map\.mjs": its default export is a number, not a function$/,
  ],
  [
    "exports a map that is an object",
    "map.mjs",
    "export const map = {};",
    /^Cannot use "map\.mjs": its export "map" is an object, not a function$/,
  ],
  [
    "exports a filter that is a string",
    "map.mjs",
    "export default (r) => r;\nexport const filter = 'r';",
    /^Cannot use "map\.mjs": its export "filter" is a string, not a function$/,
  ],
  [
    "exports a key without a reduce",
    "map.mjs",
    "export default (r) => r;\nexport const key = (r) => r;",
    /^Cannot use "map\.mjs": it has a key, which needs a reduce$/,
  ],
  ["is CommonJS without a function", "map.cjs", "module.exports = { other: 1 };", /^Cannot use "map\.cjs": /],
  ["does not compile", "map.mjs", "export default (r => r;", /^Cannot load "map\.mjs": /],
  ["is TypeScript that does not compile", "map.ts", "export default (r: => r;", /^Cannot load "map\.ts": /],
  ["throws as it is loaded", "map.mjs", "throw new Error('not today');", /^Cannot load "map\.mjs": Error: not today$/],
  [
    "imports what is not there",
    "map.mjs",
    "import './missing.mjs';\nexport default (r) => r;",
    /^Cannot load "map\.mjs": .*missing\.mjs/,
  ],
  [
    "imports a package that is not there",
    "map.ts",
    "import 'no-such-package-of-pmap';\nexport default (r: number) => r;",
    /^Cannot load "map\.ts": .*no-such-package-of-pmap/,
  ],
  [
    "imports a name that is not there",
    "map.mjs",
    "import { nope } from 'node:path';\nexport default nope;",
    /^Cannot load "map\.mjs": .*nope/,
  ],
];

for (const [what, name, source, wanted] of unusable) {
  test(`a script that ${what} is an error before any record`, async () => {
    const options = withFiles({ [name]: `${source}\n` });
    const result = await runPmap(["-c", "2", name, "-o", "out"], { ...options, stdin: numbers(1, 3) });
    assert.equal(result.code, 1, result.stderr);
    const [sentence = "", ...rest] = result.stderr.split("\n");
    assert.equal(sentence.slice(0, 6), "pmap: ");
    assert.match(sentence.slice(6), wanted);
    assert.doesNotMatch(rest.join("\n"), /dist\/(core|cli|adapters|chunk)|node:internal|ext:/, result.stderr);
    assert.deepEqual(readdirSync(options.cwd), [name]);
  });
}

test("a script that is missing is an error that names it", async () => {
  const { code, stderr } = await runPmap(["missing.ts"], { cwd: folder, stdin: "1\n" });
  assert.deepEqual({ code, stderr }, { code: 2, stderr: 'pmap: Cannot load "missing.ts": there is no such file\n' });
});

test("a script that is a folder is an error that says so", async () => {
  mkdirSync(join(folder, "dir.ts"), { recursive: true });
  const { code, stderr } = await runPmap(["dir.ts"], { cwd: folder, stdin: "1\n" });
  assert.deepEqual({ code, stderr }, { code: 2, stderr: 'pmap: Cannot load "dir.ts": it is a folder, not a script\n' });
});

test("code that does not compile is shown", async () => {
  for (const args of [
    ["-e", "_ +"],
    ["-e", "_", "--filter", "=> 1"],
    ["--reduce", "(a, b", "-e", "_"],
  ]) {
    const { code, stdout, stderr } = await runPmap(args, { stdin: "1\n" });
    assert.notEqual(code, 0);
    assert.equal(stdout, "");
    assert.match(stderr, /^pmap: Cannot compile (-e|--filter|--reduce): .+\n/);
  }
});

test("a module of -M that is not there is an error that names it", async () => {
  const options = { cwd: folder, stdin: "1\n" };
  const { code, stderr } = await runPmap(["-M", "./no-such-module.mjs", "-e", "_"], options);
  assert.equal(code, 1);
  assert.match(stderr, /^pmap: Cannot import "\.\/no-such-module\.mjs" \(-M\): /);
});

const wrong: [args: string[], stderr: RegExp][] = [
  [["--core", "4", "-e", "_"], /Unknown flag "--core"\nDid you mean --cores\?\n$/],
  [["--unorderd", "-e", "_"], /Unknown flag "--unorderd"\nDid you mean --unordered\?\n$/],
  [["--no-such-flag-at-all", "-e", "_"], /Unknown flag "--no-such-flag-at-all"\nSee them all with: pmap help flags\n$/],
  [["-Z", "-e", "_"], /Unknown flag "-Z"/],
  [["-e"], /"-e": it needs a value: CODE/],
  [["-e", "_", "-e", "_"], /^pmap: Cannot use "-e" twice: there is one function for it\n/],
  [["--filter", "_", "--filter=_", "-e", "_"], /Cannot use "--filter=_" twice/],
  [["--keep-order", "--unordered", "-e", "_"], /Cannot use --keep-order with --unordered/],
  [["-e", "_", "--cores"], /"--cores": it needs a value: N, N%, \+N or -N/],
  [["-e", "_", "--cores", "x"], /--cores "x"/],
  [["-e", "_", "--cores", "0"], /--cores "0"/],
  [["-e", "_", "--cores", "1.5"], /--cores "1\.5"/],
  [["-e", "_", "--from", "yaml"], /--from "yaml": expected one of .*jsonl/],
  [["-e", "_", "--from", "jsnol"], /--from "jsnol": expected one of .*\nDid you mean jsonl\?\n$/],
  [["-e", "_", "--from", "ndjson"], /--from "ndjson": expected one of .*\nDid you mean jsonl\?\n$/],
  [["-e", "_", "--to", "yaml"], /--to "yaml"/],
  [["-e", "_", "--mode", "fork"], /--mode "fork": expected one of process, thread, inline/],
  [["-e", "_", "--runtime", "java"], /--runtime "java": expected one of node, deno, bun/],
  [["-e", "_", "--on-error", "ignore"], /--on-error "ignore"/],
  [["-e", "_", "--chunk", "big"], /--chunk "big": expected a size/],
  [["-e", "_", "--chunk", "0"], /--chunk "0"/],
  [["-e", "_", "--timeout", "5"], /--timeout "5": expected a duration/],
  [["-e", "_", "--limit", "-1"], /--limit "-1"/],
  [["-e", "_", "--limit", "1.5"], /--limit "1\.5"/],
  [["-e", "_", "--concurrency", "0"], /--concurrency "0"/],
  [["-e", "_", "--max-errors", "x"], /--max-errors "x"/],
  [["-e", "_", "--seed", "-1"], /--seed "-1"/],
  [["-e", "_", "--range", "1"], /--range "1"/],
  [["-e", "_", "--range", "1..x"], /--range "1\.\.x"/],
  [["-e", "_", "--range", "1..5..0"], /--range "1\.\.5\.\.0"/],
  [["-e", "_", "--range", "1..2..3..4"], /--range/],
  [["-e", "_", "--range", "1..5", "input.jsonl"], /"input\.jsonl" with --range/],
  [["-e", "_", "--unordered=yes"], /"--unordered=yes": --unordered takes no value/],
  [["-e", "_", "-M", "a-b=c-d"], /--module "a-b=c-d"/],
  [["-e", "_", "--errors", "e.jsonl", "--on-error", "fail"], /--errors/],
  [["data.jsonl"], /"data\.jsonl"/],
  [["-e", "_", "dta.jsonl"], /Cannot read "dta\.jsonl": there is no such file\nDid you mean "data\.jsonl"\?\n$/],
  [["hlep"], /Cannot load "hlep": there is no such file\nDid you mean "help"\?\n$/],
  [["-q"], /there is no script/],
  [["-e", "_", "a.txt", "b.jsonl"], /they differ\nSay it with --from/],
];

for (const [args, wanted] of wrong) {
  test(`pmap ${args.join(" ")} is wrong usage`, async () => {
    const options = withFiles({ "data.jsonl": "1\n", "a.txt": "1\n", "b.jsonl": "1\n" });
    const { code, stdout, stderr } = await runPmap(args, { ...options, stdin: "1\n" });
    assert.deepEqual({ code, stdout }, { code: 2, stdout: "" }, stderr);
    assert.match(stderr, /^pmap: /);
    assert.match(stderr, wanted);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });
}

test("an option that a script may not set is wrong usage", async () => {
  const options = withFiles({ "map.mjs": "export const options = { output: 'x' };\nexport default (r) => r;\n" });
  const { code, stderr } = await runPmap(["map.mjs"], { ...options, stdin: "1\n" });
  assert.equal(code, 2);
  assert.match(stderr, /^pmap: Cannot use the option "output" of "map\.mjs"/);
});

test("an option of a script that has another type, or is none, is wrong usage that names the script", async () => {
  for (const [code, says] of [
    ['ragged: "false"', 'the option "ragged" of "map\\.mjs": expected true or false, not "false"'],
    ['noHeader: "no"', 'the option "noHeader" of "map\\.mjs": expected true or false, not "no"'],
    ["limit: NaN", '"map\\.mjs": its option "limit" is NaN'],
    ['limit: "x"', '--limit "x": expected a whole number, 0 or more\\nIt stands in the options of "map\\.mjs"'],
  ] as const) {
    const options = withFiles({ "map.mjs": `export const options = { ${code} };\nexport default (r) => r;\n` });
    const { code: status, stdout, stderr } = await runPmap(["map.mjs"], { ...options, stdin: "1\n" });
    assert.deepEqual([status, stdout], [code.includes("NaN") ? 1 : 2, ""], stderr);
    assert.match(stderr, new RegExp(`^pmap: Cannot use ${says}`));
  }
});

test("a runtime that is not installed is wrong usage that says how to get it", async () => {
  // Deno brings a program of its own that is called node.
  const missing = { node: ["deno", "bun"], deno: ["bun"], bun: ["node", "deno"] }[ownRuntime];
  for (const name of missing) {
    const options = { env: { PATH: join(folder, "empty") }, stdin: "1\n" };
    const { code, stderr } = await runPmap(["--runtime", name, "-e", "_"], options);
    assert.equal(code, 2, stderr);
    assert.match(
      stderr,
      new RegExp(`^pmap: Cannot use --runtime ${name}: there is no "${name}" on the PATH\nInstall it `),
    );
  }
});

test("pmap works with an empty PATH", async () => {
  const { code, stdout, stderr } = await runPmap(["-c", "2", "-e", "_"], { env: { PATH: "" }, stdin: "1\n" });
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "1\n", stderr: "" });
});

test("--errors without --on-error skip is refused or means skip, and leaves no empty surprise", async () => {
  const options = withFiles({});
  const { code } = await runPmap(["--errors", "e.jsonl", "-e", "_"], { ...options, stdin: "1\n{\n2\n" });
  if (code === 0) assert.equal(readFileSync(join(options.cwd, "e.jsonl"), "utf8").trim().split("\n").length, 1);
  else assert.ok(code === 1 || code === 2);
});

test("the program can be run from anywhere", async () => {
  const { code, stdout } = await runPmap(["-e", "_"], { cwd: "/", stdin: "1\n" });
  assert.deepEqual([code, stdout], [0, "1\n"]);
  assert.ok(existsSync(pmapCommand.at(-1) as string));
});

test("pmap below a path with a space shows no frames of its own", () => {
  const [command, ...args] = pmapCommand;
  const main = args.at(-1) as string;
  const root = join(dirname(main), "..", "..");
  const home = join(folder, "a path with spaces");
  cpSync(join(root, "dist"), join(home, "dist"), { recursive: true });
  cpSync(join(root, "package.json"), join(home, "package.json"));
  symlinkSync(join(root, "node_modules"), join(home, "node_modules"));
  const script = join(folder, "throws_later.mjs");
  writeFileSync(script, 'export default async (r) => {\n  await r;\n  throw new Error("no");\n};\n');
  writeFileSync(join(folder, "one.jsonl"), "1\n");
  const moved = [...args.slice(0, -1), join(home, "dist/cli/main.js")];
  const { status, stderr } = spawnSync(command, [...moved, script, "one.jsonl"], { cwd: folder, encoding: "utf8" });
  assert.equal(status, 1);
  const [first, frame = "", ...more] = withoutDetails(stderr).trimEnd().split("\n");
  assert.equal(first, "pmap: one.jsonl:1: map threw Error: no");
  assert.match(frame, /^ {4}at .*throws_later\.mjs:3:/);
  assert.deepEqual(more, []);
});

test("a thrown value that throws when it is looked at fails its record, and no other", async () => {
  const hostile = "new Proxy({}, { get() { throw 1 } })";
  for (const [code, says] of [
    [`n => { if (n === 2) throw ${hostile}; return n; }`, /^map threw a value that throws when it is looked at$/],
    [`async n => { if (n === 2) throw ${hostile}; return n; }`, /^map threw a value that throws when it is looked at$/],
    ["n => n === 2 ? { toJSON() { throw null; } } : n", /^Cannot print the value: it threw null$/],
    [`n => n === 2 ? { toJSON() { throw ${hostile}; } } : n`, /^Cannot print the value: it threw a value that throws/],
  ] as const) {
    const options = { ...withFiles({}), stdin: "1\n2\n3\n" };
    const { code: exit, stdout } = await runPmap(
      ["-q", "-e", code, "--on-error", "skip", "--errors", "rejected"],
      options,
    );
    assert.deepEqual([exit, stdout], [0, "1\n3\n"]);
    const reject = JSON.parse(readFileSync(join(options.cwd, "rejected"), "utf8")) as { line: number; message: string };
    assert.equal(reject.line, 2);
    assert.match(reject.message, says);
  }
});

test("what comes before the first failure is printed, and nothing behind it", async () => {
  for (const code of ["_", "async (r) => r", "function* (r) { yield r; }"]) {
    const { code: exit, stdout } = await runPmap(["-e", code], { stdin: "1\n2\nx\n4\n" });
    assert.deepEqual([exit, stdout], [1, "1\n2\n"], code);
  }
  const many = Array.from({ length: 50_000 }, (_, i) => (i === 41_999 ? "oops\n" : `${i}\n`));
  const files = withFiles({ "in.jsonl": many.join("") });
  for (const line of ["pmap -e _ in.jsonl", "cat in.jsonl | pmap -c 3 -e _", "pmap -e _ in.jsonl > out; cat out"])
    assert.equal((await runShell(line, files)).stdout, many.slice(0, 41_999).join(""), line);
  const table = await runPmap(["--from", "csv", "--to", "csv", "-e", "r => r"], { stdin: "a\n1\n2,3\n4\n" });
  assert.equal(table.stdout, "a\n1\n");
  await runPmap(["-e", "_", "-o", "out.jsonl"], { ...files, stdin: "1\nx\n" });
  assert.equal(existsSync(join(files.cwd, "out.jsonl")), false);
});

test("a script that exits with 0 inside of pmap's own process is no success", async () => {
  const { code, stderr } = await runPmap(["--mode", "inline", "-e", "_ === 2 ? process.exit(0) : _"], {
    stdin: "1\n2\n3\n",
  });
  assert.equal(code, 1);
  assert.match(stderr, /^pmap: the script called process\.exit\(0\), which ends pmap itself with --mode inline\n/);
});

test("a result or a partial result that cannot be carried or printed says so", async () => {
  const cycle = "(() => { const a = {}; a.a = a; return a; })()";
  for (const [args, says] of [
    [["-e", "10n", "--reduce", "(a, b) => a + b"], /^pmap: Cannot print the result: .*BigInt/],
    [
      ["-e", "1", "--key", "1", "--reduce", "(a, b) => a + b", "--finish", "() => 10n"],
      /^pmap: Cannot print the result: /,
    ],
    [
      ["-e", cycle, "--reduce", "a => a"],
      /^pmap: Cannot carry a partial result: the accumulator holds itself, or more/,
    ],
    [
      ["-e", "({ get a() { throw 1; } })", "--reduce", "a => a"],
      /^pmap: Cannot carry a partial result: reading .* threw 1/,
    ],
    [["--key", "NaN", "-e", "1", "--reduce", "a => a"], /^pmap: -:1: Cannot group by NaN: [^\n]*\nTo go on/],
  ] as const) {
    const { code, stderr } = await runPmap(args, { stdin: "1\n2\n" });
    assert.equal(code, 1);
    assert.match(stderr, says);
  }
});
