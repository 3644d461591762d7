// Parquet in: the rows of row groups, by any number of workers, with all that a job of lines can do.
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { parquetMetadata, type SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import type * as Library from "../../api/index.ts";
import { madeRows, parquetFixture } from "../support/parquet.ts";
import { fileOfPages, firstPage, type TestPage } from "../support/parquet-pages.ts";
import { ownRuntime, runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

// As it is built: other tests add formats before they load the sources.
const { pmap } = (await import(new URL("../../dist/api/index.js", import.meta.url).href)) as typeof Library;
const folder = temporaryFolder();
const PAGES = parquetFixture("pages-v1");
const NESTED = parquetFixture("nested");

async function run(args: readonly string[], code = 0): Promise<{ stdout: string; stderr: string }> {
  const result = await runPmap(args, { cwd: folder });
  assert.equal(result.code, code, result.stderr);
  return result;
}

function lines(records: readonly unknown[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}

/** A file of this number of rows, in groups of another number. */
function numbersFile(name: string, rows: number, rowGroupSize: number): string {
  const path = join(folder, name);
  const ids = Array.from({ length: rows }, (_, i) => i);
  const data = ids.map((id) => `row ${id}`);
  const columnData = [
    { name: "id", data: ids, type: "INT32" as const },
    { name: "text", data, type: "STRING" as const },
  ];
  writeFileSync(path, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize })));
  return path;
}

/** What stands in the metadata is no metadata. */
function withoutSchema(whole: Uint8Array): Uint8Array {
  const bytes = whole.slice();
  const length = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8).getUint32(0, true);
  return bytes.fill(0xff, bytes.length - 8 - length, bytes.length - 8);
}

/** A byte of the metadata is another one, and with it the number of rows of the second row group is gone. */
function withoutRows(whole: Uint8Array): Uint8Array {
  const length = new DataView(whole.buffer, whole.byteOffset + whole.length - 8).getUint32(0, true);
  for (let at = whole.length - 8 - length; at < whole.length - 8; at++) {
    const bytes = whole.slice();
    bytes[at] = 0;
    if (lacksRows(bytes)) return bytes;
  }
  return assert.fail("no byte takes the number of rows away");
}

function lacksRows(bytes: Uint8Array): boolean {
  try {
    const { schema, row_groups } = parquetMetadata(bytes, { geoparquet: false });
    return schema.length > 1 && row_groups[1] !== undefined && row_groups[1].num_rows === undefined;
  } catch {
    return false;
  }
}

test("a file is found by its name, and rows keep their order at any number of cores", async () => {
  const expected = lines(madeRows(400));
  for (const cores of ["1", "3"]) {
    const { stdout } = await run(["-e", "_", "--cores", cores, PAGES, parquetFixture("pages-v2")]);
    assert.equal(stdout, expected + expected, `${cores} cores`);
  }
});

test("several files and globs are one input, in their order, and files without rows are passed by", async () => {
  const names = ["a-1", "a-2", "a-3"];
  mkdirSync(join(folder, "glob"), { recursive: true });
  for (const [i, name] of names.entries()) {
    const from = i === 1 ? parquetFixture("empty") : numbersFile(`${name}.parquet`, 50, 20);
    copyFileSync(from, join(folder, "glob", `${name}.parquet`));
  }
  const { stdout } = await run(["-e", "_.id", "--cores", "2", "glob/*.parquet"]);
  const ids = Array.from({ length: 50 }, (_, i) => i);
  assert.equal(stdout, lines([...ids, ...ids]));
});

test("a file whose name says nothing is found by its first bytes, and -v says so, with its row groups", async () => {
  copyFileSync(PAGES, join(folder, "no-name"));
  const { stdout, stderr } = await run(["-e", "_.id", "-v", "--limit", "2", "no-name"]);
  assert.equal(stdout, "0\n1\n");
  assert.match(
    stderr,
    /parquet, by the first bytes of no-name: 400 rows in 3 row groups, a worker decodes one at a time/,
  );
  const only = await run(["-e", "_", "-v", "--from", "parquet", NESTED]);
  assert.match(only.stderr, /as --from says: 4 rows in 1 row group, workers that share it each pass over its pages/);
});

test("a file without rows gives nothing, and a reduce its initial value", async () => {
  assert.equal((await run(["-e", "_", parquetFixture("empty")])).stdout, "");
  const reduce = ["--reduce", "(a, b) => a + b", "--initial", "0", "-e", "1"];
  assert.equal((await run([...reduce, parquetFixture("empty")])).stdout, "0\n");
});

test("--columns decodes those only; one that is not there is told with those that are", async () => {
  const { stdout } = await run(["-e", "Object.keys(_)", "--columns", "score,id", "--limit", "1", PAGES]);
  assert.equal(stdout, '["score","id"]\n');
  const { stderr } = await run(["-e", "_", "--columns", "id,nope", PAGES], 2);
  assert.match(stderr, /pages-v1\.parquet": it has no column "nope", but id, name, text, score, list, point\n$/);
  assert.match(
    (await run(["-e", "_", "--delimiter", ";", PAGES], 2)).stderr,
    /--delimiter with parquet: it is for CSV/,
  );
});

test("what is for text is refused", async () => {
  const { stderr } = await run(["-e", "_", "--encoding", "latin1", PAGES], 2);
  assert.equal(stderr, "pmap: Cannot use --encoding with parquet: it is for text\n");
});

test("a record that fails is told by its file and its row", async () => {
  const code = "r => { if (r.id === 250) throw new TypeError('no'); return r.id }";
  const { stderr } = await run(["-e", code, parquetFixture("pages-v2"), PAGES, "--cores", "3"], 1);
  assert.match(stderr, /pages-v2\.parquet:row 251: map threw TypeError: no\n/);
  const second = await run(
    ["-e", "(r, c) => { if (c.source.includes('v1') && r.id === 7) throw 1 }", parquetFixture("pages-v2"), PAGES],
    1,
  );
  assert.match(second.stderr, /pages-v1\.parquet:row 8: /);
});

test("rejects have the whole row as JSON, whatever the script did to it, and can be mapped again", async () => {
  const code = "r => { r.point = 0; r.list?.push(9); if (r.id % 100 === 25) throw new Error('no'); return r.id }";
  const args = ["--on-error", "skip", "--errors", "errors.jsonl", "--cores", "2", PAGES];
  await run(["-e", code, ...args]);
  const entries = readFileSync(join(folder, "errors.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const failed = madeRows(400).filter(({ id }) => (id as number) % 100 === 25);
  assert.deepEqual(
    entries.map(({ source, line, from, record }) => [source, line, from, JSON.parse(record)]),
    failed.map((row) => [PAGES, (row.id as number) + 1, "parquet", row]),
  );
  const again = await run(["-e", "_", "--from", "rejects", "errors.jsonl"]);
  assert.equal(again.stdout, lines(failed));
});

test("--limit ends within a row group, and --resume goes on there", async () => {
  const path = numbersFile("resume.parquet", 3000, 700);
  assert.equal(
    (await run(["-e", "_.id", "--limit", "703", path])).stdout,
    lines(Array.from({ length: 703 }, (_, i) => i)),
  );
  writeFileSync(
    join(folder, "fails.mjs"),
    `
    import { existsSync } from "node:fs";
    export default (r) => { if (r.id === 2000 && !existsSync("go-on")) throw new Error("not now"); return r.id; };
  `,
  );
  await run(["fails.mjs", path, "-o", "resumed.jsonl", "--cores", "2"], 1);
  writeFileSync(join(folder, "go-on"), "");
  await run(["fails.mjs", path, "-o", "resumed.jsonl", "--cores", "3", "--resume"]);
  assert.equal(readFileSync(join(folder, "resumed.jsonl"), "utf8"), lines(Array.from({ length: 3000 }, (_, i) => i)));
});

test("a fold of floats has the same bits at any number of cores, and keys are reduced once", async () => {
  const path = numbersFile("fold.parquet", 5000, 640);
  const fold = (cores: string) => run(["-e", "1 / (_.id + 1)", "--reduce", "(a, b) => a + b", "--cores", cores, path]);
  assert.equal((await fold("1")).stdout, (await fold("3")).stdout);
  const keyed = ["-e", "1", "--key", "r => r.id % 3", "--reduce", "(a, b) => a + b", "--cores", "3", path];
  assert.equal((await run(keyed)).stdout, '{"key":0,"value":1667}\n{"key":1,"value":1667}\n{"key":2,"value":1666}\n');
});

test("an asynchronous script keeps the order of rows", async () => {
  const path = numbersFile("async.parquet", 600, 250);
  const code = "async r => { await new Promise((go) => setTimeout(go, r.id % 3)); return r.id }";
  const { stdout } = await run(["-e", code, "--cores", "2", "--concurrency", "32", path]);
  assert.equal(stdout, lines(Array.from({ length: 600 }, (_, i) => i)));
});

test("slow rows of one row group are shared by workers", async () => {
  const path = numbersFile("slow.parquet", 400, 400);
  const code =
    "(r, c) => { const end = performance.now() + 3; while (performance.now() < end); return [r.id, c.worker] }";
  const { stdout } = await run(["-e", code, "--cores", "2", path]);
  const values = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as [number, number]);
  assert.deepEqual(
    values.map(([id]) => id),
    Array.from({ length: 400 }, (_, i) => i),
  );
  assert.equal(new Set(values.map(([, worker]) => worker)).size, 2);
});

test("what is no Parquet file is told in one line, before anything is run", async () => {
  const whole = new Uint8Array(readFileSync(PAGES));
  const bad: [name: string, bytes: Uint8Array, says: RegExp][] = [
    ["empty", new Uint8Array(0), /it is empty\n$/],
    ["short", whole.subarray(0, 7), /it is too short to be Parquet\n$/],
    ["cut", whole.subarray(0, 9000), /it is cut off: it does not end with PAR1\n$/],
    ["text", Buffer.from('{"a":1}\n{"a":2}\n'), /it is not Parquet: it does not begin with PAR1\n$/],
    ["encrypted", Buffer.concat([whole.subarray(0, -4), Buffer.from("PARE")]), /it is encrypted\n$/],
    ["footer", withoutSchema(whole), /its metadata cannot be read: .+\n$/],
    ["rows", withoutRows(whole), /its metadata is damaged: row group 2 has no valid num_rows\n$/],
  ];
  for (const [name, bytes, says] of bad) {
    const path = `bad-${name}.parquet`;
    writeFileSync(join(folder, path), bytes);
    const { stdout, stderr } = await run(["-e", "_", path], 2);
    assert.equal(stdout, "");
    assert.match(stderr, new RegExp(`^pmap: Cannot read "${path}": `));
    assert.match(stderr, says);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  }
});

test("pages without values, and names with dots, give the values that are stored, with --limit too", async () => {
  const elements: SchemaElement[] = [
    { name: "x", num_children: 1, converted_type: "LIST", repetition_type: "REQUIRED" },
    { name: "list", num_children: 1, repetition_type: "REPEATED" },
    { name: "element", type: "INT32", repetition_type: "REQUIRED" },
    { name: "s", num_children: 2, repetition_type: "REQUIRED" },
    { name: "a.b", type: "INT32", repetition_type: "REQUIRED" },
    { name: "a", num_children: 1, repetition_type: "REQUIRED" },
    { name: "b", type: "INT32", repetition_type: "REQUIRED" },
  ];
  const levels = { repetition: 1, definition: 1 };
  const pages: TestPage[] = [
    { repetition: [0, 1], definition: [1, 1], values: [1, 2] },
    { values: [] },
    { repetition: [1, 0], definition: [1, 1], values: [3, 4] },
  ];
  const list = { pages: pages.map((page) => firstPage(page, levels)), values: 4 };
  const numbers = (values: number[]) => ({
    pages: [firstPage({ values }, { repetition: 0, definition: 0 })],
    values: 2,
  });
  const bytes = fileOfPages({ elements, width: 2, rows: 2, chunks: [list, numbers([5, 6]), numbers([7, 8])] });
  writeFileSync(join(folder, "odd.parquet"), bytes);
  const expected = [
    { x: [1, 2, 3], s: { "a.b": 5, a: { b: 7 } } },
    { x: [4], s: { "a.b": 6, a: { b: 8 } } },
  ];
  assert.equal((await run(["-e", "_", "odd.parquet"])).stdout, lines(expected));
  assert.equal((await run(["-e", "_", "--limit", "1", "odd.parquet"])).stdout, lines(expected.slice(0, 1)));
});

test("a page that is damaged ends the job with its place, and what stands before it is written", async () => {
  const bytes = readFileSync(PAGES);
  // In the middle of the second row group: bytes of compressed pages.
  bytes.fill(0xff, 7500, 7900);
  writeFileSync(join(folder, "damaged.parquet"), bytes);
  const { stdout, stderr } = await run(["-e", "_.id", "--cores", "1", "damaged.parquet"], 1);
  assert.match(stderr, /^pmap: Cannot read "damaged\.parquet": row group 2, column "\w+": .+\n$/);
  assert.equal(stdout, lines(Array.from({ length: stdout.split("\n").length - 1 }, (_, i) => i)));
});

test("columns that are not wanted are not decoded", async () => {
  const columnData = [
    { name: "id", data: [1, 2, 3], type: "INT32" as const },
    { name: "text", data: ["spoilt", "spoilt", "spoilt"], type: "STRING" as const },
  ];
  const bytes = Buffer.from(parquetWriteBuffer({ columnData, codec: "SNAPPY", statistics: false }));
  bytes.fill(0xff, bytes.indexOf("spoilt") - 6, bytes.indexOf("spoilt") + 6);
  writeFileSync(join(folder, "spoilt.parquet"), bytes);
  assert.match((await run(["-e", "_", "spoilt.parquet"], 1)).stderr, /row group 1, column "text": /);
  assert.equal((await run(["-e", "_.id", "--columns", "id", "spoilt.parquet"])).stdout, "1\n2\n3\n");
});

test("a pipe and a URL cannot be read: the message says what to do", async () => {
  const piped = await runShell(`cat ${PAGES} | pmap -e _`);
  assert.equal(piped.code, 1);
  assert.match(
    piped.stderr,
    /^pmap: Cannot read stdin: it is Parquet, which is read from its end\nWrite it to a file, and name that\n$/,
  );
  const said = await runShell(`pmap -f parquet -e _ < ${PAGES}`);
  assert.equal(said.code, 2);
  assert.match(said.stderr, /Cannot read stdin with --from parquet: name files/);
  const { stderr } = await run(["-f", "parquet", "-e", "_", "http://localhost/x.parquet"], 2);
  assert.match(stderr, /x\.parquet" with --from parquet: it is not a file\nDownload it first\n$/);
});

test("peek, init, --dry-run and --explain know Parquet", async () => {
  const peek = await run(["peek", NESTED]);
  assert.match(peek.stdout, /nested\.parquet: parquet, by the name of/);
  assert.match(peek.stdout, /map: \{\n {4}a\?: number;/);
  await run(["init", "typed.ts", "--like", NESTED]);
  assert.match(readFileSync(join(folder, "typed.ts"), "utf8"), /struct: \{\n {4}id: number \| null;/);
  assert.match((await run(["--dry-run", "-e", "_", PAGES])).stderr, /400 rows in 3 row groups[\s\S]*of up to 1 row\n/);
  assert.match(
    (await run(["--explain", "-e", "_", PAGES])).stderr,
    /parquet, by the name of .*: 400 rows in 3 row groups/,
  );
});

test("the library reads it, by a path and with from", async () => {
  const script = { code: { map: "_.id" } };
  const inline = { mode: "inline" } as const;
  assert.deepEqual(await pmap(script, PAGES, { ...inline, limit: 3 }).toArray(), [0, 1, 2]);
  const { map } = { map: "Object.keys(_).length" };
  const two = pmap({ code: { map } }, PAGES, { ...inline, from: "parquet", columns: ["id", "list"], limit: 1 });
  assert.deepEqual(await two.toArray(), [2]);
  const stream = new Blob([readFileSync(PAGES)]).stream();
  await assert.rejects(pmap(script, stream, { ...inline, from: "parquet" }).toArray(), /it is not a file/);
});

test("--sandbox reads it", { skip: ownRuntime === "deno" ? false : "only Deno has a sandbox" }, async () => {
  const { stdout } = await run(["--sandbox", "-e", "_.id", "--limit", "3", PAGES]);
  assert.equal(stdout, "0\n1\n2\n");
});

test("the same records as JSON lines and as Parquet give the same output, whatever the row groups", async () => {
  const record = fc.record({
    id: fc.integer(),
    big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    text: fc.option(fc.string({ unit: "binary" })),
    score: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Object.is(n, -0))),
    flag: fc.option(fc.boolean()),
  });
  const property = fc.asyncProperty(
    fc.array(record, { minLength: 1, maxLength: 60 }),
    fc.integer({ min: 1, max: 30 }),
    fc.constantFrom("UNCOMPRESSED" as const, "SNAPPY" as const),
    async (records, rowGroupSize, codec) => {
      const of = <K extends keyof (typeof records)[number]>(name: K) => records.map((each) => each[name]);
      const columnData = [
        { name: "id", data: of("id"), type: "INT32" as const },
        { name: "big", data: of("big"), type: "INT64" as const },
        { name: "text", data: of("text"), type: "STRING" as const, nullable: true },
        { name: "score", data: of("score"), type: "DOUBLE" as const, nullable: true },
        { name: "flag", data: of("flag"), type: "BOOLEAN" as const, nullable: true },
      ];
      const path = join(folder, "property.parquet");
      writeFileSync(path, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize, codec })));
      const safe = (big: bigint) => (Number.isSafeInteger(Number(big)) ? Number(big) : String(big));
      const linesPath = join(folder, "property.jsonl");
      writeFileSync(linesPath, lines(records.map((each) => ({ ...each, big: safe(each.big) }))));
      const script = { code: { map: "({ ..._, at: typeof _.big })" } };
      const expected = await pmap(script, linesPath, { mode: "inline" }).toArray();
      for (const cores of [1, 3])
        assert.deepEqual(await pmap(script, path, { mode: "inline", cores }).toArray(), expected, `${cores} cores`);
    },
  );
  await fc.assert(property, { numRuns: 40 });
});
