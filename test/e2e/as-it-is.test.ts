// What only passes a filter passes as it stands; integers that a double cannot hold are kept where that is asked for.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const options = { cwd: folder };
const odd = [
  '{"id":1234567890123456789, "v":1e400}',
  ' {"id" : 4,"z":-0,"a":1.50}\t',
  '{"id":5,"s":"\\u00e9é","id":6}\r',
  '{"id":1}',
];
const many = Array.from({ length: 30_000 }, (_, i) => `{"id":${i}, "text":"${"é".repeat(i % 20)}", "n":${i}.0}`);
writeFileSync(join(folder, "odd"), odd.join("\n"));
writeFileSync(join(folder, "many"), `${many.join("\n")}\n`);
writeFileSync(join(folder, "filters.mjs"), "export const filter = (r) => r.id % 3 === 0;");
writeFileSync(join(folder, "waits.mjs"), "export const filter = async (r) => { await null; return r.id % 3 === 0; };");

async function prints(args: readonly string[], expected: string, stdin?: string): Promise<void> {
  const { code, stdout, stderr } = await runPmap(args, { ...options, ...(stdin === undefined ? {} : { stdin }) });
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assert.equal(stdout, expected);
}

test("a line that passes a filter keeps its numbers, spaces, escapes and line end", async () => {
  await prints(["--filter", "_.id > 2", "odd"], `${odd.slice(0, 3).join("\n")}\n`);
  await prints(["--filter", "_.id > 2"], `${odd.slice(0, 3).join("\n")}\n`, odd.join("\n"));
  await prints(["--filter", "true", "--to", "json", "odd"], `[\n${odd.join(",\n")}\n]\n`);
});

for (const script of ["filters.mjs", "waits.mjs"]) {
  test(`a script may have only a filter (${script}): of any window, in order, from any worker`, async () => {
    const kept = many.filter((_, i) => i % 3 === 0).map((line) => `${line}\n`);
    await prints(["-c", "3", script, "many"], kept.join(""));
    await prints(["-c", "2", script], kept.join(""), `${many.join("\n")}\n`);
    await prints(["-c", "2", "--limit", "10", script, "many"], kept.slice(0, 4).join(""));
  });
}

test("a map of the record itself prints it anew", () =>
  prints(["-e", "_", "--filter", "_.id === 4", "odd"], '{"id":4,"z":0,"a":1.5}\n'));

const big = [
  '{"id":1234567890123456789,"text":"1234567890123456789","v":0.1234567890123456789}',
  "[-9007199254740993,9007199254740991]",
];

test("--bigints reads integers that a double cannot hold as BigInts, and prints them as integers", async () => {
  const [first = "", second = ""] = big;
  const exact = '{"id":1234567890123456789,"text":"1234567890123456789","v":0.12345678901234568}';
  await prints(["--bigints", "-e", "_"], `${exact}\n${second}\n`, `${first}\n${second}\n`);
  await prints(["--bigints", "-e", "_.id + 1n", "--to", "text"], "1234567890123456790\n", `${first}\n`);
  await prints(["--bigints", "-e", "[typeof _[0], typeof _[1]]"], '["bigint","number"]\n', `${second}\n`);
  await prints(["--bigints", "-e", "_", "--to", "json"], `[\n${exact},\n${second}\n]\n`, `${first}\n${second}\n`);
});

test("--bigints prints BigInts within arrays and objects as integers in every format", async () => {
  const line = '{"id":12345678901234567890,"tags":[12345678901234567890,{"n":-98765432109876543210}],"s":"x"}\n';
  const tags = '[12345678901234567890,{"n":-98765432109876543210}]';
  const quoted = `"${tags.replaceAll('"', '""')}"`;
  for (const map of ["_", "async (r) => r"]) {
    await prints(["--bigints", "-e", map, "--to", "jsonl"], line, line);
    await prints(["--bigints", "-e", map, "--to", "text"], line, line);
    await prints(["--bigints", "-e", map, "--to", "csv"], `id,tags,s\n12345678901234567890,${quoted},x\n`, line);
    await prints(["--bigints", "-e", map, "--to", "tsv"], `id\ttags\ts\n12345678901234567890\t${quoted}\tx\n`, line);
    for (const schema of [[], ["--schema", "id:json,tags:json,s:string"]]) {
      const path = join(folder, "big.parquet");
      await prints(["--bigints", "-e", map, ...schema, "-o", path], "", line);
      // What a number would not hold is read as its text.
      const read = { id: "12345678901234567890", tags, s: "x" };
      await prints(["-e", "_", path], `${JSON.stringify(read)}\n`);
    }
  }
});

test("--bigints goes through folds, groups and a script's options", async () => {
  const lines = '{"k":1,"n":9007199254740993}\n{"k":1,"n":9007199254740995}\n{"k":2,"n":9007199254740997}\n';
  const sum = ["--bigints", "-e", "_.n", "--reduce", "(a, b) => a + b"];
  await prints(sum, "27021597764222985\n", lines);
  await prints(
    [...sum, "--key", "_.k"],
    '{"key":1,"value":18014398509481988}\n{"key":2,"value":9007199254740997}\n',
    lines,
  );
  writeFileSync(join(folder, "big.mjs"), "export const options = { bigints: true };\nexport default (r) => r.n;");
  await prints(["big.mjs"], "9007199254740993\n9007199254740995\n9007199254740997\n", lines);
});

test("without --bigints a BigInt cannot be printed, and a broken line is a broken line with it", async () => {
  const { code, stderr } = await runPmap(["-e", "1n"], { stdin: "1\n" });
  assert.equal(code, 1);
  assert.match(stderr, /^pmap: -:1: Cannot print the value: /);
  const broken = await runPmap(["--bigints", "-e", "_"], { stdin: '{"a":12345678901234567890,}\n' });
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /^pmap: -:1: Cannot parse the record: /);
});
