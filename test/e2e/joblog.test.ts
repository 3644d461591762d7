// --joblog: a line a batch, which add up to what the job did.
import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, finished, runPmap, startPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const COLUMNS =
  "Seq Host Starttime JobRuntime Send Receive Exitval Signal Command Worker Records Emitted Filtered Rejected".split(
    " ",
  );
const input = join(folder, "in.jsonl");
writeFileSync(input, Array.from({ length: 3000 }, (_, n) => `${n}\n`).join(""));

type Row = Record<string, string>;

function rowsOf(path: string): Row[] {
  const [head = "", ...lines] = readFileSync(path, "utf8").trimEnd().split("\n");
  assert.deepEqual(head.split("\t"), COLUMNS);
  return lines.map((line) => Object.fromEntries(line.split("\t").map((cell, i) => [COLUMNS[i], cell])));
}

const sum = (rows: readonly Row[], column: string) => rows.reduce((all, row) => all + Number(row[column]), 0);

test("the lines add up to the job, in input order, with times that can be", async () => {
  const log = join(folder, "log.tsv");
  const beganMs = Date.now();
  const code = "(r, ctx) => { if (r % 1000 === 7) throw new Error(`no ${r}`); return r % 2 ? r : undefined }";
  const args = ["-q", "-c", "2", "--chunk", "1K", "--on-error", "skip", "--joblog", log, "-e", code, input];
  const { code: exit, stdout } = await runPmap(args);
  assert.equal(exit, 0);
  const rows = rowsOf(log);
  assert.ok(rows.length > 1);
  assert.deepEqual(
    ["Send", "Receive", "Records", "Emitted", "Filtered", "Rejected", "Exitval", "Signal"].map((name) =>
      sum(rows, name),
    ),
    [readFileSync(input).length, stdout.length, 3000, 1497, 1500, 3, 0, 0],
  );
  assert.deepEqual(
    rows.map(({ Seq }) => Number(Seq)),
    rows.map((_, i) => i + 1),
  );
  const starts = rows.map(({ Command = "" }) => Number(Command.slice(input.length + 1)));
  assert.ok(rows.every(({ Command = "" }) => Command.startsWith(`${input}:`)));
  assert.deepEqual(
    starts,
    [...starts].sort((a, b) => a - b),
  );
  for (const { Starttime, JobRuntime, Host, Worker } of rows) {
    assert.ok(Number(Starttime) * 1000 > beganMs - 1000 && Number(Starttime) * 1000 <= Date.now(), Starttime);
    assert.ok(Number(JobRuntime) >= 0 && Host === ":" && Number(Worker) >= 0);
  }
});

test("a batch whose worker died has its own line with the exit status or the signal, and is run again", async () => {
  for (const [code, exitval, signal] of [
    ["process.exit(3)", 3, 0],
    ["process.kill(process.pid, 'SIGKILL')", 0, 9],
  ] as const) {
    const log = join(folder, `died${exitval}.tsv`);
    const map = `(r) => { if (r === 20) ${code}; return r; }`;
    const args = ["-q", "-c1", "--on-error", "skip", "--joblog", log, "-e", map, input];
    assert.equal((await runPmap(args)).code, 0);
    const rows = rowsOf(log);
    const died = rows.filter(({ Exitval, Signal }) => Exitval !== "0" || Signal !== "0");
    assert.ok(died.length >= 1);
    for (const row of died) assert.deepEqual([row.Exitval, row.Signal, row.Records], [`${exitval}`, `${signal}`, "0"]);
    const done = rows.filter((row) => !died.includes(row));
    assert.deepEqual([sum(done, "Records"), sum(done, "Rejected")], [3000, 1]);
  }
});

test("a batch that ends the job has a line that says so", async () => {
  const log = join(folder, "failed.tsv");
  const { code } = await runPmap(["-c1", "--joblog", log, "-e", "r => { if (r === 5) throw 1; return r; }", input]);
  assert.equal(code, 1);
  assert.equal(rowsOf(log).at(-1)?.Exitval, "1");
});

/** Seq and the counts of all lines: those of a job that ran in one go. */
function assertWhole(rows: readonly Row[]): void {
  assert.deepEqual(
    rows.map(({ Seq }) => Number(Seq)),
    rows.map((_, i) => i + 1),
  );
  const done = rows.filter(({ Exitval, Signal }) => Exitval === "0" && Signal === "0");
  assert.equal(sum(done, "Records"), 3000);
  assert.equal(new Set(done.map(({ Command }) => Command)).size, done.length, "no batch has two lines");
}

test("a run that goes on keeps the lines of the batches that it does not run again", async () => {
  const cwd = mkdtempSync(join(folder, "resume-"));
  const flag = join(cwd, "go");
  const script = join(cwd, "s.mjs");
  writeFileSync(
    script,
    `import { existsSync } from "node:fs";
export default (r) => {
  const end = performance.now() + 2;
  while (!existsSync(${JSON.stringify(flag)}) && (r === 2000 || performance.now() < end));
  return r;
};
`,
  );
  const args = ["-q", "-c1", "--chunk", "1K", "-o", "out", "--joblog", "log.tsv", script, input];
  const job = startPmap(args, { cwd });
  const ended = finished(job, "");
  const log = join(cwd, "log.tsv");
  const journal = join(cwd, ".out.pmap-journal");
  // A line for the job, one for what has been committed.
  const linesOf = (path: string) => (existsSync(path) ? readFileSync(path, "utf8").split("\n").length - 1 : 0);
  assert.ok(await eventually(() => linesOf(log) > 3 && linesOf(journal) > 1));
  job.kill("SIGKILL");
  await ended;
  // As if more had been logged than the journal of the output knows, up to the middle of a line.
  const before = rowsOf(log);
  const again = Object.values(before.at(-1) ?? {}).join("\t");
  appendFileSync(log, `${again}\n${again.slice(0, 20)}`);
  writeFileSync(flag, "");
  assert.equal((await runPmap([...args, "--resume"], { cwd })).code, 0);
  const after = rowsOf(log);
  assertWhole(after);
  assert.deepEqual(after[0], before[0], "what was done is not run again");
  assert.equal(readFileSync(join(cwd, "out"), "utf8"), readFileSync(input, "utf8"));
});

test("a run with --resume that has nothing to go on with starts the log anew", async () => {
  const cwd = mkdtempSync(join(folder, "anew-"));
  const map = "r => { if (r === 2000 && !process.env.GOES) throw 1; return r; }";
  const args = ["-q", "-c1", "--chunk", "1K", "-o", "out", "--joblog", "log.tsv", "-e", map, input];
  assert.equal((await runPmap(args, { cwd })).code, 1);
  assert.equal((await runPmap([...args, "--resume"], { cwd, env: { GOES: "1" } })).code, 0);
  assertWhole(rowsOf(join(cwd, "log.tsv")));
});

test("the log is no input, no output, and a name stays on its line", async () => {
  const before = readFileSync(input, "utf8");
  const same = await runPmap(["--joblog", input, "-e", "_", input]);
  assert.equal(same.code, 2);
  assert.match(same.stderr, /^pmap: Cannot write the log of batches to ".*in.jsonl": it is an input\n/);
  assert.equal(readFileSync(input, "utf8"), before);
  const out = join(folder, "o");
  assert.equal((await runPmap(["-o", out, "--joblog", out, "-e", "_", input])).code, 2);
  const nowhere = await runPmap(["--joblog", join(folder, "none", "log"), "-e", "_", input]);
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /^pmap: Cannot write ".*": there is no folder ".*none"\n$/);
  const odd = join(folder, "a\tb\nc.jsonl");
  writeFileSync(odd, "1\n");
  const log = join(folder, "odd.tsv");
  await runPmap(["-q", "--joblog", log, "-e", "_", odd]);
  assert.equal(rowsOf(log)[0]?.Command, `${join(folder, "a\\tb\\nc.jsonl")}:0`);
});

test("a log on a full disk costs a warning, and not the job", async () => {
  if (!existsSync("/dev/full")) return;
  const { code, stdout, stderr } = await runPmap(["--joblog", "/dev/full", "-e", "_", input]);
  assert.deepEqual([code, stdout.length], [0, readFileSync(input).length]);
  assert.match(
    stderr,
    /^pmap: warning: Cannot write "\/dev\/full": no space left on the device\nThe job goes on without its log\n/,
  );
});
