import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { finished, runPmap, runShell, startPmap, temporaryFolder } from "../support/run-pmap.ts";

// What has been committed stands, whatever becomes of the job; and what is written destroys nothing.

const folder = temporaryFolder();

const PER_CHUNK = 320;
/** What is bad in a chunk is its third record. */
const BEFORE_BAD = 2;
const CHUNK_BYTES = PER_CHUNK * 205;

/** Eight chunks of equal length. One is slow, the one before it fails when the slow one has long begun. */
function chunksOf({ slow, bad }: { slow: number; bad: number }): string {
  const lines = Array.from({ length: PER_CHUNK * 8 }, (_, i) => {
    const isThird = i % PER_CHUNK === BEFORE_BAD;
    const chunk = Math.floor(i / PER_CHUNK);
    const ms = isThird && chunk === slow ? 2000 : isThird && chunk === bad ? 700 : 0;
    const json = JSON.stringify({ i, ms, bad: isThird && chunk === bad });
    return `${json.slice(0, -1).padEnd(203)}}\n`;
  });
  const path = join(folder, `slow-${slow}-bad-${bad}.jsonl`);
  writeFileSync(path, lines.join(""));
  return path;
}

const map =
  "r => { const end = performance.now() + r.ms; while (r.ms > 0 && performance.now() < end); " +
  'if (r.bad) throw new Error("bad"); return { i: r.i, pad: "y".repeat(400) }; }';

test("all that comes before a failure is in a redirected file, also where its worker is busy with what comes after", async () => {
  const input = chunksOf({ slow: 4, bad: 3 });
  const run = `pmap -c 2 --chunk ${CHUNK_BYTES} -e '${map}' '${input}'`;
  const file = await runShell(`${run} > out; echo "exit $?" >> out`, { cwd: folder });
  const lines = readFileSync(join(folder, "out"), "utf8").trimEnd().split("\n");
  assert.equal(lines.pop(), "exit 1", file.stderr);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).i),
    Array.from({ length: PER_CHUNK * 3 + BEFORE_BAD }, (_, i) => i),
  );
});

test("who writes to a redirected stdout after a job that failed overwrites nothing", async () => {
  const input = chunksOf({ slow: -1, bad: 3 });
  const run = `pmap -c 2 --chunk ${CHUNK_BYTES} -e '${map}' '${input}'`;
  await runShell(`{ ${run}; echo "exit $?"; } > shared`, { cwd: folder });
  const lines = readFileSync(join(folder, "shared"), "utf8").trimEnd().split("\n");
  assert.equal(lines.pop(), "exit 1");
  assert.equal(JSON.parse(lines[0] ?? "").i, 0);
  assert.equal(lines.length, PER_CHUNK * 3 + BEFORE_BAD);
});

test("--limit 0 ends at once, also where the input does not", async () => {
  const child = startPmap(["--limit", "0", "-e", "_"]);
  child.stdin?.on("error", () => {});
  child.stdin?.write("1\n".repeat(1000));
  const { code, stdout, stderr } = await finished(child);
  assert.deepEqual({ code, stdout }, { code: 0, stdout: "" }, stderr);
});

test("rejects are not written over an input, nor over the output, nor where there can be none", async () => {
  const input = join(folder, "precious.jsonl");
  writeFileSync(input, "1\noops\n");
  const skip = ["--on-error", "skip"];
  const refused: [args: string[], reason: string][] = [
    [[...skip, "--errors", input], `Cannot write rejects to "${input}": it is an input\nWrite them to another file`],
    [[...skip, "--errors", "same", "-o", "same"], 'Cannot write rejects to "same": it is the output'],
    [
      ["--errors", input],
      "Cannot use --errors with --on-error fail: there are no rejects to write\nSay --on-error skip",
    ],
  ];
  for (const [args, reason] of refused) {
    const { code, stderr } = await runPmap([...args, "-e", "_", input], { cwd: folder });
    assert.equal(code, 2);
    assert.equal(stderr, `pmap: ${reason}\n`);
    assert.equal(readFileSync(input, "utf8"), "1\noops\n");
  }
});

test("a reduce that lacks a merge says so however the map gives its values", async () => {
  const reduce = ["--from", "text", "--initial", "0", "--reduce", "(sum, text) => sum + text.length"];
  const said = await Promise.all(
    ["line => line", "async line => line", "function* (line) { yield line; }"].map(async (code) => {
      const result = await runPmap(["--on-error", "skip", ...reduce, "-e", code], { stdin: "a\nbb\n" });
      return `${result.code} ${result.stderr}`;
    }),
  );
  assert.match(said[0] ?? "", /^1 pmap: Cannot merge partial results: /);
  assert.deepEqual(said, [said[0], said[0], said[0]]);
});
