// -o x.parquet and --to parquet: the same file at any number of cores and from any input, which pmap and others read.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type * as Library from "../../api/index.ts";
import { readMetadata } from "../../core/formats/parquet/metadata.ts";
import { asFile } from "../support/parquet.ts";
import { runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

// As it is built: other tests add formats before they load the sources.
const { pmap } = (await import(new URL("../../dist/api/index.js", import.meta.url).href)) as typeof Library;
const folder = temporaryFolder();
const ROWS = 6000;
/** Rows of three and a half kilobytes: a row group holds about 2400. */
const rows = Array.from({ length: ROWS }, (_, i) => ({
  id: i,
  text: `${"x".repeat(3400)} ${i * 7919} é😀`,
  score: i % 5 === 0 ? null : Math.sin(i),
  whole: i % 2 === 0,
  tags: i % 3 === 0 ? [] : ["a", { b: i }],
}));
const jsonl = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
writeFileSync(join(folder, "in.jsonl"), jsonl);

async function run(args: readonly string[], code = 0): Promise<{ stdout: string; stderr: string }> {
  const result = await runPmap(args, { cwd: folder });
  assert.equal(result.code, code, result.stderr);
  return result;
}

async function write(args: readonly string[], name = "out.parquet"): Promise<Buffer> {
  const { stdout, stderr } = await run([...args, "-o", name]);
  assert.deepEqual([stdout, stderr], ["", ""]);
  return readFileSync(join(folder, name));
}

async function lines(path: string): Promise<unknown[]> {
  const { stdout } = await run(["-e", "_", path]);
  return stdout === ""
    ? []
    : stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
}

function typesOf(file: Uint8Array): string[] {
  const { schema } = readMetadata(asFile(new Uint8Array(file)));
  return schema
    .slice(1)
    .map(({ name, type, converted_type, repetition_type }) => `${name} ${converted_type ?? type} ${repetition_type}`);
}

test("the same file at any number of cores, from a file, a pipe and any chunk, in groups of one size", async () => {
  const whole = await write(["-c", "1", "-e", "_", "in.jsonl"], "one.parquet");
  const { row_groups } = readMetadata(asFile(new Uint8Array(whole)));
  assert.ok(row_groups.length > 2, `${row_groups.length} groups`);
  for (const args of [
    ["-c", "2"],
    ["-c", "8"],
    ["--chunk", "1K", "-c", "3"],
    ["--mode", "thread", "-c", "2"],
    ["--mode", "inline"],
    ["--unordered", "-c", "3"],
  ])
    assert.ok((await write([...args, "-e", "_", "in.jsonl"])).equals(whole), args.join(" "));
  assert.ok((await write(["-c", "2", "-e", "async (r) => r", "in.jsonl"])).equals(whole), "async");
  const piped = await runShell(
    "dd if=in.jsonl bs=7777 status=none | pmap -c 2 -e _ --to parquet > piped; pmap -e _ --to parquet in.jsonl | cat > pipe; pmap -e _ -t parquet in.jsonl 1<> rw",
    { cwd: folder },
  );
  assert.deepEqual([piped.code, piped.stderr], [0, ""]);
  for (const name of ["piped", "pipe", "rw"]) assert.ok(readFileSync(join(folder, name)).equals(whole), name);
});

test("each runtime writes the same file", async () => {
  const map =
    "({ n: _, d: _ / 7, zero: -0, text: `${_ % 9} é`, all: `text ${_}`, when: new Date(_ * 1000), big: 2n ** 60n + BigInt(_), j: [_], b: _ % 2 === 0 })";
  const file = await write(["--range", "1..5000", "-c", "2", "-e", map]);
  assert.equal(
    createHash("sha256").update(file).digest("hex"),
    "9d0fc4db4368b6bf8e11c812c66965068cda22b2397bacdc8c2f15292aef29be",
  );
});

test("pmap reads the rows as they were written; what is nested is its JSON", async () => {
  await write(["-c", "2", "-e", "_", "in.jsonl"], "back.parquet");
  const found = (await lines("back.parquet")) as { tags: string }[];
  assert.deepEqual(
    found.map((row) => ({ ...row, tags: JSON.parse(row.tags) })),
    rows,
  );
});

test("the first rows say the types of the columns, and all columns may be null", async () => {
  const file = await write(["-e", "_", "--limit", "10", "in.jsonl"]);
  assert.deepEqual(typesOf(file), [
    "id INT64 OPTIONAL",
    "text UTF8 OPTIONAL",
    "score DOUBLE OPTIONAL",
    "whole BOOLEAN OPTIONAL",
    "tags JSON OPTIONAL",
  ]);
  const mixed = await write([
    "--range",
    "1..4",
    "-e",
    "_ === 3 ? { n: 0.5, x: 'text', late: new Date(86400000) } : _ === 4 ? { n: null } : { n: _, x: _, big: 2n ** 62n }",
  ]);
  assert.deepEqual(typesOf(mixed), [
    "n DOUBLE OPTIONAL",
    "x JSON OPTIONAL",
    "big INT64 OPTIONAL",
    "late TIMESTAMP_MILLIS OPTIONAL",
  ]);
  assert.deepEqual(await lines("out.parquet"), [
    { n: 1, x: "1", big: "4611686018427387904", late: null },
    { n: 2, x: "2", big: "4611686018427387904", late: null },
    { n: 0.5, x: '"text"', big: null, late: "1970-01-02T00:00:00.000Z" },
    { n: null, x: null, big: null, late: null },
  ]);
});

const LATE = "({ id: _.id === 5000 ? 0.5 : _.id, text: _.text, ..._.id === 5500 && { more: 1 } })";

test("a later value that its column does not take is a failure of its record, with what to do", async () => {
  // Also where the value was printed before the columns were known: with the rows of the first group, or beside them.
  for (const how of [
    ["-c", "1"],
    ["-c", "3"],
    ["-c", "2", "--chunk", "64M"],
  ]) {
    const { stderr } = await run([...how, "-e", LATE, "in.jsonl", "-o", "late.parquet"], 1);
    assert.match(
      stderr,
      /^pmap: in\.jsonl:5001: Cannot print the value: "id" is 0\.5, and its column is int64: name another type with --schema 'id:double\?,\.\.\.'\n/,
    );
    assert.equal(existsSync(join(folder, "late.parquet")), false);
  }
  const fits = await write(["-e", LATE, "in.jsonl", "--schema", "id:double, text:string, more:int64?"]);
  assert.deepEqual(typesOf(fits), ["id DOUBLE REQUIRED", "text UTF8 REQUIRED", "more INT64 OPTIONAL"]);
});

test("with --on-error skip it is a reject, the same ones at any number of cores", async () => {
  const written: Buffer[] = [];
  for (const args of [
    ["-c", "1"],
    ["-c", "4"],
    ["-c", "1", "--chunk", "64M"],
    ["-c", "2", "--chunk", "4K"],
  ]) {
    await run([
      ...args,
      "-e",
      LATE,
      "in.jsonl",
      "-o",
      "skip.parquet",
      "--on-error",
      "skip",
      "--errors",
      "errors",
      "-q",
    ]);
    const entries = readFileSync(join(folder, "errors"), "utf8").trim().split("\n");
    assert.deepEqual(
      entries.map((entry) => JSON.parse(entry)).map(({ line, kind }) => [line, kind]),
      [
        [5001, "output"],
        [5501, "output"],
      ],
    );
    written.push(readFileSync(join(folder, "skip.parquet")));
  }
  assert.ok(written.every((file) => file.equals(written[0] as Buffer)));
  assert.equal((await lines("skip.parquet")).length, ROWS - 2);
});

test("--schema says types before the first row, and ... leaves the others to it", async () => {
  const args = ["--range", "1..3", "-e", "({ n: _, when: '2024-01-02T03:04:05Z', day: '2024-01-02', s: 'x' })"];
  const closed = await write([...args, "--schema", "day:date,when:timestamp?,n:int32,s:json"]);
  assert.deepEqual(typesOf(closed), [
    "day DATE REQUIRED",
    "when TIMESTAMP_MILLIS OPTIONAL",
    "n INT32 REQUIRED",
    "s JSON REQUIRED",
  ]);
  assert.deepEqual((await lines("out.parquet"))[2], {
    day: "2024-01-02",
    when: "2024-01-02T03:04:05.000Z",
    n: 3,
    s: '"x"',
  });
  const open = await write([...args, "--schema", "n:double,..."]);
  assert.deepEqual(typesOf(open), ["n DOUBLE REQUIRED", "when UTF8 OPTIONAL", "day UTF8 OPTIONAL", "s UTF8 OPTIONAL"]);
  const named = await write([...args, "--columns", "s,n,when,day,other"]);
  assert.deepEqual(typesOf(named)[4], "other JSON OPTIONAL");
  const { stderr } = await run([...args, "--columns", "n", "-o", "no.parquet"], 1);
  assert.match(
    stderr,
    /range:1: Cannot print the value: "when" is not among the columns of --columns: add it there, or leave it out of the value\n/,
  );
});

test("CSV without a map, --types auto, and Parquet to Parquet", async () => {
  writeFileSync(join(folder, "in.csv"), "id,name,score\n1,a,0.5\n2,,7\n");
  await write(["-e", "_", "--types", "auto", "in.csv"], "csv.parquet");
  assert.deepEqual(await lines("csv.parquet"), [
    { id: 1, name: "a", score: 0.5 },
    { id: 2, name: null, score: 7 },
  ]);
  await write(["--filter", "_.id === 2", "csv.parquet"], "again.parquet");
  assert.deepEqual(await lines("again.parquet"), [{ id: 2, name: null, score: 7 }]);
  assert.deepEqual(typesOf(readFileSync(join(folder, "again.parquet"))), [
    "id INT64 OPTIONAL",
    "name JSON OPTIONAL",
    "score INT64 OPTIONAL",
  ]);
});

test("the groups of a keyed reduce, and the one row of a reduce", async () => {
  const keyed = ["-e", "1", "--key", "_.id % 1000", "--reduce", "(a, b) => a + b", "in.jsonl"];
  const file = await write([...keyed, "-c", "1"], "keyed.parquet");
  assert.ok((await write([...keyed, "-c", "3"])).equals(file));
  const { stdout } = await run(keyed);
  assert.deepEqual(
    await lines("keyed.parquet"),
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  );
  const late = "(_, n) => ({ n: n === 5900 ? 0.5 : n, text: 'x'.repeat(5000) })";
  const misfit = ["-e", "1", "--key", "_.id", "--reduce", "(a, b) => a + b", "--finish", late, "in.jsonl"];
  assert.equal(
    (await run([...misfit, "-o", "misfit.parquet"], 1)).stderr,
    "pmap: Cannot write a row: \"n\" is 0.5, and its column is int64: name another type with --schema 'n:double?,...'\n",
  );
  await write(["-e", "({ n: 1 })", "--reduce", "(a, b) => ({ n: a.n + b.n })", "in.jsonl"], "sum.parquet");
  assert.deepEqual(await lines("sum.parquet"), [{ n: ROWS }]);
  const { stderr } = await run(["-e", "1", "--reduce", "(a, b) => a + b", "in.jsonl", "-o", "n.parquet"], 1);
  assert.match(stderr, /a row is an object, not a number/);
});

test("without rows there are the columns of a flag, or one line that says so", async () => {
  const none = ["--filter", "false", "in.jsonl"];
  assert.deepEqual(typesOf(await write([...none, "--schema", "a:int64,b:string?"])), [
    "a INT64 REQUIRED",
    "b UTF8 OPTIONAL",
  ]);
  assert.deepEqual(await lines("out.parquet"), []);
  assert.deepEqual(typesOf(await write([...none, "--columns", "a"])), ["a JSON OPTIONAL"]);
  const { stderr } = await run([...none, "-o", "none.parquet"], 1);
  assert.equal(
    stderr,
    'pmap: Cannot write "none.parquet": no row says what its columns are\nName them with --schema\n',
  );
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes("none")),
    [],
  );
});

test("what cannot be with Parquet is one line, before anything is run", async () => {
  for (const [args, says] of [
    [
      ["-o", "x.parquet.gz"],
      'Cannot write "x.parquet.gz": Parquet is compressed inside\nLet its name end with .parquet\n',
    ],
    [
      ["-o", "x.parquet", "--resume"],
      'Cannot resume "x.parquet": the list of its row groups is written last, so what is there is no Parquet\nStart it again without --resume\n',
    ],
    [
      ["--schema", "a:int64"],
      "Cannot use --schema with jsonl: it is for Parquet\nSay --from parquet, or --to parquet\n",
    ],
    [
      ["--to", "parquet", "--schema", "a"],
      'Cannot use --schema "a": "a" is no column with its type, such as id:int64 or name:string?\n',
    ],
    [
      ["--to", "parquet", "--schema", "a:int"],
      'Cannot use --schema "a:int": "int" is no type, but boolean, int32, int64, double, string, timestamp, date, json are\n',
    ],
    [["--to", "parquet", "--schema", "a:json,a:json"], 'Cannot use --schema "a:json,a:json": "a" is there twice\n'],
  ] as const) {
    const { stderr } = await run(["-e", "_", ...args, "in.jsonl"], 2);
    assert.equal(stderr, `pmap: ${says}`);
  }
  await write(["-e", "_", "--limit", "1", "in.jsonl"], "in.parquet");
  const { stderr } = await run(["-e", "_", "--schema", "a:int64", "in.parquet"], 2);
  assert.equal(
    stderr,
    "pmap: Cannot use --schema with --to jsonl: it is for Parquet that is written\nSay --to parquet\n",
  );
  const behind = await runShell("(echo before; pmap --range 1..2 -e '({ n: _ })' --to parquet) > behind", {
    cwd: folder,
  });
  // Elsewhere nothing tells how far a file has been written.
  if (process.platform === "linux")
    assert.match(behind.stderr, /^pmap: Cannot write Parquet to stdout: there is something in it already, /);
});

test("a program writes it to a file and to a stream, with the types by name", async () => {
  const made = { from: "jsonl", schema: { id: "int32", text: "string" }, cores: 2 } as const;
  const map = (r: { id: number; text: string }) => ({ id: r.id, text: r.text.slice(-8) });
  const input = join(folder, "in.jsonl");
  await pmap(map, input, made).writeTo(join(folder, "library.parquet"));
  const chunks: Uint8Array[] = [];
  const stream = new WritableStream<Uint8Array>({
    write(chunk) {
      chunks.push(chunk.slice());
    },
  });
  await pmap(map, input, made).writeTo(stream, { to: "parquet" });
  const file = readFileSync(join(folder, "library.parquet"));
  assert.ok(file.equals(Buffer.concat(chunks)));
  assert.deepEqual(typesOf(file), ["id INT32 REQUIRED", "text UTF8 REQUIRED"]);
});
