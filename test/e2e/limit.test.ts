// --limit N runs the first N records: no other, and none of them twice.
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const calls = join(folder, "calls");
writeFileSync(
  join(folder, "calls.mjs"),
  `import { appendFileSync } from "node:fs";
export default (record) => { appendFileSync(${JSON.stringify(calls)}, JSON.stringify(record) + "\\n"); return record; };`,
);
writeFileSync(
  join(folder, "waits.mjs"),
  `import { appendFileSync } from "node:fs";
export default async (record) => {
  appendFileSync(${JSON.stringify(calls)}, JSON.stringify(record) + "\\n");
  await new Promise((resolve) => setTimeout(resolve, 2));
  return record;
};`,
);
const numbers = Array.from({ length: 30_000 }, (_, i) => `${i}\n`);
writeFileSync(join(folder, "numbers"), numbers.join(""));
writeFileSync(join(folder, "few"), "0\n1\n\n  \n2\n");
writeFileSync(join(folder, "blank"), "\ufeff0\n\n \t\n\u00a0\n1\n\u3000 \n2\n3\n");

/** Runs a script that notes its records, and returns them in order. */
async function recordsOf(args: readonly string[], stdin = ""): Promise<{ ran: unknown[]; stdout: string }> {
  rmSync(calls, { force: true });
  const { code, stdout, stderr } = await runPmap(args, { cwd: folder, stdin });
  assert.deepEqual([code, stderr], [0, ""]);
  const ran = readFileSync(calls, "utf8").trimEnd().split("\n");
  return { ran: ran.map((line) => JSON.parse(line) as number).sort((a, b) => a - b), stdout };
}

for (const limit of [1, 5, 1000]) {
  const wanted = Array.from({ length: limit }, (_, i) => i);
  const output = wanted.map((n) => `${n}\n`).join("");
  for (const script of ["calls.mjs", "waits.mjs"]) {
    test(`--limit ${limit} runs ${limit} records of a file, a pipe, two files and a range, with ${script}`, async () => {
      const args = ["-c", "3", "--limit", String(limit), script];
      assert.deepEqual(await recordsOf([...args, "numbers"]), { ran: wanted, stdout: output });
      assert.deepEqual(await recordsOf(args, numbers.join("")), { ran: wanted, stdout: output });
      assert.deepEqual(await recordsOf([...args, "--range", "0..30000"]), { ran: wanted, stdout: output });
      const all = [0, 1, 2, ...wanted].slice(0, limit);
      const { ran } = await recordsOf([...args, "few", "numbers"]);
      assert.deepEqual(
        ran,
        all.sort((a, b) => a - b),
      );
    });
  }
}

test("blank lines do not count, whatever their white space is, and empty lines of text do", async () => {
  const { ran } = await recordsOf(["--limit", "3", "calls.mjs", "blank"]);
  assert.deepEqual(ran, [0, 1, 2]);
  const { stdout } = await runPmap(["--from", "text", "--limit", "4", "-e", "_.length", "few"], { cwd: folder });
  assert.equal(stdout, "1\n1\n0\n2\n");
});

test("a record that fails counts, also one that is too long or no UTF-8", async () => {
  const long = `"${"x".repeat(3000)}"\n`;
  writeFileSync(
    join(folder, "bad"),
    Buffer.concat([Buffer.from(`0\n{\n${long}`), Buffer.of(0xff, 10), Buffer.from("4\n5\n")]),
  );
  for (const source of ["pmap $ARGS bad", "cat bad | pmap $ARGS"]) {
    const args = "-q --max-record 1000 --on-error skip --limit 5 -e _";
    const { code, stdout } = await runShell(source.replace("$ARGS", args), { cwd: folder });
    assert.deepEqual([code, stdout], [0, "0\n4\n"]);
  }
});

test("with --from bytes the records are chunks", async () => {
  const all = await runPmap(["--from", "bytes", "-e", "_.length", "numbers"], { cwd: folder });
  const sizes = all.stdout.split("\n");
  for (const limit of [1, 3]) {
    const args = ["--from", "bytes", "--limit", String(limit), "-e", "_.length"];
    const expected = `${sizes.slice(0, limit).join("\n")}\n`;
    assert.equal((await runPmap([...args, "numbers"], { cwd: folder })).stdout, expected);
    assert.equal((await runPmap(args, { stdin: numbers.join("") })).stdout, expected);
  }
});

test("--unordered and a reduce take the same records", async () => {
  const { stdout } = await runPmap(["--unordered", "-c", "3", "--limit", "700", "-e", "_", "numbers"], { cwd: folder });
  assert.deepEqual(
    stdout
      .trimEnd()
      .split("\n")
      .map(Number)
      .sort((a, b) => a - b),
    Array.from({ length: 700 }, (_, i) => i),
  );
  const sum = ["-e", "_", "--limit", "700", "--reduce", "(a, b) => a + b"];
  assert.equal((await runPmap([...sum, "numbers"], { cwd: folder })).stdout, `${(699 * 700) / 2}\n`);
});

test("the last record of a stream may have no line end", async () => {
  const rows = "1,x\n".repeat(100_000);
  for (const [text, limit, last] of [
    ["id,name\n1,Ada", 1, '{"id":"1","name":"Ada"}'],
    ["id,name\n1,Ada\n2,Grace Hopper", 2, '{"id":"2","name":"Grace Hopper"}'],
    [`id,name\n${rows}2,last`, 100_001, '{"id":"2","name":"last"}'],
  ] as const) {
    const { code, stdout } = await runPmap(["--from", "csv", "--limit", `${limit}`, "-e", "_"], { stdin: text });
    const lines = stdout.trimEnd().split("\n");
    assert.deepEqual([code, lines.length, lines.at(-1)], [0, limit, last]);
  }
});
