// Files that are written about a job: one that cannot be written is told before the job, or leaves the job's output complete.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const RECORDS = 100;
const lines = Array.from({ length: RECORDS }, (_, n) => `${n}\n`).join("");
const JOB = ["-q", "-c1", "-e", "_", "in.jsonl", "-o", "out.jsonl"];
const REPORTS = ["stats", "report", "trace", "profile"];
const needsFull = { skip: existsSync("/dev/full") ? false : "needs /dev/full" };

function place(): string {
  const cwd = mkdtempSync(join(folder, "job-"));
  writeFileSync(join(cwd, "in.jsonl"), lines);
  return cwd;
}

async function refuses(flags: readonly string[], message: string): Promise<void> {
  const cwd = place();
  for (const more of [[], ["--dry-run"]]) {
    const { code, stdout, stderr } = await runPmap([...flags, ...JOB, ...more], { cwd });
    assert.deepEqual({ code, stdout, stderr }, { code: 2, stdout: "", stderr: `pmap: ${message}\n` }, flags.join(" "));
    assert.deepEqual(readdirSync(cwd), ["in.jsonl"], flags.join(" "));
  }
}

const flagsFor = (name: string, path: string) => [
  `--${name}=${path}`,
  ...(name === "errors" ? ["--on-error", "skip"] : []),
];

for (const name of [...REPORTS, "joblog", "errors"])
  test(`a place for --${name} that cannot be written is told before the job`, async () => {
    await refuses(flagsFor(name, "none/file"), 'Cannot write "none/file": there is no folder "none"');
    await refuses(flagsFor(name, folder), `Cannot write "${folder}": it is a folder`);
    const closed = join(mkdtempSync(join(folder, "closed-")), "file");
    chmodSync(join(closed, ".."), 0o555);
    if (process.getuid?.() !== 0) await refuses(flagsFor(name, closed), `Cannot write "${closed}": permission denied`);
  });

for (const name of REPORTS)
  test(`a disk that is full for --${name} leaves the output complete, and says so`, needsFull, async () => {
    const cwd = place();
    const { code, stdout, stderr } = await runPmap([`--${name}=/dev/full`, ...JOB], { cwd });
    const what = name === "stats" ? "stats file" : name;
    const wanted = `pmap: Cannot write "/dev/full": no space left on the device; the output is complete, only the ${what} is missing\n`;
    assert.deepEqual({ code, stdout, stderr }, { code: 1, stdout: "", stderr: wanted });
    assert.equal(readFileSync(join(cwd, "out.jsonl"), "utf8"), lines);
  });

test("one file that cannot be written does not keep another from being written", needsFull, async () => {
  const cwd = place();
  const { code, stderr } = await runPmap(["--report=/dev/full", "--trace=t.json", "--stats=s.json", ...JOB], { cwd });
  assert.equal(code, 1);
  assert.match(stderr, /^pmap: Cannot write "\/dev\/full": .* only the report is missing\n$/);
  assert.equal(JSON.parse(readFileSync(join(cwd, "s.json"), "utf8")).total.records, RECORDS);
  assert.ok(Array.isArray(JSON.parse(readFileSync(join(cwd, "t.json"), "utf8")).traceEvents));
});

test("a job that is refused, or fails, leaves no stats and keeps those that are there", async () => {
  const cwd = place();
  writeFileSync(join(cwd, "old.json"), "old");
  symlinkSync("nowhere.json", join(cwd, "link.json"));
  for (const job of [
    ["-e", "_", "in.jsonl", "-o", "none/out"],
    ["-e", "no()", "in.jsonl"],
  ])
    for (const file of ["new.json", "old.json", "link.json"]) {
      const { code } = await runPmap([`--stats=${file}`, "-c1", ...job], { cwd });
      assert.notEqual(code, 0);
      assert.deepEqual(readdirSync(cwd).sort(), ["in.jsonl", "link.json", "old.json"]);
    }
  assert.equal(readFileSync(join(cwd, "old.json"), "utf8"), "old");
});

test("a job that is refused keeps the log of batches that is there", async () => {
  const cwd = place();
  writeFileSync(join(cwd, "log.tsv"), "old");
  const { code } = await runPmap(["--joblog", "log.tsv", "-e", "_", "in.jsonl", "-o", "none/out"], { cwd });
  assert.equal(code, 2);
  assert.equal(readFileSync(join(cwd, "log.tsv"), "utf8"), "old");
});

test("no file is written over the script, or over another one of the job", async () => {
  const cwd = place();
  const code = "export default (n) => n;\n";
  writeFileSync(join(cwd, "s.mjs"), code);
  for (const name of [...REPORTS, "joblog", "errors"]) {
    const told = await runPmap([...flagsFor(name, "s.mjs"), "s.mjs", "in.jsonl"], { cwd });
    assert.deepEqual([told.code, told.stdout], [2, ""], name);
    assert.match(told.stderr, /^pmap: Cannot write .* to "s\.mjs": it is the script\n$/);
  }
  const twice = await runPmap(["--stats=x", "--joblog=./x", "s.mjs", "in.jsonl"], { cwd });
  assert.deepEqual(
    [twice.code, twice.stderr],
    [2, 'pmap: Cannot write the log of batches to "./x": something else is written there\n'],
  );
  const nowhere = await runPmap(["--stats=/dev/null", "--joblog=/dev/null", "-q", "s.mjs", "in.jsonl"], { cwd });
  assert.deepEqual([nowhere.code, nowhere.stderr, nowhere.stdout], [0, "", lines]);
  assert.equal(readFileSync(join(cwd, "s.mjs"), "utf8"), code);
});
