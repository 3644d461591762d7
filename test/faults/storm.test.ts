import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createRandom, killOne, seed, workersOf } from "../support/disturb.ts";
import {
  eventually,
  finished,
  fixture,
  processesWith,
  type Result,
  runPmap,
  startPmap,
  temporaryFolder,
} from "../support/run-pmap.ts";

// Workers and coordinators die at random times; what comes out is what an undisturbed run gives.

console.log(`PMAP_TEST_SEED=${seed}`);

const folder = temporaryFolder();
const records = 1600;
// Long enough that a pipe makes several blocks of them, also of the large ones of a keyed reduce.
const padding = "-".repeat(5000);
const input = Array.from(
  { length: records },
  (_, n) => `${JSON.stringify({ n, last: n === records - 1, padding })}\n`,
).join("");
writeFileSync(join(folder, "in.jsonl"), input);
const script = fixture("works_until_told.mjs");
const sum = ["--reduce", "(a, b) => ({ n: a.n + b.n, wave: a.wave + b.wave })"];
const jobs: [name: string, args: readonly string[]][] = [
  ["a map", []],
  ["a reduce", sum],
  ["a keyed reduce", ["--key", "_.n % 40", ...sum]],
];
let nextSeed = seed;
const WORKER_KILLS = 4;
const COORDINATOR_KILLS = 2;

interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Makes the file without which no job comes to its end. */
  allowEnd(): void;
  /** Asserts that nothing is left but the input, this output and what is said to be. */
  assertTidy(): Promise<void>;
}

function place(): Place {
  const cwd = mkdtempSync(join(folder, "storm-"));
  mkdirSync(join(cwd, "tmp"));
  const mark = `${process.pid}-${cwd}`;
  const flag = join(cwd, "flag");
  const left = () => readdirSync(join(cwd, "tmp")).filter((name) => name.startsWith("pmap-"));
  return {
    cwd,
    env: { PMAP_TEST_MARK: mark, PMAP_TEST_FLAG: flag, TMPDIR: join(cwd, "tmp") },
    allowEnd: () => writeFileSync(flag, ""),
    async assertTidy() {
      assert.ok(await eventually(() => processesWith(`PMAP_TEST_MARK=${mark}`).length === 0), "a process is left");
      assert.ok(await eventually(() => left().length === 0), `left in the temporary folder: ${left()}`);
      assert.deepEqual(
        readdirSync(cwd).filter((name) => name.includes(".pmap")),
        [],
      );
    },
  };
}

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const wanted = new Map<string, Promise<string>>();

/** The checksum of an undisturbed run's bytes. Float sums of a pipe may differ from those of a file: its chunks are others. */
function undisturbed(args: readonly string[], from: "file" | "pipe"): Promise<string> {
  const key = [...args, args.length > 0 && from].join();
  const known = wanted.get(key) ?? runUndisturbed(args, from);
  wanted.set(key, known);
  return known;
}

async function runUndisturbed(args: readonly string[], from: "file" | "pipe"): Promise<string> {
  const { cwd, env, allowEnd } = place();
  allowEnd();
  const all = ["-c", "2", ...args, script, ...(from === "file" ? ["../in.jsonl"] : [])];
  const { code, stdout, stderr } = await runPmap(all, { cwd, env, stdin: from === "file" ? "" : input });
  assert.equal(code, 0, stderr);
  assert.ok(stdout.length > 0);
  return md5(stdout);
}

/**
 * Kills workers at random times until a number of them has died of it; returns how many did when the job ends before.
 * Never one that starts after another that starts: three in a row, and pmap rightly takes the runtime for broken.
 */
async function killWorkers(child: ChildProcess, times: number, random: () => number): Promise<number> {
  let said = "";
  child.stderr?.on("data", (data: Uint8Array) => {
    said += new TextDecoder().decode(data);
  });
  let onlyStarted = false;
  for (let kills = 0; ; ) {
    await pause(20 + random() * 200);
    if (kills >= times || child.exitCode !== null || child.signalCode !== null) return kills;
    const started = new Set(Array.from(said.matchAll(/started (\d+)/g), ([, pid]) => Number(pid)));
    const victim = killOne(
      workersOf(child.pid as number).filter((pid) => !onlyStarted || started.has(pid)),
      random,
    );
    if (victim === undefined) continue;
    onlyStarted = !started.has(victim);
    kills++;
  }
}

for (const [name, args] of jobs) {
  for (const from of ["file", "pipe"] as const) {
    test(`${name} on a ${from} gives an undisturbed run's bytes while its workers are killed`, async () => {
      const should = await undisturbed(args, from);
      const { cwd, env, allowEnd, assertTidy } = place();
      const random = createRandom(nextSeed++);
      const ends = from === "file" ? ["../in.jsonl", "-o", "out"] : [];
      const child = startPmap(["-c", "2", "--retries", "1000", ...args, script, ...ends], { cwd, env });
      const ended = finished(child, from === "pipe" ? input : "");
      const kills = await killWorkers(child, WORKER_KILLS, random);
      allowEnd();
      const { code, stdout, stderr } = await ended;
      assert.equal(code, 0, stderr);
      assert.equal(kills, WORKER_KILLS, "the job was done before its workers could be killed");
      assert.equal(md5(from === "file" ? readFileSync(join(cwd, "out"), "utf8") : stdout), should);
      await assertTidy();
    });
  }

  test(`${name} comes to an undisturbed run's bytes with --resume while workers and coordinators are killed`, async () => {
    const should = await undisturbed(args, "file");
    const { cwd, env, allowEnd, assertTidy } = place();
    const random = createRandom(nextSeed++);
    const all = ["-c", "2", "--retries", "1000", ...args, script, "../in.jsonl", "-o", "out", "--resume"];
    let result: Result | undefined;
    let workerKills = 0;
    for (let kills = 0; kills <= COORDINATOR_KILLS; kills++) {
      if (kills === COORDINATOR_KILLS) allowEnd();
      const child = startPmap(all, { cwd, env });
      const ended = finished(child, "");
      if (kills < COORDINATOR_KILLS) {
        const killing = killWorkers(child, Number.POSITIVE_INFINITY, random);
        await eventually(() => workersOf(child.pid as number).length > 0);
        await pause(300 + random() * 900);
        child.kill("SIGKILL");
        workerKills += await killing;
      }
      result = await ended;
      if (kills < COORDINATOR_KILLS) assert.equal(result.signal, "SIGKILL", result.stderr);
    }
    assert.equal(result?.code, 0, result?.stderr);
    assert.ok(workerKills > 0, "no worker could be killed");
    assert.equal(md5(readFileSync(join(cwd, "out"), "utf8")), should);
    await assertTidy();
  });
}
