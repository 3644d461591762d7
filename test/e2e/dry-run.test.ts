// --dry-run: what would run, with nothing started and nothing written.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { ownRuntime, runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const place = join(folder, "place");
mkdirSync(place);
// Loaded, it would leave a file.
const script = `import { writeFileSync } from "node:fs";
writeFileSync("loaded", "");
export const options: object = { concurrency: 50, onError: "skip" };
export default (row: { a: string }) => row.a;
`;
writeFileSync(join(place, "script.ts"), script);
writeFileSync(join(place, "rows.csv"), "a,b\n1,2\n3,4\n");
writeFileSync(join(place, "lines.jsonl"), "1\n".repeat(1024));
writeFileSync(join(place, "more.jsonl.gz"), gzipSync("1\n"));
const before = readdirSync(place).sort();

async function dryRun(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runPmap(["--dry-run", ...args], { cwd: place });
  assert.deepEqual([code, stdout], [0, ""], stderr);
  assert.deepEqual(readdirSync(place).sort(), before, "it has written a file");
  return stderr;
}

test("it tells inputs, format, output, chunks and workers, and loads and writes nothing", async () => {
  const text = await dryRun("-c", "3", "script.ts", "rows.csv", "-o", "out.csv", "--errors", "rejects.jsonl");
  assert.match(text, /^Nothing is started\. This would run:\n/);
  assert.match(text, /^script +script\.ts: default$/m);
  assert.match(text, /^input +rows\.csv: 12 bytes$/m);
  assert.match(
    text,
    /^format +csv, by the name of rows\.csv\n +columns of rows\.csv: a, b\n +output: csv, by the name/m,
  );
  assert.match(text, /^output +out\.csv, which is new when the job is done$/m);
  assert.match(text, /^chunks +1, of up to /m);
  assert.match(text, new RegExp(`^workers +up to 1, 1 at once, processes of ${ownRuntime}$`, "m"));
});

test("every value has its origin", async () => {
  const text = await dryRun("--concurrency=7", "script.ts", "lines.jsonl");
  assert.match(text, /^ {2}--concurrency +7 +command line$/m);
  assert.match(text, /^ {2}--on-error +skip +options of script\.ts$/m);
  assert.match(text, /^ {2}--retries +2 +default$/m);
  assert.match(text, /^ {2}--cores +\d+ +the usable cores$/m);
  assert.doesNotMatch(text, /--quote/, "flags for CSV where there is none");
});

test("streams, several inputs and a range", async () => {
  const several = await dryRun("-e", "_", "--limit", "9", "lines.jsonl", "more.jsonl.gz");
  assert.match(several, /^input +lines\.jsonl: 2K\n +more\.jsonl\.gz: of unknown length\n +2 inputs, 2K in files/m);
  assert.match(several, /^chunks +of up to .*; how many is known at the end$/m);
  const members = await dryRun("-e", "_", "lines.jsonl", "more.jsonl.gz");
  assert.match(members, /^ +more\.jsonl\.gz: 2 bytes in a compressed file, read by one worker$/m);
  const range = await dryRun("--range", "1..100", "-e", "_");
  assert.match(range, /^input +100 numbers, from 1 by 1$/m);
  assert.match(range, /^chunks +100, of up to 1 number$/m);
  const files = await dryRun("--from", "file", "-e", "_", "lines.jsonl", "rows.csv");
  assert.match(files, /^chunks +2, of up to 1 file$/m);
});

test("an output that is there, and one with interrupted work", async () => {
  const other = join(folder, "other");
  mkdirSync(other);
  writeFileSync(join(other, "out.jsonl"), "old\n");
  const run = (...args: string[]) =>
    runPmap(["--dry-run", "--range", "1..9", "-e", "_", "-o", "out.jsonl", ...args], { cwd: other });
  assert.match((await run()).stderr, /out\.jsonl, which is replaced when the job is done/);
  writeFileSync(join(other, ".out.jsonl.pmap-journal"), "");
  assert.match((await run()).stderr, /out\.jsonl: refused, an interrupted run has left work there/);
  assert.match((await run("--resume")).stderr, /out\.jsonl: goes on where it was interrupted/);
  assert.match((await run("--restart")).stderr, /out\.jsonl: starts over/);
});

test("what the job would refuse is refused, with 2", async () => {
  const refused: [args: string[], message: RegExp][] = [
    [["script.ts", "none.jsonl"], /Cannot read "none\.jsonl": there is no such file/],
    [["none.ts", "rows.csv"], /Cannot load "none\.ts"/],
    [["-e", "_", "--errors", "rows.csv", "--on-error", "skip", "rows.csv"], /it is an input/],
    [["-e", "_", "--ragged", "lines.jsonl"], /Cannot use --ragged with jsonl/],
  ];
  for (const [args, message] of refused) {
    const { code, stdout, stderr } = await runPmap(["--dry-run", ...args], { cwd: place });
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, message);
  }
});

test("a pipe is not read", async () => {
  const { stdout } = await runShell("printf '1\\n2\\n' | { pmap --dry-run -e _ 2> /dev/null; cat; }", { cwd: place });
  assert.equal(stdout, "1\n2\n");
});
