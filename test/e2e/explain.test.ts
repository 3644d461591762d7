import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { finished, fixture, runPmap, runShell, startPmap, temporaryFolder } from "../support/run-pmap.ts";

// --explain: sentences on stderr, and nothing else anywhere.

const folder = temporaryFolder();
const RECORDS = 30_000;
const lines = Array.from({ length: RECORDS }, (_, n) => JSON.stringify({ n, text: "é".repeat(n % 30) }));
writeFileSync(join(folder, "input.jsonl"), `${lines.join("\n")}\n`);
writeFileSync(join(folder, "tiny.jsonl"), `${lines.slice(0, 3).join("\n")}\n`);
writeFileSync(join(folder, "empty.jsonl"), "");
// In the first chunk, which is always run, however slow the machine is; a blank line counts as a line.
writeFileSync(join(folder, "broken.jsonl"), `${lines[0]}\n\n{\n${lines.slice(1, 1000).join("\n")}\n`);
const there = readdirSync(folder);
const temporary = temporaryFolder();

/** Runs `pmap --explain` and returns its sentences by their first words, and the last one. It must print and leave nothing. */
async function explained(args: readonly string[], stdin?: string): Promise<Record<string, string>> {
  const options = { cwd: folder, env: { TMPDIR: temporary }, ...(stdin === undefined ? {} : { stdin }) };
  const { code, stdout, stderr } = await runPmap(["-c", "2", "--explain", ...args], options);
  assert.deepEqual({ code, stdout }, { code: 0, stdout: "" }, stderr);
  assert.deepEqual([readdirSync(folder), readdirSync(temporary)], [there, []]);
  return sentences(stderr);
}

function sentences(stderr: string): Record<string, string> {
  const told: Record<string, string> = {};
  for (const line of stderr.trimEnd().split("\n")) {
    const [, word = ""] = /^pmap: (\w+)/.exec(line) ?? assert.fail(`no sentence: ${line}`);
    told[word] = line.slice("pmap: ".length);
    // A sentence may begin with a number, and an object has those first.
    told.last = told[word];
  }
  return told;
}

const TIME = String.raw`([\d,.]+ (us|ms|s)|next to nothing)`;
const SPLIT = new RegExp(
  `^Work: ${TIME} a record: ${TIME} to read and parse it, ${TIME} in the script( and its reduce)?, ${TIME} to print`,
);

test("--explain times the first records of a file, and makes neither the output nor the errors file", async () => {
  const args = ["-e", "r => r.n * 2", "--on-error", "skip", "--errors", "errors.jsonl", "-o", "out.jsonl"];
  const told = await explained([...args, "input.jsonl"]);
  assert.match(told.Timed ?? "", /^Timed [\d,]+ records in one worker/);
  assert.match(told.Work ?? "", SPLIT);
  assert.match(told.Transfer ?? "", new RegExp(`^Transfer: at most ${TIME} a record`));
  assert.match(told.Chunks ?? "", /^Chunks: 1\.\dK, the input in about 1,024 parts/);
  assert.match(told.Workers ?? "", /^Workers: 2, as --cores says/);
  // On a busy machine the time may be over before a batch has been run to its end.
  const unknown = "How many records the input has is not known: no chunk was done in the time\\.";
  const estimate = `Estimate for (about )?[\\d,]+ records: ${TIME} in one process, `;
  assert.match(told.Estimate ?? told.How ?? "", new RegExp(`^(${estimate}|${unknown}$)`));
  assert.match(told.Serial ?? told.last ?? "", /^Serial would be faster |of work are too few to tell from which/);
  assert.equal(
    told.Fields,
    "Fields: the script reads n of 2 fields; in long inputs the others are checked and not made.",
  );
  if (told.Estimate !== undefined) {
    const command =
      "pmap (--mode inline )?-c 2 -e 'r => r.n \\* 2' --on-error skip --errors errors.jsonl -o out.jsonl input.jsonl";
    assert.match(
      told.Recommended ?? "",
      new RegExp(`^Recommended: (as it is|all \\d+ cores|one process, without workers): ${command}$`),
    );
  }
});

test("--explain runs scripts as they are: a filter, a generator, a reduce, groups", async () => {
  for (const args of [
    [fixture("filters_odd.mjs"), "input.jsonl"],
    [fixture("generates.mjs"), "input.jsonl"],
    ["-e", "_.n", "--reduce", "(a, b) => a + b", "input.jsonl"],
    ["-e", "_.n", "--key", "_.n % 7", "--reduce", "(a, b) => a + b", "input.jsonl"],
  ]) {
    const told = await explained(args);
    assert.match(told.Work ?? "", SPLIT, args.join(" "));
  }
  const again = await explained(["--key", "_.n % 7", "--reduce", "(a, b) => a", "input.jsonl"]);
  assert.match(again.Chunks ?? "", /^Chunks: from 1K to 8M, growing with the offset/);
});

test("--explain says what its estimate does not count", async () => {
  const rows = "(n) => ({ n })";
  const range = ["--range", "1..50"];
  const packed = await explained([...range, "-e", rows, "-o", "out.jsonl.gz"]);
  assert.equal(packed.Not, "Not in it: compressing the output.");
  const parquet = await explained([...range, "-e", rows, "-o", "out.parquet"]);
  assert.equal(parquet.Not, "Not in it: making row groups of the rows.");
  const groups = ["--key", "_ % 7", "--reduce", "(a, b) => a + b", "-o", "out.csv.gz"];
  const all = await explained([...range, "-e", "_", ...groups]);
  assert.equal(all.Not, "Not in it: merging the groups, when all records have been read; compressing the output.");
  assert.equal((await explained([...range, "-e", rows])).Not, undefined);
});

test("what a slow record costs is found in the script, and pays from few records on", async () => {
  // Much more than a message takes on a busy machine, where every one waits for its turn on a core.
  const code = "n => { const end = performance.now() + 200; while (performance.now() < end); return n }";
  const told = await explained(["--range", "1..100000", "-e", code]);
  const [, timed = ""] = /^Timed ([\d,]+) /.exec(told.Timed ?? "") ?? [];
  assert.ok(Number(timed) >= 1 && Number(timed) <= 40, told.Timed);
  assert.match(told.Work ?? "", /^Work: [2-9]\d\d ms a record: .* parse it, [2-9]\d\d ms in the script/);
  assert.match(told.Chunks ?? "", /^Chunks: 98 numbers, /);
  assert.match(
    told.Estimate ?? "",
    /^Estimate for about 100,000 records: [\d,]+ s in one process, [\d,]+ s with 2 workers/,
  );
  assert.match(told.Serial ?? "", /^Serial would be faster below about \d{1,3} records?; not here\.$/);
  assert.match(
    told.Recommended ?? "",
    /^Recommended: (as it is: pmap -c 2|all \d+ cores: pmap) --range 1\.\.100000 -e /,
  );
});

test("of an asynchronous script the work is not split, and of a stream no total is told", async () => {
  const code = "async r => { await new Promise((done) => setTimeout(done, 1)); return r.n }";
  const told = await explained(["--concurrency", "4", "-e", code], `${lines.join("\n")}\n`);
  assert.match(told.Work ?? "", /a record, with up to 4 in flight; not split, because the script is asynchronous\.$/);
  assert.match(told.Chunks ?? "", /^Chunks: blocks of whole records, as the stream brings them\.$/);
  assert.equal(told.How, "How many records the input has cannot be known before it has been read.");
  assert.equal(told.Estimate, undefined);
});

test("of a tiny input all records are timed, and of an empty one it is said that there are none", async () => {
  for (const told of [await explained(["-e", "_", "tiny.jsonl"]), await explained(["-e", "_"], "1\n2\n3\n")]) {
    assert.match(told.Timed ?? "", /^Timed 3 records in one worker, all that there are/);
    assert.match(told.Estimate ?? "", /^Estimate for 3 records: /);
    assert.match(told.Serial ?? "", /^Serial would be faster (here; |at any length: |below about )/);
  }
  for (const told of [await explained(["-e", "_", "empty.jsonl"]), await explained(["-e", "_"], "")]) {
    assert.equal(told.There, "There is no record to time.");
    assert.match(told.Workers ?? "", /^Workers: 2, /);
  }
});

test("--limit and --chunk are kept to", async () => {
  const told = await explained(["--limit", "5", "--chunk", "64K", "-e", "_.n", "input.jsonl"]);
  assert.match(told.Timed ?? "", /^Timed 5 records /);
  assert.equal(told.Chunks, "Chunks: 64K, as --chunk says.");
});

test("a stream that never ends is not waited for", async () => {
  const { stdout, stderr } = await runShell("yes 1 | pmap --explain -e _; echo $?");
  assert.equal(stdout, "0\n");
  assert.match(sentences(stderr).Timed ?? "", /^Timed [\d,]+ records /);
  const slow = startPmap(["--explain", "-e", "_"], { cwd: folder });
  // And then nothing: the stream stays open until pmap has gone.
  slow.stdin?.write("1\n2\n");
  const { code, stderr: told } = await finished(slow);
  assert.equal(code, 0);
  assert.match(told, /^pmap: Timed 2 records in one worker\.$/m);
});

test("with --explain a record that fails is told as it would be in the job", async () => {
  const { code, stdout, stderr } = await runPmap(["--explain", "-e", "_", "broken.jsonl"], { cwd: folder });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^pmap: broken\.jsonl:3: Cannot parse the record/);
});

test("with --explain a file about the job is refused, and not touched", async () => {
  for (const name of ["stats", "report", "trace", "profile", "joblog"]) {
    const args = ["--explain", `--${name}=tiny.jsonl`, "-e", "_", "input.jsonl"];
    const { code, stdout, stderr } = await runPmap(args, { cwd: folder });
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, new RegExp(`^pmap: Cannot use --${name} with --explain: `));
  }
});
