import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const temporary = join(folder, "tmp");
mkdirSync(temporary);

type Key = string | number | boolean | null;
const odd: Key[] = [
  null,
  false,
  true,
  -1.5,
  0,
  1,
  2,
  10,
  "",
  "1",
  "10",
  "2",
  "__proto__",
  "toString",
  "Z",
  "a",
  "é",
  "\ufffd",
  "😀",
];
const keys: Key[] = [
  ...odd,
  ...Array.from({ length: 40_000 }, (_, n) => `key ${(n * 7919) % 40_000} ${"x".repeat(n % 40)}`),
];
const records = Array.from({ length: 120_000 }, (_, n) => ({ k: keys[(n * 31) % keys.length] as Key, v: n % 11 }));
const input = join(folder, "records.jsonl");
writeFileSync(input, records.map((record) => `${JSON.stringify(record)}\n`).join(""));

const rank = (key: Key): number =>
  key === null ? 0 : key === false ? 1 : key === true ? 2 : typeof key === "number" ? 3 : 4;
const compare = (a: Key, b: Key): number =>
  typeof a === "string" && typeof b === "string"
    ? Buffer.compare(Buffer.from(a), Buffer.from(b))
    : typeof a === "number" && typeof b === "number"
      ? a - b
      : rank(a) - rank(b);

/** What a plain Map makes of it. */
function expected(): string {
  const sums = new Map<Key, number>();
  for (const { k, v } of records) sums.set(k, (sums.get(k) ?? 0) + v);
  const sorted = [...sums].sort(([a], [b]) => compare(a, b));
  return sorted.map(([key, value]) => `${JSON.stringify({ key, value })}\n`).join("");
}

const job = ["--key", "_.k", "-e", "_.v", "--initial", "0", "--reduce", "(a, b) => a + b", input];

for (const flags of [
  ["-c", "1"],
  ["-c", "3"],
  ["--mode", "inline"],
  ["--chunk", "4M", "--max-memory", "8M", "--mode", "thread"],
]) {
  test(`groups are what a Map and a sort make of them (${flags.join(" ")}), and leave nothing behind`, async () => {
    const { code, stdout, stderr } = await runPmap([...flags, ...job], { env: { TMPDIR: temporary } });
    assert.equal(code, 0, stderr);
    assert.ok(stdout === expected(), "other groups, or in another order");
    assert.deepEqual(readdirSync(temporary), []);
  });
}

test("groups of a stream are those of the file", async () => {
  const { code, stdout, stderr } = await runPmap(job.slice(0, -1), { stdin: readFileSync(input) });
  assert.equal(code, 0, stderr);
  assert.ok(stdout === expected(), "other groups, or in another order");
});

test("what cannot be a key is a reject that names its record", async () => {
  const stdin = '{"k":1}\n{"k":{}}\n{"k":[1]}\n{}\n';
  const args = ["--key", "_.k", "-e", "1", "--reduce", "(a, b) => a + b"];
  const failed = await runPmap(args, { stdin });
  assert.deepEqual([failed.code, failed.stdout], [1, ""]);
  assert.match(failed.stderr, /^pmap: -:2: Cannot group by an object/);
  const skipped = await runPmap(["--on-error", "skip", ...args], { stdin });
  assert.deepEqual([skipped.code, skipped.stdout], [0, '{"key":1,"value":1}\n']);
  assert.match(skipped.stderr, /3 rejected/);
});

test("an error names the function that threw, and shows none of pmap's own frames", async () => {
  const stdin = "1\n2\n3\n4\n";
  const rr = "(a, b) => { throw new Error('rr'); }";
  const [key, reduce, merge, generator] = await Promise.all([
    runPmap(["--key", "_ === 3 ? null.x : 1", "--reduce", "(a, b) => a + b"], { stdin }),
    runPmap(["--key", "1", "--initial", "0", "--reduce", rr], { stdin }),
    runPmap(["--key", "1", "--range", "1..5", "--reduce", rr]),
    runPmap(["--key", "1", "--range", "1..5", "--reduce", `(a, b) => [...(function* mine() { null.x; })()]`]),
  ]);
  assert.match(key.stderr, /:3: key threw TypeError/);
  assert.match(reduce.stderr, /:1: reduce threw Error: rr/);
  assert.match(merge.stderr, /^pmap: (merge|reduce) threw Error: rr/m);
  assert.doesNotMatch(merge.stderr, /next \(/);
  assert.match(generator.stderr, /at mine /);
});
