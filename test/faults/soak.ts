// npm run soak [-- minutes]: workers are killed about every 0.7 s and coordinators about every second, for some minutes, job
// after job; the bytes must come out right, and nothing may stay. `bun test/faults/soak.ts` and `deno run -A test/faults/soak.ts` soak theirs.
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom, killOne, seed, workersOf } from "../support/disturb.ts";
import {
  eventually,
  finished,
  fixture,
  ownRuntime,
  processesWith,
  type Result,
  startPmap,
} from "../support/run-pmap.ts";

const minutes = Number(process.argv[2] ?? 2);
const folder = mkdtempSync(join(tmpdir(), "pmap-soak-"));
const env = { TMPDIR: join(folder, "tmp"), PMAP_SOAK_MARK: folder };
const input = join(folder, "input.jsonl");
const sum = ["--reduce", "(a, b) => ({ n: a.n + b.n, hash: (a.hash + b.hash) | 0 })"];
const jobs: readonly (readonly string[])[] = [[], sum, ["--key", "_.n % 40", ...sum]];
const random = createRandom(seed);
const kills = { workers: 0, coordinators: 0 };
/** In a quarter of a minute it is a dozen or more of each; fewer would mean that nothing is tested. */
const LEAST_KILLS = 3;

console.log(`PMAP_TEST_SEED=${seed}, ${minutes} minutes on ${ownRuntime}, ${folder}`);
mkdirSync(env.TMPDIR);
writeFileSync(input, Array.from({ length: 16_000 }, (_, n) => `{"n":${n}}\n`).join(""));
const expected: string[] = [];
for (const [i, job] of jobs.entries()) {
  const output = join(folder, `whole-${i}`);
  const result = await finished(start(job, output), "");
  assert.equal(result.code, 0, result.stderr);
  expected.push(md5(output));
}

const until = Date.now() + minutes * 60_000;
let running: ChildProcess | undefined;
repeat(700, () => {
  if (running?.pid !== undefined && killOne(workersOf(running.pid), random) !== undefined) kills.workers++;
});
repeat(1000, () => {
  if (running?.exitCode === null && running.kill("SIGKILL")) kills.coordinators++;
});
let rounds = 0;
for (; Date.now() < until || rounds < jobs.length; rounds++) await runRound(rounds % jobs.length);

assert.ok(await eventually(() => processesWith(`PMAP_SOAK_MARK=${folder}`).length === 0), "processes are left");
const left = [...readdirSync(folder), ...readdirSync(env.TMPDIR)].filter((name) => /^\.|^pmap-/.test(name));
assert.deepEqual(left, []);
const all = `${rounds} rounds, ${kills.workers} workers and ${kills.coordinators} coordinators killed`;
assert.ok(kills.workers >= LEAST_KILLS && kills.coordinators >= LEAST_KILLS, `nothing was tested: ${all}`);
rmSync(folder, { recursive: true });
console.log(`${all}, always the same bytes`);

/** Runs a job, again and again with --resume while its coordinators are killed, and compares its bytes. */
async function runRound(job: number): Promise<void> {
  const output = join(folder, `round-${rounds}`);
  let result: Result;
  do result = await runDisturbed(jobs[job] as readonly string[], output);
  while (result.signal === "SIGKILL");
  assert.equal(result.code, 0, `round ${rounds}: ${result.stderr}`);
  assert.equal(md5(output), expected[job], `round ${rounds} has other bytes: ${output}`);
  rmSync(output);
}

async function runDisturbed(job: readonly string[], output: string): Promise<Result> {
  running = start([...job, "--resume"], output);
  return finished(running, "");
}

/** Does it about every so many milliseconds, at random, until the time is over. */
function repeat(everyMs: number, action: () => void): void {
  const next = () => {
    if (Date.now() >= until) return;
    action();
    repeat(everyMs, action);
  };
  setTimeout(next, everyMs * (0.5 + random()));
}

function start(job: readonly string[], output: string) {
  const args = ["-c", "2", "--retries", "20", ...job, fixture("hashes_slowly.mjs"), input, "-o", output];
  return startPmap(args, { env, cwd: folder });
}

function md5(path: string): string {
  return createHash("md5").update(readFileSync(path)).digest("hex");
}
