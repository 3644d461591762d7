import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ownRuntime, runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";
import { hasStatsForm } from "../support/stats-form.ts";
import { hasTerminal, pmapInTerminal } from "../support/terminal.ts";

// The end of a job: one line on a terminal or with -v, rejects with the next step, the slowest records, and the form of --stats.

const folder = temporaryFolder();
const options = { cwd: folder };
writeFileSync(join(folder, "in.jsonl"), `${Array.from({ length: 300 }, (_, n) => n).join("\n")}\n{\n`);
writeFileSync(
  join(folder, "throws.mjs"),
  'export default (n) => { if (n === 7) throw new Error("no 7"); return n };\n',
);
const needs = { skip: hasTerminal ? false : "needs util-linux's script" };

test("-v tells records, time, rate, cores, outcomes, and the first reject of each kind", async () => {
  const code = "n => { if (n % 100 === 7) throw new Error('no'); return n % 2 ? n : undefined }";
  const args = ["-v", "-c", "2", "--on-error", "skip", "-e", code, "in.jsonl"];
  const { code: status, stderr } = await runPmap(args, options);
  assert.equal(status, 0, stderr);
  const [head = "", ...lines] = stderr.trimEnd().split("\n");
  assert.match(
    head,
    /^pmap: 301 records in \d+\.\d\d s, [\d.]+k?\/s, \d\.\d\d of 2 cores, 147 kept, 150 filtered, 4 rejected \(3 throw, 1 parse\)$/,
  );
  assert.ok(lines.includes("  first throw: in.jsonl:8: map threw Error: no"), stderr);
  assert.ok(
    lines.some((line) => line.startsWith("  first parse: in.jsonl:301: Cannot parse the record")),
    stderr,
  );
  assert.ok(lines.includes("  See them with --errors FILE"), stderr);
});

test("the command that the summary names maps the rejects again", async () => {
  const errors = join(folder, "it's kept.jsonl");
  const { stderr } = await runPmap(["--on-error", "skip", "--errors", errors, "throws.mjs", "in.jsonl"], options);
  const [, command = ""] = /^ {2}Map them again with: (pmap .*)$/m.exec(stderr) ?? [];
  writeFileSync(join(folder, "throws.mjs"), "export default (n) => n;\n");
  writeFileSync(errors, readFileSync(errors, "utf8").split("\n").slice(0, 1).join("\n"));
  const again = await runShell(command, options);
  assert.deepEqual([again.code, again.stdout], [0, "7\n"], again.stderr);
});

test("that command has the flags without which the rejects would be other records", async () => {
  writeFileSync(join(folder, "rows.csv"), "a;b\n1;x\n2;y;z\n");
  const code = "r => { if (r.a === 2) throw Error('no'); return r; }";
  const args = [
    "--types",
    "auto",
    "--ragged",
    "--delimiter",
    ";",
    "--on-error",
    "skip",
    "--errors",
    "typed",
    "-e",
    code,
  ];
  const { stderr } = await runPmap([...args, "rows.csv"], options);
  const [, command = ""] = /^ {2}Map them again with: (pmap .*)$/m.exec(stderr) ?? [];
  const again = await runShell(command.replace("r.a === 2", "false"), options);
  assert.deepEqual([again.code, again.stdout], [0, '{"a":2,"b":"y","_3":"z"}\n'], command);
});

test("a slow record is named with its line, without --stats too", async () => {
  // By the clock of the report: another one may see the same time as a millisecond less.
  const spin = (ms: string) =>
    `n => { const end = performance.now() + (${ms}); while (performance.now() < end); return n }`;
  writeFileSync(join(folder, "numbers"), `${Array.from({ length: 300 }, (_, n) => n).join("\n")}\n`);
  const { stderr } = await runPmap(["-v", "-e", spin("n === 123 ? 1200 : 0"), "numbers"], options);
  // Quick records beside it may be timed together with it.
  const [, from, to] = /^ {2}slowest: numbers:(\d+)(?:-(\d+))? [1-9]\.\d s/m.exec(stderr) ?? [];
  assert.ok(Number(from) <= 124 && 124 <= Number(to ?? from), stderr);
  const all = await runPmap(["-v", "--limit", "40", "-e", spin("n === 23 ? 400 : 20"), "numbers"], options);
  assert.match(all.stderr, /^ {2}slowest: numbers:24 (?:[4-9]\d\d ms|\d\.\d s), numbers:\d+ \d+ ms/m);
});

test(
  "on a terminal a job whose records go elsewhere says one line, with -q and --progress off none",
  needs,
  async () => {
    writeFileSync(join(folder, "few"), "1\n2\n");
    const args = ["-e", "_", join(folder, "few"), "-o", join(folder, "out")];
    const { code, screen } = await pmapInTerminal(args).ended;
    assert.equal(code, 0);
    assert.equal(screen.length, 1);
    assert.match(screen[0] ?? "", /^pmap: 2 records in \d+\.\d\d s, [\d.]+\/s, \d\.\d\d of \d+ cores?$/);
    for (const flag of [["-q"], ["--progress", "off"]])
      assert.deepEqual((await pmapInTerminal([...flag, ...args]).ended).screen, []);
  },
);

test("a program behind pmap that has the terminal is not disturbed", {
  skip: needs.skip || process.platform !== "linux",
}, async () => {
  const around = (command: string) => `${command} | cat`;
  const { screen } = await pmapInTerminal(["-e", "_", join(folder, "few")], { around }).ended;
  assert.deepEqual(screen, ["1", "2"]);
});

test("--stats=FILE has the form that docs/stats.schema.json describes", async () => {
  for (const args of [
    ["-e", "_", "numbers"],
    ["-e", "async n => n", "numbers"],
    ["--mode", "thread", "--range", "1..1000", "-e", "_", "--reduce", "(a, b) => a + b"],
    ["-e", "_", "/dev/null"],
  ]) {
    const { code, stderr } = await runPmap(["--stats=stats.json", ...args], options);
    assert.equal(code, 0, stderr);
    const stats: Record<string, unknown> = JSON.parse(readFileSync(join(folder, "stats.json"), "utf8"));
    assert.ok(hasStatsForm(stats), JSON.stringify(hasStatsForm.errors));
    if (ownRuntime === "node" && !args.includes("--mode")) assert.equal(typeof stats.coresUsed, "number");
    // What is new, or gone, is seen here.
    const missing = { ...stats, version: undefined };
    assert.ok(!hasStatsForm(missing) && !hasStatsForm({ ...stats, other: 1 }));
  }
});
