// Of a long input only the fields are made that the script looks at: what is printed and what is refused stays the same.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const COUNT = 40_000;
/** About 22 MB: a worker looks at the script when it has read 16 MiB. */
const lines = Array.from({ length: COUNT }, (_, id) =>
  JSON.stringify({ id, text: `é京🚀 ${"x".repeat(480)}`, list: [id, "\n", { ü: null }], score: id / 8, "": "北京" }),
);
const BAD_ESCAPE = COUNT - 7;
const BAD_BYTES = COUNT - 3;
const LACKING = COUNT - 2;
const latin1 = (text: string) => Buffer.from(text, "latin1");
const bytes = Buffer.concat(
  lines.flatMap((line, i) => {
    if (i === BAD_ESCAPE) return Buffer.from(`${line.replace("xxx", "\\x")}\n`);
    if (i === BAD_BYTES) return [Buffer.from(line.slice(0, 20)), latin1("\xff"), Buffer.from(`${line.slice(20)}\n`)];
    if (i === LACKING) return Buffer.from('{"id":1,"other":2}\n');
    return Buffer.from(`${line}\n`);
  }),
);
writeFileSync(join(folder, "long.jsonl"), bytes);

/** A map that may see everything, and the same one as its code shows what it sees. */
const WAYS = [
  ["--filter", "_.id % 3", "-e", "r => { const all = r; return [all.id, all.score]; }"],
  ["--filter", "_.id % 3", "-e", "r => [r.id, r.score]"],
  ["--filter", "({ id }) => id % 3", "-e", "({ id, score }) => [id, score]"],
];

test("what is printed and what is refused is the same, whichever fields are made", async () => {
  const seen = [];
  for (const [i, way] of WAYS.entries()) {
    const errors = `errors-${i}.jsonl`;
    const args = ["-c", "1", "--on-error", "skip", "--errors", errors, ...way, "long.jsonl"];
    const { code, stdout } = await runPmap(args, { cwd: folder });
    assert.equal(code, 0);
    seen.push({ stdout, errors: readFileSync(join(folder, errors), "utf8") });
  }
  const [all, ...others] = seen;
  assert.ok(all !== undefined);
  assert.equal(
    all.stdout.split("\n").length,
    lines.filter((_, i) => i % 3 !== 0 && i !== BAD_ESCAPE && i !== BAD_BYTES && i !== LACKING).length + 2,
  );
  assert.ok(all.stdout.includes("\n[1,null]\n"));
  const refused = all.errors
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { line: number; record: string });
  assert.deepEqual(
    refused.map(({ line }) => line),
    [BAD_ESCAPE + 1, BAD_BYTES + 1],
  );
  assert.ok(refused[0]?.record.endsWith('"":"北京"}'));
  for (const other of others) assert.deepEqual(other, all);
});

test("a job that fails names the line, also where what is wrong is in a field that no one looks at", async () => {
  const { code, stderr } = await runPmap(["-c", "1", "-e", "_.id", "long.jsonl"], { cwd: folder });
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`long\\.jsonl:${BAD_ESCAPE + 1}: Cannot parse the record`));
});

test("of a long CSV, too, only what is looked at is made, and all else is checked", async () => {
  const rows = Array.from({ length: COUNT }, (_, id) => `${id},é京🚀 ${"x".repeat(480)},${id / 8},"a ""quoted"" one"`);
  rows[COUNT - 5] += ",one too many";
  writeFileSync(join(folder, "long.csv"), `id,text,score,more\n${rows.join("\n")}\n`);
  const seen = [];
  for (const [i, way] of WAYS.entries()) {
    const errors = `errors-csv-${i}.jsonl`;
    const args = ["-c", "1", "--on-error", "skip", "--errors", errors, ...way, "long.csv"];
    const { code, stdout } = await runPmap(args, { cwd: folder });
    assert.equal(code, 0);
    seen.push({ stdout, errors: readFileSync(join(folder, errors), "utf8") });
  }
  const [all, ...others] = seen;
  assert.ok(all !== undefined);
  assert.equal(all.stdout.split("\n").length, rows.filter((_, i) => i % 3 !== 0 && i !== COUNT - 5).length + 1);
  assert.match(all.errors, new RegExp(`"line":${COUNT - 3},`));
  for (const other of others) assert.deepEqual(other, all);
});
