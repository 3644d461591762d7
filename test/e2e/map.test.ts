import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ownRuntime, type RuntimeName, runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

// Whatever the way in, the way out and the workers: the bytes that a plain loop writes.

const folder = temporaryFolder();
const script = join(folder, "map.mjs");
writeFileSync(script, "export default (record) => ({ id: record.id, half: record.n / 2, name: record.name });\n");

const records = Array.from({ length: 20_000 }, (_, i) => ({
  id: i,
  n: (i * 7919) % 1000,
  name: `${"näme".repeat(i % 7)} ${i % 13 === 0 ? '"\\\u2028😀' : "x"}`,
  more: i % 997 === 0 ? "m".repeat(20_000) : "m",
}));
const lines = records.map((record) => JSON.stringify(record));
const input = join(folder, "input.jsonl");
writeFileSync(input, `${lines.join("\n")}\n`);
const expected = records.map(({ id, n, name }) => `${JSON.stringify({ id, half: n / 2, name })}\n`).join("");

/** A difference is told by its first line: two megabytes are not read. */
function assertSame(actual: string, wanted: string, message?: string) {
  if (actual === wanted) return;
  const [is, should] = [actual.split("\n"), wanted.split("\n")];
  const at = should.findIndex((line, i) => line !== is[i]);
  const place = at === -1 ? should.length : at;
  assert.fail(
    `${message ?? ""} line ${place + 1} of ${should.length - 1} (got ${is.length - 1}): ${is[place]?.slice(0, 200)}`,
  );
}

function assertDone({ code, stderr }: { code: number | null; stderr: string }) {
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
}

test("the tests run on the runtime that the runner claims", () => {
  assert.equal(process.env.PMAP_TEST_RUNTIME ?? ownRuntime, ownRuntime);
});

for (const cores of ["1", "2", "5"]) {
  test(`a file and a pipe give a plain loop's bytes on ${cores} workers`, async () => {
    const [file, pipe] = await Promise.all([
      runPmap(["-c", cores, script, input]),
      runPmap(["-c", cores, script], { stdin: readFileSync(input) }),
    ]);
    for (const result of [file, pipe]) {
      assertDone(result);
      assertSame(result.stdout, expected);
    }
  });
}

for (const mode of ["process", "thread", "inline"]) {
  test(`mode ${mode} gives a plain loop's bytes`, async () => {
    const result = await runPmap(["-c", "2", "--mode", mode, script, input]);
    assertDone(result);
    assertSame(result.stdout, expected);
  });
}

for (const runtime of ["node", "deno", "bun"] satisfies RuntimeName[]) {
  test(`workers on ${runtime} give a plain loop's bytes, also to a file`, async () => {
    const output = join(folder, `on-${runtime}.jsonl`);
    const results = await Promise.all([
      runPmap(["-c", "2", "--runtime", runtime, script, input]),
      runPmap(["-c", "2", "--runtime", runtime, script, input, "-o", output]),
    ]);
    results.forEach(assertDone);
    assertSame(results[0].stdout, expected);
    assertSame(readFileSync(output, "utf8"), expected);
  });
}

test("-o writes a plain loop's bytes and nothing to stdout", async () => {
  const output = join(folder, "output.jsonl");
  const result = await runPmap(["-c", "2", script, input, "-o", output]);
  assertDone(result);
  assert.equal(result.stdout, "");
  assertSame(readFileSync(output, "utf8"), expected);
});

test("--unordered gives the same lines in any order", async () => {
  const results = await Promise.all([
    runPmap(["-c", "3", "--unordered", script, input]),
    runPmap(["-c", "3", "--unordered", script], { stdin: readFileSync(input) }),
    runShell(`pmap -c 3 --unordered ${script} ${input} > unordered.jsonl; cat unordered.jsonl`, { cwd: folder }),
  ]);
  const sort = (text: string) => text.split("\n").sort().join("\n");
  for (const result of results) {
    assertDone(result);
    assertSame(sort(result.stdout), sort(expected));
  }
});

const ways: [way: string, line: string, wanted: string][] = [
  ["a redirected input", `pmap -c 2 ${script} < ${input}`, expected],
  [
    "a redirected input from the offset that the shell left it at",
    `(read line; pmap -c 2 ${script}) < ${input}`,
    expected.slice(expected.indexOf("\n") + 1),
  ],
  ["a redirected input that the program before has read to its end", `(cat > all; pmap -c 2 ${script}) < ${input}`, ""],
  ["a redirected output", `pmap -c 2 ${script} ${input} > out; cat out`, expected],
  ["a redirected input and output", `pmap -c 2 ${script} < ${input} > both; cat both`, expected],
  ["a pipe into a redirected output", `cat ${input} | pmap -c 2 ${script} > piped; cat piped`, expected],
  ["an output appended to a new file", `pmap -c 2 ${script} ${input} >> new; cat new`, expected],
  ["an output appended to a file", `echo a > old; pmap -c 2 ${script} ${input} >> old; cat old`, `a\n${expected}`],
  ["an output and errors in one file", `pmap -c 2 ${script} ${input} > log 2>&1; cat log`, expected],
  [
    "an output between two others in one file",
    `(echo a; pmap -c 2 ${script} ${input}; echo b) > three; cat three`,
    `a\n${expected}b\n`,
  ],
  [
    "two outputs one after the other in one file",
    `(pmap -c 2 ${script} ${input}; pmap -c 2 ${script} < ${input}) > twice; cat twice`,
    expected + expected,
  ],
  [
    "a redirected output over a longer file opened for reading and writing",
    `yes | head -c 9000000 > long; echo a 1<> long; pmap -c 2 ${script} ${input} 1<> long; head -c ${Buffer.byteLength(expected)} long`,
    expected,
  ],
  [
    "an output before another in one file, where no other program can be found",
    `(PATH=/nowhere; pmap -c 2 ${script} ${input}; echo b) > alone; cat alone`,
    `${expected}b\n`,
  ],
  ["two programs in a row", `pmap -c 2 -e _ ${input} | pmap -c 2 ${script}`, expected],
  ["an input that comes drop by drop", `(head -n 3; cat) < ${input} | pmap -c 2 -e _.id --limit 2`, "0\n1\n"],
];

for (const [way, line, wanted] of ways) {
  test(`${way} gives a plain loop's bytes`, async () => {
    const result = await runShell(line, { cwd: folder });
    assertDone(result);
    assertSame(result.stdout, wanted);
  });
}

test("an output in one file with the errors keeps what a script says and every record", async () => {
  const line = `pmap -c 2 --from text -e '(console.error("said"), _)' words > mixed 2>&1; cat mixed`;
  writeFileSync(join(folder, "words"), "one\ntwo\nthree\n");
  const { stdout } = await runShell(line, { cwd: folder });
  assert.deepEqual(stdout.split("\n").sort(), ["", '"one"', '"three"', '"two"', "said", "said", "said"]);
});

test("a producer that pauses sees its records come out before it goes on", async () => {
  const line = `mkfifo back; { echo 1; read answer < back; echo "2$answer"; } | pmap -c 2 -e '_ * 2' | { read first; echo "$first" > back; cat; }`;
  const result = await runShell(line, { cwd: folder });
  assertDone(result);
  assert.equal(result.stdout, "44\n");
});

test("a Bun without a parser for many JSON lines gives a plain loop's bytes, too", async () => {
  const preload = join(folder, "older.mjs");
  writeFileSync(preload, "if (Bun.JSONL) Bun.JSONL.parseChunk = undefined;\n");
  const env = { BUN_OPTIONS: `--preload ${preload}` };
  const stdin = Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join("");
  const { code, stdout, stderr } = await runPmap(["-c", "1", "--runtime", "bun", "-e", "_"], { env, stdin });
  assert.deepEqual([code, stderr], [0, ""]);
  assertSame(stdout, stdin);
});

test("an output device is written, or refused in a sentence", async () => {
  const { code, stderr } = await runPmap(["-e", "_", input, "-o", "/dev/null"]);
  if (code !== 0) assert.match(stderr, /^pmap: Cannot write "\/dev\/null": .+\n/);
  assert.ok(statSync("/dev/null").isCharacterDevice());
});
