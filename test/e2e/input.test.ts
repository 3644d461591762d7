import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { type RunOptions, runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

// Inputs of every shape: files, streams, ranges, formats and their edges.

const folder = temporaryFolder();

/** A folder with these files. */
function withFiles(files: Readonly<Record<string, string | Uint8Array>>): { cwd: string } {
  const cwd = mkdtempSync(join(folder, "files-"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
  return { cwd };
}

async function assertPrints(args: readonly string[], wanted: string, options: RunOptions = {}) {
  const { code, stdout, stderr } = await runPmap(["-c", "2", ...args], options);
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: wanted, stderr: "" });
}

async function assertFails(args: readonly string[], wanted: RegExp, options: RunOptions = {}) {
  const { code, stdout, stderr } = await runPmap(["-c", "2", ...args], options);
  assert.match(stderr, wanted);
  assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
}

const place = "[_, ctx.offset]";
const edges: [edge: string, args: string[], content: string, wanted: string][] = [
  ["nothing", ["-e", "_"], "", ""],
  ["only a line end", ["-e", "_"], "\n", ""],
  ["only a byte order mark", ["-e", "_"], "\uFEFF", ""],
  ["a byte order mark", ["-e", place], "\uFEFF1\n2\n", "[1,3]\n[2,5]\n"],
  ["a byte order mark before an empty line", ["-e", place], "\uFEFF\n2\n", "[2,4]\n"],
  ["carriage returns", ["-e", place], "1\r\n2\r\n", "[1,0]\n[2,3]\n"],
  ["carriage returns and empty lines", ["-e", "_"], "1\r\n\r\n2\r\n\r\n", "1\n2\n"],
  ["empty lines", ["-e", place], "\n\n1\n\n\n2\n\n", "[1,2]\n[2,6]\n"],
  ["lines of white space", ["-e", "_"], "1\n \n\t\r\n2\n", "1\n2\n"],
  ["no last line end", ["-e", place], "1\n2", "[1,0]\n[2,2]\n"],
  ["no last line end after a carriage return", ["-e", "_"], "1\r\n2\r", "1\n2\n"],
  ["white space around records", ["-e", "_"], "  1 \n\t[2 ]\n", "1\n[2]\n"],
  ["values of every type", ["-e", "_"], 'null\ntrue\n0\n"a"\n[]\n{}\n', 'null\ntrue\n0\n"a"\n[]\n{}\n'],
  ["separators that are no line ends", ["-e", "_.length"], '"a\u2028\u2029\u0085b"\n', "5\n"],
  ["escaped lone surrogates", ["-e", "_.length"], '"\\ud800"\n', "1\n"],
  ["text", ["-f", "text", "-e", place], "a\n\nb", '["a",0]\n["",2]\n["b",3]\n'],
  ["text that ends with an empty line", ["-f", "text", "-e", "_"], "a\n\n", '"a"\n""\n'],
  ["text of carriage returns", ["-f", "text", "-e", place], "a\r\n\r\nb\rc\r\n", '["a",0]\n["",3]\n["b\\rc",5]\n'],
  ["text with a byte order mark", ["-f", "text", "-e", place], "\uFEFFa\n\uFEFFb\n", '["a",3]\n["\uFEFFb",5]\n'],
  ["records that end with NUL", ["-f", "nul", "-e", place], "a\nb\0\0c\0", '["a\\nb",0]\n["",4]\n["c",5]\n'],
  ["records between NULs", ["-f", "nul", "-e", "_"], "a\0b", '"a"\n"b"\n'],
  ["NUL in text", ["-f", "text", "-e", "_.length"], "a\0b\n", "3\n"],
  [
    "values to be text",
    ["-t", "text", "-e", "_"],
    '"a"\n1\n{"b":"c"}\nnull\n"d\\ne"\n',
    'a\n1\n{"b":"c"}\nnull\nd\ne\n',
  ],
  ["values to end with NUL", ["-t", "nul", "-e", "_"], '"a"\n1\n', "a\x001\0"],
  ["values to be one JSON array", ["-t", "json", "-e", "_"], '"a"\n1\n', '[\n"a",\n1\n]\n'],
  ["one value to be a JSON array", ["-t", "json", "-e", "_"], "1\n", "[\n1\n]\n"],
  ["no value to be a JSON array", ["-t", "json", "-e", "_"], "", "[]\n"],
  ["filtered values to be a JSON array", ["-t", "json", "--filter", "_ > 1"], "1\n2\n1\n", "[\n2\n]\n"],
  ["only filtered values to be a JSON array", ["-t", "json", "--filter", "false"], "1\n2\n", "[]\n"],
];

for (const [edge, args, content, wanted] of edges) {
  test(`${edge}: the same from a file, a redirected file and a pipe`, async () => {
    const options = withFiles({ in: content });
    const redirected = `pmap -c 2 ${args.map((arg) => `'${arg}'`).join(" ")} < in`;
    const [, , { code, stdout, stderr }] = await Promise.all([
      assertPrints([...args, "in"], wanted, options),
      assertPrints(args, wanted, { ...options, stdin: content }),
      runShell(redirected, options),
    ]);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: wanted, stderr: "" });
  });
}

test("a JSON array is whole when many workers print it, also into a file", async () => {
  const args = [
    "-c",
    "3",
    "--range",
    "1..30000",
    "--chunk",
    "1000",
    "-t",
    "json",
    "-e",
    "_ % 3 ? { n: _ } : undefined",
  ];
  const wanted = Array.from({ length: 30_000 }, (_, i) => ({ n: i + 1 })).filter(({ n }) => n % 3 !== 0);
  const line = `${["pmap", ...args.map((arg) => `'${arg}'`)].join(" ")}`;
  const results = await Promise.all([
    runPmap(args),
    runShell(`${line} -o array.json; cat array.json`, { cwd: folder }),
    runShell(`${line} > stdout.json; cat stdout.json`, { cwd: folder }),
  ]);
  for (const { code, stdout } of results) {
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), wanted);
  }
});

test("an output named .json is one array, or the one value of a reduce; --to wins", async () => {
  const cwd = mkdtempSync(join(folder, "named-"));
  const run = async (...args: string[]) => {
    assert.equal(
      (await runPmap(["-c", "2", "--range", "1..3", "-e", "_", ...args, "-o", "out.json"], { cwd })).code,
      0,
    );
    return readFileSync(join(cwd, "out.json"), "utf8");
  };
  const sum = ["--reduce", "(a, b) => a + b"];
  assert.equal(await run(), "[\n1,\n2,\n3\n]\n");
  assert.equal(await run("--key", "_ % 2", ...sum), '[\n{"key":0,"value":2},\n{"key":1,"value":4}\n]\n');
  assert.equal(await run(...sum), "6\n");
  assert.equal(await run("--to", "jsonl"), "1\n2\n3\n");
  const zipped = await runPmap(["--range", "1..2", "-e", "_", "-o", "out.json.gz"], { cwd });
  assert.equal(zipped.code, 0, zipped.stderr);
  assert.equal(gunzipSync(readFileSync(join(cwd, "out.json.gz"))).toString(), "[\n1,\n2\n]\n");
});

test("the first chunks of a JSON array may be empty", async () => {
  const args = ["--range", "1..3000", "--chunk", "100", "-t", "json", "--filter", "_ > 2998"];
  await assertPrints(args, "[\n2999,\n3000\n]\n");
});

test("text is read by the name of the file", async () => {
  const options = withFiles({ "a.txt": "x\ny\n", "b.log": "z" });
  await assertPrints(["-e", "_.toUpperCase()", "a.txt", "b.log"], '"X"\n"Y"\n"Z"\n', options);
});

test("--from, or the script, says what files of different names are", async () => {
  const options = withFiles({
    "a.txt": "1\n",
    "b.jsonl": "2\n",
    "map.mjs": 'export const options = { from: "text" };\nexport default (r) => r;\n',
  });
  await assertPrints(["-f", "jsonl", "-e", "_", "a.txt", "b.jsonl"], "1\n2\n", options);
  await assertPrints(["map.mjs", "a.txt", "b.jsonl"], '"1"\n"2"\n', options);
});

test("a record of nine megabytes is read from a file and a pipe", async () => {
  const long = JSON.stringify("ä".repeat(4_500_000));
  const content = `1\n${long}\n2\n`;
  const options = withFiles({ in: content });
  const args = ["-e", "_.length ?? _"];
  await Promise.all([
    assertPrints([...args, "in"], "1\n4500000\n2\n", options),
    assertPrints(args, "1\n4500000\n2\n", { stdin: content }),
  ]);
});

test("a record may batch many chunks", async () => {
  const content = `1\n"${"x".repeat(5000)}"\n2\n"${"y".repeat(700)}"\n`;
  const options = withFiles({ in: content });
  await assertPrints(["--chunk", "16", "-e", "_.length ?? _", "in"], "1\n5000\n2\n700\n", options);
});

test("chunks of any size give the same records", async () => {
  const content = Array.from({ length: 60 }, (_, i) => `${"1".repeat(1 + (i % 9))}${i % 7 ? "\n" : "\r\n\n"}`).join("");
  const options = withFiles({ in: content });
  const wanted = `${content.replaceAll("\r", "").split("\n").filter(Boolean).join("\n")}\n`;
  await Promise.all(
    ["1", "2", "3", "7", "64"].map((size) => assertPrints(["--chunk", size, "-e", "_", "in"], wanted, options)),
  );
});

test("bytes that are not UTF-8 fail in JSONL, with their line", async () => {
  const bytes = Buffer.concat([Buffer.from('1\n\n"ä"\n"'), Buffer.from([0xc3, 0x28]), Buffer.from('"\n2\n')]);
  const options = withFiles({ "in.jsonl": bytes });
  const [file, pipe] = await Promise.all([
    runPmap(["-c", "2", "-e", "_", "in.jsonl"], options),
    runPmap(["-c", "2", "-e", "_"], { stdin: bytes }),
  ]);
  assert.match(file.stderr, /^pmap: in\.jsonl:4: .*UTF-8/);
  assert.match(pipe.stderr, /^pmap: -:4: .*UTF-8/);
  assert.deepEqual([file.code, pipe.code], [1, 1]);
});

test("bytes that are not UTF-8 are U+FFFD in text, and offsets stay those of the file", async () => {
  const bytes = Buffer.concat([Buffer.from("a\n"), Buffer.from([0xff, 0xfe, 0x0a]), Buffer.from("b\n")]);
  await assertPrints(["-f", "text", "-e", place], '["a",0]\n["��",2]\n["b",5]\n', { stdin: bytes });
});

test("U+FFFD itself is no error", () => assertPrints(["-e", "_"], '"\uFFFD"\n', { stdin: '"\uFFFD"\n' }));

test("a record that is too long fails with its line, or is skipped alone", async () => {
  const content = `1\n2\n"${"x".repeat(3000)}"\n4\n`;
  const options = withFiles({ in: content });
  const args = ["--max-record", "1K", "-e", "_"];
  const [file, pipe, skippedFile, skippedPipe] = await Promise.all([
    runPmap([...args, "in"], options),
    runPmap(args, { stdin: content }),
    runPmap([...args, "--on-error", "skip", "in"], options),
    runPmap([...args, "--on-error", "skip"], { stdin: content }),
  ]);
  assert.match(file.stderr, /^pmap: in:3: .*1024 bytes/);
  assert.match(pipe.stderr, /^pmap: -:3: .*1024 bytes/);
  for (const { code, stdout } of [skippedFile, skippedPipe]) assert.deepEqual([code, stdout], [0, "1\n2\n4\n"]);
});

test("a record that is far too long is skipped in a stream and in a file, whatever the chunks", async () => {
  const content = `1\n"${"x".repeat(2_000_000)}"\n3\n"${"y".repeat(1_000_000)}"`;
  const options = withFiles({ in: content });
  const args = ["--max-record", "100K", "--on-error", "skip", "-e", "_", "-c", "2"];
  const results = await Promise.all([
    runPmap([...args, "in"], options),
    runPmap([...args, "--chunk", "1K", "in"], options),
    runPmap([...args, "--chunk", "4M", "in"], options),
    runPmap(args, { stdin: content }),
  ]);
  for (const { code, stdout, stderr } of results) {
    assert.deepEqual([code, stdout], [0, "1\n3\n"], stderr);
    assert.match(stderr, /2 rejected \(2 too-long\)/);
  }
});

test("a record that is exactly as long as allowed is read", async () => {
  const content = `"${"x".repeat(98)}"\n"${"y".repeat(98)}"`;
  const options = withFiles({ in: content });
  const args = ["--max-record", "100", "-e", "_.length"];
  await Promise.all([
    assertPrints([...args, "in"], "98\n98\n", options),
    assertPrints(args, "98\n98\n", { stdin: content }),
  ]);
});

test("two thousand files of one record are one stream in the order given", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 2000 }, (_, i) => [`${String(i).padStart(4, "0")}.jsonl`, `${i}`]),
  );
  const options = withFiles(files);
  const wanted = Array.from({ length: 2000 }, (_, i) => `[${i},"${String(i).padStart(4, "0")}.jsonl"]\n`).join("");
  await Promise.all([
    assertPrints(["-e", "[_, ctx.source]", ...Object.keys(files)], wanted, options),
    assertPrints(["-e", "[_, ctx.source]", "*.jsonl"], wanted, options),
  ]);
});

test("empty files between others change nothing", async () => {
  const options = withFiles({ a: "", b: "1\n2", c: "", d: "\n\n", e: "3", f: "" });
  await assertPrints(["-e", "_", "a", "b", "c", "d", "e", "f"], "1\n2\n3\n", options);
});

test("a file may be read twice", async () => {
  await assertPrints(["-e", "_", "a", "a"], "1\n2\n1\n2\n", withFiles({ a: "1\n2" }));
});

test("stdin stands where - stands", async () => {
  const options = { ...withFiles({ a: "1\n2", b: "5" }), stdin: "3\n4" };
  await assertPrints(
    ["-e", "[_, ctx.source]", "a", "-", "b"],
    '[1,"a"]\n[2,"a"]\n[3,"-"]\n[4,"-"]\n[5,"b"]\n',
    options,
  );
});

test("a glob in quotes is every file that matches, in order; a file of that name comes first", async () => {
  const options = withFiles({ "b.jsonl": "2", "a.jsonl": "1", "c.txt": "3", "[x].jsonl": "4" });
  await assertPrints(["-e", "_", "?.jsonl"], "1\n2\n", options);
  await assertPrints(["-e", "_", "[x].jsonl"], "4\n", options);
  await assertPrints(["-e", "_", "{b,a}.jsonl"], "1\n2\n", options);
  await assertFails(["-e", "_", "*.csv"], /^pmap: Cannot read "\*\.csv": no file matches\n/, options);
});

test("a folder as input is an error that says so", async () => {
  mkdirSync(join(folder, "sub"), { recursive: true });
  await assertFails(["-e", "_", "sub"], /^pmap: Cannot read "sub": it is a folder\n/, { cwd: folder });
});

test("an input that is not there is an error that names it", async () => {
  const options = withFiles({ a: "1\n" });
  await assertFails(
    ["-e", "_", "a", "missing.jsonl"],
    /^pmap: Cannot read "missing\.jsonl": there is no such file\n$/,
    options,
  );
  await assertFails(["-e", "_", "a/b"], /^pmap: Cannot read "a\/b": .+\n$/, options);
});

test("a FIFO is read like a pipe, with its name", async () => {
  const options = withFiles({});
  const line = `mkfifo fifo; { echo 1; echo 2; } > fifo & pmap -c 2 -e '[_, ctx.source]' fifo; wait`;
  const { code, stdout, stderr } = await runShell(line, options);
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '[1,"fifo"]\n[2,"fifo"]\n', stderr: "" });
});

test("a file between two FIFOs keeps its place", async () => {
  const line = `mkfifo one two; seq 1 3 > one & seq 6 7 > two & seq 4 5 > file; pmap -c 2 -e _ one file two; wait`;
  const { code, stdout, stderr } = await runShell(line, withFiles({}));
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "1\n2\n3\n4\n5\n6\n7\n", stderr: "" });
});

test("/dev/null is an empty input", () => assertPrints(["-e", "_", "/dev/null"], ""));

test("a name with spaces, signs and other letters is a file like any other", async () => {
  const options = withFiles({ "a b#c%20ö'.jsonl": "1\n" });
  await assertPrints(["-e", "[_, ctx.source]", "a b#c%20ö'.jsonl"], `[1,"a b#c%20ö'.jsonl"]\n`, options);
});

const ranges: [range: string, wanted: number[]][] = [
  ["1..5", [1, 2, 3, 4, 5]],
  ["3..1", [3, 2, 1]],
  ["5..5", [5]],
  ["0..1..0.25", [0, 0.25, 0.5, 0.75, 1]],
  ["0..1..0.1", Array.from({ length: 11 }, (_, i) => 0 + i * 0.1)],
  ["10..1..-3", [10, 7, 4, 1]],
  ["-2..2..2", [-2, 0, 2]],
  ["1..10..4", [1, 5, 9]],
  ["-1.5..-3..-0.5", [-1.5, -2, -2.5, -3]],
  ["1..5..-1", []],
  ["1e3..1002", [1000, 1001, 1002]],
];

for (const [range, wanted] of ranges) {
  test(`--range ${range} is ${wanted.length} numbers`, () =>
    assertPrints(["--range", range, "-e", "_"], wanted.map((number) => `${JSON.stringify(number)}\n`).join("")));
}

for (const from of ["csv", "file", "bytes", "text"])
  test(`a range is numbers, also with --from ${from}`, () =>
    assertPrints(["--range", "1..3", "--from", from, "-e", "_"], "1\n2\n3\n"));

test("a long range is the same on any number of workers", async () => {
  const wanted = Array.from({ length: 100_000 }, (_, i) => `${i * 0.5}\n`).join("");
  const results = await Promise.all(["1", "4"].map((n) => runPmap(["-c", n, "--range", "0..49999.5..0.5", "-e", "_"])));
  for (const { code, stdout } of results) {
    assert.equal(code, 0);
    assert.ok(stdout === wanted);
  }
});

for (const [limit, wanted] of [
  ["0", 0],
  ["1", 1],
  ["2999", 2999],
  ["5000", 5000],
  ["9000", 5000],
] as const) {
  test(`--limit ${limit} reads ${wanted} of 5000 records`, async () => {
    const all = Array.from({ length: 5000 }, (_, i) => i + 1);
    const content = all.map((n) => `${n}\n`).join("");
    const options = withFiles({ in: content });
    const output = all
      .slice(0, wanted)
      .map((n) => `${n}\n`)
      .join("");
    await Promise.all([
      assertPrints(["--limit", limit, "-e", "_", "in"], output, options),
      assertPrints(["--limit", limit, "-e", "_"], output, { stdin: content }),
      assertPrints(["--limit", limit, "-e", "_", "--range", "1..5000"], output),
    ]);
  });
}

test("--limit counts records before the filter and over files", async () => {
  const options = withFiles({ a: "1\n2\n3\n", b: "4\n5\n6\n" });
  await assertPrints(["--limit", "5", "--filter", "_ % 2 === 0", "-e", "_", "a", "b"], "2\n4\n", options);
});

test("--limit ends a stream that never ends", async () => {
  const { code, stdout } = await runShell("yes 1 | pmap -c 2 --limit 3 -e _; echo $?");
  assert.deepEqual({ code, stdout }, { code: 0, stdout: "1\n1\n1\n0\n" });
});

test("a record after the limit may be broken", async () => {
  await assertPrints(["--limit", "2", "-e", "_"], "1\n2\n", { stdin: "1\n2\n{\n" });
});

test("--from bytes hands a chunk of whole lines to the script", async () => {
  const content = Array.from({ length: 1000 }, (_, i) => `line ${i}\n`).join("");
  const options = withFiles({ in: content });
  const args = ["-f", "bytes", "--chunk", "100", "-t", "text", "-e", "new TextDecoder().decode(_).slice(0, -1)"];
  await assertPrints([...args, "in"], content, options);
});

test("a million brackets and half a megabyte of NULs are errors with their lines", async () => {
  const deep = `1\n${"[".repeat(1_000_000)}\n2\n`;
  const nuls = `1\n${"\0".repeat(500_000)}\n2\n`;
  for (const content of [deep, nuls]) {
    const { code, stdout, stderr } = await runPmap(["-c", "2", "--on-error", "skip", "-e", "_"], { stdin: content });
    assert.deepEqual([code, stdout], [0, "1\n2\n"], stderr);
    assert.match(stderr, /1 rejected \(1 parse\)/);
  }
});
