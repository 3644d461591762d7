import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { killUntilDone } from "../support/kill-until-done.ts";
import { bgzf } from "../support/members.ts";
import { contentOf, eventually, finished, fixture, runPmap, startPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const input = join(folder, "numbers.jsonl");
const records = 24_000;
writeFileSync(input, Array.from({ length: records }, (_, n) => `{"n":${n}}\n`).join(""));

for (const [script, ...flags] of [
  ["hashes_slowly.mjs"],
  ["sums_hashes_slowly.mjs"],
  ["hashes_slowly.mjs", "--chunk", "1M"],
] as const) {
  test(`${[script, ...flags].join(" ")}: after kill -9 of the coordinator, --resume comes to the bytes of an undisturbed run`, async () => {
    const undisturbed = await runPmap([fixture(script), ...flags, input, "-o", "whole"], { cwd: folder });
    assert.equal(undisturbed.code, 0, undisturbed.stderr);
    const kept = readdirSync(folder);
    const kills = await killUntilDone([fixture(script), ...flags, input], folder, "resumed");
    assert.ok(kills > 0, "the job was done before it could be killed");
    assert.equal(readFileSync(join(folder, "resumed"), "utf8"), readFileSync(join(folder, "whole"), "utf8"));
    rmSync(join(folder, "resumed"));
    assert.deepEqual(readdirSync(folder), kept);
  });
}

test("CSV: after kill -9 of the coordinator, --resume comes to the bytes of an undisturbed run, with one header", async () => {
  const csv = join(folder, "numbers.csv");
  const row = (n: number) => `${n},"line ${n}\n""quoted"" ${n}"\n`;
  writeFileSync(csv, `n,text\n${Array.from({ length: records }, (_, n) => row(n)).join("")}`);
  const script = join(folder, "slow.mjs");
  const imported = `import { map } from ${JSON.stringify(fixture("hashes_slowly.mjs"))};`;
  writeFileSync(script, `${imported}\nexport default (r) => ({ text: r.text, ...map({ n: Number(r.n) }) });\n`);
  const undisturbed = await runPmap([script, csv, "-o", "whole.csv"], { cwd: folder });
  assert.equal(undisturbed.code, 0, undisturbed.stderr);
  const kills = await killUntilDone([script, csv], folder, "resumed.csv");
  assert.ok(kills > 0, "the job was done before it could be killed");
  const whole = readFileSync(join(folder, "whole.csv"), "utf8");
  assert.equal(readFileSync(join(folder, "resumed.csv"), "utf8"), whole);
  assert.equal(whole.split("text,n,hash\n").length, 2);
  for (const name of ["numbers.csv", "slow.mjs", "whole.csv", "resumed.csv"]) rmSync(join(folder, name));
});

test("a JSON array: after kill -9 of the coordinator, --resume comes to the bytes of an undisturbed run", async () => {
  const array = join(folder, "numbers.json");
  writeFileSync(
    array,
    JSON.stringify(
      Array.from({ length: records }, (_, n) => ({ n, text: `],[{"\\ ${n}` })),
      undefined,
      1,
    ),
  );
  const script = fixture("hashes_slowly.mjs");
  const undisturbed = await runPmap([script, array, "-o", "whole.out"], { cwd: folder });
  assert.equal(undisturbed.code, 0, undisturbed.stderr);
  const kills = await killUntilDone([script, array], folder, "resumed.out");
  assert.ok(kills > 0, "the job was done before it could be killed");
  assert.equal(readFileSync(join(folder, "resumed.out"), "utf8"), readFileSync(join(folder, "whole.out"), "utf8"));
  for (const name of ["numbers.json", "whole.out", "resumed.out"]) rmSync(join(folder, name));
});

test("compressed: after kill -9 of the coordinator, --resume comes to the file of an undisturbed run", async () => {
  // Much output of each record: blocks end in the middle of records, and between two lines of the journal.
  const script = join(folder, "much.mjs");
  const imported = `import { map } from ${JSON.stringify(fixture("hashes_slowly.mjs"))};`;
  writeFileSync(script, `${imported}\nexport default (r) => ({ ...map(r), more: "é".repeat(r.n % 99) });\n`);
  const undisturbed = await runPmap([script, input, "-o", "whole.gz"], { cwd: folder });
  assert.equal(undisturbed.code, 0, undisturbed.stderr);
  const kills = await killUntilDone([script, input], folder, "resumed.gz");
  assert.ok(kills > 0, "the job was done before it could be killed");
  assert.ok(readFileSync(join(folder, "resumed.gz")).equals(readFileSync(join(folder, "whole.gz"))));
  for (const name of ["much.mjs", "whole.gz", "resumed.gz"]) rmSync(join(folder, name));
});

for (const format of ["jsonl", "csv"]) {
  test(`${format} in a compressed file: after kill -9 of the coordinator, --resume goes on in the middle of it`, async () => {
    const [packed, script] = [join(folder, `numbers.${format}.gz`), join(folder, "of-text.mjs")];
    const row = (n: number) => (format === "csv" ? `${n},"${n}\n"\n` : `{"n":${n}}\n`);
    const header = format === "csv" ? "n,more\n" : "";
    writeFileSync(packed, bgzf(header + Array.from({ length: records }, (_, n) => row(n)).join(""), 997));
    const imported = `import { map } from ${JSON.stringify(fixture("hashes_slowly.mjs"))};`;
    writeFileSync(script, `${imported}\nexport default (r) => map({ n: Number(r.n) });\n`);
    const undisturbed = await runPmap([script, input, "-o", "whole"], { cwd: folder });
    assert.equal(undisturbed.code, 0, undisturbed.stderr);
    const kills = await killUntilDone([script, packed], folder, "resumed");
    assert.ok(kills > 0, "the job was done before it could be killed");
    assert.ok(readFileSync(join(folder, "resumed")).equals(readFileSync(join(folder, "whole"))));
    for (const path of [packed, script, join(folder, "whole"), join(folder, "resumed")]) rmSync(path);
  });
}

test("after a crash of the machine only what was on the disk counts", async () => {
  const lines = Array.from({ length: 100_000 }, (_, n) => `${n}\n`);
  writeFileSync(join(folder, "crash.jsonl"), lines.join(""));
  const args = ["-c", "2", "--chunk", "1K", fixture("may_be_slow.mjs"), "crash.jsonl", "-o", "crashed"];
  const child = startPmap(args, { cwd: folder, env: { PMAP_TEST_SLOW: "1" } });
  const ended = finished(child, "");
  const journal = join(folder, ".crashed.pmap-journal");
  const read = () => contentOf(journal);
  assert.ok(await eventually(() => /"durable":\d+\}\n.*\n/.test(read())), "nothing comes to the disk");
  child.kill("SIGKILL");
  await ended;
  // As if the machine had been started again, and had lost everything that was not on the disk.
  const noted = read().replaceAll(/"boot":"[^"]*"/g, '"boot":"another"');
  writeFileSync(journal, noted);
  const output = join(folder, ".crashed.pmap");
  const entries = noted.split("\n").filter((line) => line.includes('"position"'));
  const durable = Number(/.*"durable":(\d+)/s.exec(noted)?.[1]);
  const { position } = JSON.parse(entries[durable - 1] as string) as { position: number };
  assert.ok(position > 0 && entries.length > durable, "there is nothing to lose");
  truncateSync(output, position);
  const { code, stderr } = await runPmap([...args, "--resume", "-v"], { cwd: folder });
  assert.equal(code, 0, stderr);
  assert.ok(readFileSync(join(folder, "crashed"), "utf8") === lines.join(""));
});

test("an interrupted job says how to go on, and refuses when its input has changed", async () => {
  const args = ["-c", "1", fixture("hashes_slowly.mjs"), input, "-o", "changed"];
  const child = startPmap(args, { cwd: folder });
  const result = finished(child, "");
  assert.ok(await eventually(() => existsSync(join(folder, ".changed.pmap-journal"))));
  // Not child.kill: Deno would then report the end as a signal, whatever the exit code.
  process.kill(child.pid as number, "SIGINT");
  const { code, stderr } = await result;
  assert.equal(code, 130, stderr);
  assert.match(stderr, /--resume goes on/);
  assert.equal(existsSync(join(folder, "changed")), false);
  writeFileSync(input, `${readFileSync(input, "utf8")}{"n":0}\n`);
  const refused = await runPmap([...args, "--resume"], { cwd: folder });
  // Nothing may have been committed yet when the signal came: then there is nothing to refuse.
  if (refused.code === 0) return assert.equal(existsSync(join(folder, "changed")), true);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /Cannot resume "changed": the input changed/);
});

test("a job that is interrupted before it has written anything leaves nothing, and nothing to go on with", async () => {
  writeFileSync(
    join(folder, "sets_up_for_ever.mjs"),
    `export const setup = () => new Promise((resolve) => setTimeout(resolve, 600_000));\nexport default (n) => n;\n`,
  );
  const child = startPmap(["-c", "1", "sets_up_for_ever.mjs", input, "-o", "nothing"], { cwd: folder });
  const result = finished(child, "");
  assert.ok(await eventually(() => existsSync(join(folder, ".nothing.pmap"))));
  process.kill(child.pid as number, "SIGINT");
  const { code, stderr } = await result;
  assert.deepEqual([code, /--resume/.test(stderr)], [130, false], stderr);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes("nothing")),
    [],
  );
});

test("two jobs cannot write the same output at once", async () => {
  const args = ["-c", "1", fixture("hashes_slowly.mjs"), input, "-o", "contested"];
  const child = startPmap(args, { cwd: folder });
  const result = finished(child, "");
  assert.ok(await eventually(() => existsSync(join(folder, ".contested.pmap-lock"))));
  const second = await runPmap(args, { cwd: folder });
  child.kill("SIGKILL");
  await result;
  assert.equal(second.code, 1);
  assert.match(second.stderr, /another pmap \(process \d+ on [^)]+\) is writing it/);
});

test("--resume keeps the order where a script's own option gives it up, and is refused where the command line does", async () => {
  const script = join(folder, "unordered.mjs");
  const output = join(folder, "unordered.jsonl");
  writeFileSync(script, "export const options = { unordered: true };\nexport default (n) => n;\n");
  const { code, stderr } = await runPmap(["--resume", script, input, "-o", output]);
  assert.equal(code, 0, stderr);
  assert.ok(readFileSync(output, "utf8") === readFileSync(input, "utf8"));
  const typed = await runPmap(["--resume", "--unordered", script, input, "-o", join(folder, "typed.jsonl")]);
  assert.equal(typed.code, 2);
  assert.match(typed.stderr, /^pmap: Cannot use --resume with --unordered: nothing tells what is written\n/);
});

test("--resume needs an output that can be gone back to", async () => {
  const { code, stderr } = await runPmap(["--resume", "-e", "_", input]);
  assert.deepEqual([code, stderr.includes("Cannot use --resume without -o")], [2, true]);
  for (const stdout of ["-", "/dev/stdout"]) {
    const named = await runPmap(["--resume", "-e", "_", input, "-o", stdout]);
    const refusal = `pmap: Cannot use --resume with -o ${stdout}: stdout cannot be gone back to\n`;
    assert.deepEqual([named.code, named.stdout, named.stderr], [2, "", refusal]);
  }
});
