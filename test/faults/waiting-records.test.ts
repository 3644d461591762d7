// Ctrl-C while asynchronous records wait to be started: none starts, those that run are kept, and no record runs again at --resume.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { contentOf, eventually, finished, runPmap, startPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const COUNT = 200;
const input = join(folder, "input.txt");
writeFileSync(input, Array.from({ length: COUNT }, (_, n) => `${n}\n`).join(""));
const script = join(folder, "waits.mjs");
writeFileSync(
  script,
  `import { appendFileSync, existsSync } from "node:fs";
const { PMAP_TEST_FLAG: flag } = process.env;
export default async (record) => {
  appendFileSync(flag, record + "\\n");
  while (!existsSync(flag + ".go")) await new Promise((resolve) => setTimeout(resolve, 5));
  return { n: Number(record) };
};
`,
);
/** Its record 150 does not end. */
const hangs = join(folder, "hangs.mjs");
writeFileSync(
  hangs,
  'export default (record) => (record === "150" ? new Promise((resolve) => setTimeout(resolve, 1e6)) : record);\n',
);

const outputOf = (count: number) => Array.from({ length: count }, (_, n) => `{"n":${n}}\n`).join("");

function stderrOf(child: ReturnType<typeof startPmap>): () => string {
  let said = "";
  child.stderr?.on("data", (data) => {
    said += data;
  });
  return () => said;
}

for (const [name, flags, atOnce] of [
  ["a number at once of all workers together", ["--total-concurrency", "3"], 3],
  ["a rate", ["--rate", "3/h"], 1],
  ["a number at once of each worker", ["--concurrency", "2"], 2],
  ["attempts that may follow", ["--total-concurrency", "3", "--retry-throws", "2"], 3],
  ["columns that the first record says", ["--total-concurrency", "3", "--to", "csv"], 1],
] as const) {
  test(`with ${name}, a job that is interrupted keeps what it has done, and no record runs twice`, async () => {
    const cwd = mkdtempSync(join(folder, "job-"));
    const isCsv = flags.some((word) => word === "csv");
    const flag = join(cwd, "flag");
    const env = { PMAP_TEST_FLAG: flag };
    const job = ["-c", "1", ...flags, "--from", "text", script, input, "-o", "out"];
    const started = () => contentOf(flag).split("\n").slice(0, -1);
    const child = startPmap(job, { env, cwd });
    const said = stderrOf(child);
    const ended = finished(child, "");
    assert.ok(await eventually(() => started().length >= atOnce));
    process.kill(child.pid as number, "SIGINT");
    assert.ok(await eventually(() => said().includes("waiting up to 5 s")));
    writeFileSync(`${flag}.go`, "");
    const { code, stderr } = await ended;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /pmap: interrupted; the same command with --resume goes on\n$/);
    const before = started();
    assert.ok(before.length >= atOnce && before.length < COUNT / 2, `${before.length} have started`);
    const faster = flags.map((word) => (word === "3/h" ? "1000/s" : word));
    const resumed = await runPmap(["-c", "1", ...faster, ...job.slice(2 + flags.length), "--resume"], { env, cwd });
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.match(resumed.stderr, new RegExp(`^pmap: resuming "out": ${before.length} records? w(as|ere) done\n`));
    assert.deepEqual(
      started()
        .map(Number)
        .sort((a, b) => a - b),
      Array.from({ length: COUNT }, (_, n) => n),
    );
    const lines = outputOf(COUNT);
    assert.equal(readFileSync(join(cwd, "out"), "utf8"), isCsv ? `n\n${lines.replace(/[^\d\n]/g, "")}` : lines);
  });
}

test("a second Ctrl-C ends the job at once, and still says where it goes on and how far it was", async () => {
  const cwd = mkdtempSync(join(folder, "second-"));
  const job = ["-c", "1", "--from", "text", hangs, input, "-o", "out", "--progress", "json"];
  const child = startPmap(job, { cwd });
  const said = stderrOf(child);
  const ended = finished(child, "");
  assert.ok(await eventually(() => /"records":[1-9]/.test(said())), said());
  process.kill(child.pid as number, "SIGINT");
  assert.ok(await eventually(() => said().includes("waiting up to 5 s")), said());
  process.kill(child.pid as number, "SIGINT");
  const { code, stderr } = await ended;
  assert.equal(code, 130);
  assert.match(stderr, /\npmap: interrupted; the same command with --resume goes on\n/);
  assert.match(stderr, /"event":"ended","ms":\d+,"outcome":"interrupted",.*"records":[1-9]/);
});
