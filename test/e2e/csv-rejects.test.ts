// CSV that is long enough for WebAssembly to read it: rows that are odd are rejects with their places, and all others are right.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { rejectsOf } from "../support/errors-file.ts";
import { runPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const ODD: Readonly<Record<number, string>> = { 1: "only one", 2: '"x"y,2,3,4', 3: "1,2,3,4,5" };
const TEXTS = [
  "plain",
  'a "quoted" one, with a comma',
  "two\nlines",
  "ü 北京 🚀",
  "",
  "x".repeat(300),
  "5\" pipe, don't",
];

interface Place {
  readonly line: number;
  readonly offset: number;
}

const pieces: Buffer[] = [Buffer.from("id,text,n,ok\r\n")];
const expected: unknown[][] = [];
const odd: (Place & { readonly record: string })[] = [];
let line = 2;
let offset = (pieces[0] as Buffer).length;
for (let i = 0; i < 30_000; i++) {
  const text = TEXTS[i % TEXTS.length] as string;
  const number = i % 3 === 0 ? i / 8 : -i;
  const isOdd = i % 997 === 0;
  const row = isOdd
    ? (ODD[(i / 997) % 4] ?? "1,\xff,3,4")
    : `${i},${i % 2 === 0 || /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text},${number},${i % 5 === 0}`;
  const bytes = Buffer.from(
    `${row}${i % 4 === 0 ? "\r\n" : "\n"}${i % 50 === 0 ? "\n" : ""}`,
    isOdd ? "latin1" : "utf8",
  );
  if (isOdd) odd.push({ line, offset, record: row });
  else expected.push([i, text === "" && i % 2 === 1 ? null : text, number, i % 5 === 0, offset]);
  pieces.push(bytes);
  line += bytes.filter((byte) => byte === 10).length;
  offset += bytes.length;
}
const csv = Buffer.concat(pieces);
writeFileSync(join(folder, "in.csv"), csv);
const lines = expected.map((values) => `${JSON.stringify(values)}\n`).join("");

test("records of blanks are rejects, and are so again with --from rejects", async () => {
  writeFileSync(join(folder, "blank.csv"), "a,b\n1,2\n  \n3,4\n5\n");
  writeFileSync(join(folder, "blank.tsv"), "a\tb\tc\n1\t2\t3\n\t\n \n");
  for (const [name, records] of [
    ["blank.csv", ["  ", "5"]],
    ["blank.tsv", ["\t", " "]],
  ] as const)
    for (const map of ["(r) => r.a", "async (r) => r.a"]) {
      const job = ["-q", "--on-error", "skip", "-e", map, "--errors"];
      await runPmap([...job, "first", name], { cwd: folder });
      await runPmap([...job, "second", "--from", "rejects", "first"], { cwd: folder });
      for (const file of ["first", "second"])
        assert.deepEqual(
          rejectsOf(join(folder, file)).map(({ record }) => record),
          records,
          `${name} ${file}`,
        );
    }
});

for (const args of [
  ["-c", "1"],
  ["-c", "3"],
  ["--chunk", "1K", "-c", "2"],
  ["-c", "2", "--from", "csv"],
]) {
  test(`odd rows are rejects, and the others are right: ${args.join(" ")}`, async () => {
    const job = ["--types", "auto", "--on-error", "skip", "--errors", "rejects", "-q"];
    const map = "(r, ctx) => [r.id, r.text, r.n, r.ok, ctx.offset]";
    const isPipe = args.includes("--from");
    const run = await runPmap([...args, ...job, "-e", map, ...(isPipe ? [] : ["in.csv"])], {
      cwd: folder,
      stdin: isPipe ? csv : "",
    });
    assert.equal(run.code, 0, run.stderr);
    assert.ok(run.stdout === lines, "the output");
    const rejects = rejectsOf(join(folder, "rejects"));
    assert.deepEqual(
      rejects.map((reject) => [reject.line, reject.offset]),
      odd.map((place) => [place.line, place.offset]),
    );
    for (const [i, { record, base64 }] of rejects.entries())
      assert.equal(base64 ? Buffer.from(record, "base64").toString("latin1").trimEnd() : record, odd[i]?.record);
  });
}

test("groups by a text of CSV are those of a loop", async () => {
  const args = ["-c", "2", "--on-error", "skip", "-q", "--types", "auto", "-e", "_.n", "--key", "_.text"];
  const { stdout, stderr } = await runPmap([...args, "--reduce", "(a, b) => a + b", "in.csv"], { cwd: folder });
  const sums = new Map<unknown, number>();
  for (const [, text, number] of expected) sums.set(text, (sums.get(text) ?? 0) + (number as number));
  const groups = stdout
    .trim()
    .split("\n")
    .map((each) => JSON.parse(each) as { readonly key: unknown; readonly value: number });
  assert.deepEqual(new Map(groups.map(({ key, value }) => [key, value])), sums, stderr);
});
