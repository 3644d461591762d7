// JSON over any number of lines: elements of arrays and other values are records.
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { rejectsOf } from "../support/errors-file.ts";
import { runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const rows = Array.from({ length: 20_000 }, (_, i) => ({
  id: i,
  text: `[,]{"\\ ${i} é😀`,
  nested: { list: [i, [i]], n: 1 / (i + 1) },
}));
const jsonl = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const file = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content);
file("rows.jsonl", jsonl);
file("minified.json", JSON.stringify(rows));
file("pretty.json", JSON.stringify(rows, undefined, 2));
file("values.json", rows.map((row) => JSON.stringify(row, undefined, 1)).join(""));
file("two.json", `${JSON.stringify(rows.slice(0, 99))}\r\n${JSON.stringify(rows.slice(99), undefined, "\t")}`);
file("packed.json.gz", gzipSync(JSON.stringify(rows, undefined, 1)));
file("lines.json", jsonl);

for (const name of ["minified.json", "pretty.json", "values.json", "two.json", "packed.json.gz", "lines.json"]) {
  test(`${name} gives what the same records as JSON lines give, from a file and a pipe`, async () => {
    const { code, stdout, stderr } = await runPmap(["-c", "2", "-e", "_", name], { cwd: folder });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.ok(stdout === jsonl);
    const piped = await runShell(`cat ${name} | pmap -c 3 --from json -e 'async (r) => r'`, { cwd: folder });
    assert.deepEqual([piped.code, piped.stderr], [0, ""]);
    assert.ok(piped.stdout === jsonl);
  });
}

test("a float sum has the same bits at any number of cores, from a file and in drops", async () => {
  const job = ["-e", "_.nested.n", "--reduce", "(a, b) => a + b", "pretty.json"];
  const one = await runPmap(["-c", "1", ...job], { cwd: folder });
  assert.equal((await runPmap(["-c", "3", ...job], { cwd: folder })).stdout, one.stdout);
  const drops = "dd if=pretty.json bs=777 status=none | pmap --from json -e _.nested.n --reduce '(a, b) => a + b'";
  assert.equal((await runShell(drops, { cwd: folder })).stdout, one.stdout);
});

test("-v says which of the two a .json is, and why", async () => {
  const lines = await runPmap(["-v", "--limit", "1", "-e", "_.id", "lines.json"], { cwd: folder });
  assert.match(lines.stderr, /input format: jsonl, by the first lines of lines\.json/);
  const array = await runPmap(["-v", "--limit", "1", "-e", "_.id", "pretty.json"], { cwd: folder });
  assert.match(array.stderr, /input format: json, by the name of pretty\.json/);
});

test("an element that is no JSON is one bad record, and a file that is cut off an error behind the others", async () => {
  file("bad.json", '[{"a":1}, {bad}, {"a":3},\n4 4, "x"]');
  const skipped = await runPmap(["--on-error", "skip", "-q", "-e", "_", "bad.json"], { cwd: folder });
  assert.deepEqual([skipped.code, skipped.stdout], [0, '{"a":1}\n{"a":3}\n"x"\n']);
  const failed = await runPmap(["-e", "_", "bad.json"], { cwd: folder });
  assert.match(failed.stderr, /^pmap: bad\.json:\d+: Cannot parse the record/);
  file("cut.json", '[{"a":1},\n{"a":2},{"a"');
  const cut = await runPmap(["-e", "_", "cut.json"], { cwd: folder });
  assert.deepEqual([cut.code, cut.stdout], [1, '{"a":1}\n{"a":2}\n']);
  assert.equal(cut.stderr, 'pmap: Cannot read "cut.json": it ends inside a value that begins at byte 18\n');
  await runPmap(["-e", "_", "cut.json", "-o", "cut.out"], { cwd: folder });
  assert.equal(existsSync(join(folder, "cut.out")), false);
});

for (const text of ["[1,2,3]", " [ 1 ,\n2\n, 3\n]\n", "1\n\n\n2 3", "[1][2][3]", "[]\n[1]2\n\n[3]", "\ufeff[1,2,3]"]) {
  test(`the line of a record is its number: ${JSON.stringify(text)}`, async () => {
    const args = ["--from", "json", "--on-error", "skip", "-q", "--errors", "numbers", "-e", "(r) => { throw r; }"];
    const { code, stderr } = await runPmap(args, { cwd: folder, stdin: text });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual(
      rejectsOf(join(folder, "numbers")).map(({ line, message }) => `${line} ${message}`),
      ["1 map threw 1", "2 map threw 2", "3 map threw 3"],
    );
  });
}

test("where there is only a filter, an element keeps its numbers, and not the space around it", async () => {
  const stdin = '[ {"id":12345678901234567890} ,\n  {"id": 1.50}\n]';
  const { stdout, stderr } = await runPmap(["--from", "json", "--filter", "true"], { cwd: folder, stdin });
  assert.deepEqual([stdout, stderr], ['{"id":12345678901234567890}\n{"id": 1.50}\n', ""]);
});

test("--resume of what is read as one stream is refused, and says what to do", async () => {
  const { code, stderr } = await runPmap(["-e", "_", "pretty.json", "-o", "out", "--resume"], { cwd: folder });
  assert.equal(code, 2);
  assert.match(
    stderr,
    /Cannot resume "out": its input is decompressed, or taken apart, .*\nSave it to a file first: JSON lines or CSV, not compressed\n/,
  );
});

test("an array and JSON lines side by side are read as what both are", async () => {
  const { code, stdout, stderr } = await runPmap(["-e", "_.id", "rows.jsonl", "minified.json"], { cwd: folder });
  assert.deepEqual([code, stderr], [0, ""]);
  const ids = rows.map(({ id }) => `${id}\n`).join("");
  assert.ok(stdout === ids + ids);
});
