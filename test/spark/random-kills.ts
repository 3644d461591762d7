// npm run random-kills:spark -- [--seed N] [--jobs N] [--minutes N]
//
// Jobs on a cluster of two workers, in each of which processes are killed at random: workers, stages, executors and Spark's own
// workers. What comes out has to be what it is on this machine, and nothing may be left behind.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { createRandom, killOne, seed as ownSeed } from "../support/disturb.ts";
import { childrenOf, commandOf } from "../support/proc.ts";
import { finished, processesWith, runPmap, startPmap } from "../support/run-pmap.ts";
import { spark, sparkEnvironment, sparkFlags, startCluster, type TestCluster } from "../support/spark.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(ownSeed) },
    jobs: { type: "string", default: "10" },
    minutes: { type: "string", default: "600" },
  },
});
if ("missing" in spark) throw new Error(`Cannot run jobs on Spark: ${spark.missing}`);

const LEFT_MS = 10_000;
const slow = "let x = 0; for (let i = 0; i < 150_000; i++) x += i;";
const JOBS: Readonly<Record<string, readonly string[]>> = {
  map: ["-e", `r => { ${slow} return [r.n, x]; }`],
  "long output": ["-e", `r => { ${slow} return [r.n, x, "x".repeat(1000)]; }`],
  sum: ["-e", `r => { ${slow} return r.x + x; }`, "--reduce", "(a, b) => a + b"],
  groups: ["-e", `r => { ${slow} return r.x + x; }`, "--key", "_.n % 500", "--reduce", "(a, b) => a + b"],
  parts: ["-e", `r => { ${slow} return [r.n, x]; }`],
};
const VICTIMS = ["worker", "stage", "executor", "Spark's worker"] as const;

const random = createRandom(Number(values.seed));
const folder = mkdtempSync(join(tmpdir(), "random-kills-"));
const lines = Array.from({ length: 20_000 }, (_, i) => `{"n":${i},"x":${i / 7}}\n`);
writeFileSync(join(folder, "in.jsonl"), lines.join(""));
const expected = new Map<string, string>();
for (const [name, args] of Object.entries(JOBS))
  expected.set(name, (await runPmap([...args, "in.jsonl"], { cwd: folder })).stdout);
const cluster = await startCluster(folder);
const kills: Record<string, number> = {};
const counts = { "the same": 0, wrong: 0 };
const until = Date.now() + Number(values.minutes) * 60_000;
for (let i = 0; i < Number(values.jobs) && Date.now() < until; i++) {
  const trouble = await tryJob(i);
  counts[trouble === undefined ? "the same" : "wrong"]++;
  if (trouble !== undefined) console.log(`\nWRONG: job ${i} of --seed ${values.seed}: ${trouble}`);
  console.log(`${i + 1} jobs: ${JSON.stringify({ ...counts, kills })}`);
}
await cluster.stop();
rmSync(folder, { recursive: true, force: true });
process.exit(counts.wrong > 0 ? 1 : 0);

async function tryJob(index: number): Promise<string | undefined> {
  const name = pick(Object.keys(JOBS));
  const out = join(folder, `out-${index}`);
  const to = name === "parts" ? ["-o", pathToFileURL(out).href] : [];
  const mark = `kills-${process.pid}-${index}`;
  // A task may be lost to each of the kills.
  const flags = [...sparkFlags(cluster.master), "-v", "--conf", "spark.task.maxFailures=8"];
  const child = startPmap([...flags, ...(JOBS[name] ?? []), ...to, "in.jsonl"], {
    cwd: folder,
    env: { ...sparkEnvironment(), PMAP_TEST_MARK: mark },
  });
  const killed: string[] = [];
  const killing = killSome(() => child.exitCode === null && child.signalCode === null, killed);
  const about = () => `${name}, killed ${killed.join(", ") || "nothing"}`;
  try {
    const { code, stdout, stderr } = await finished(child, "");
    await killing;
    if (code !== 0) return `${about()}: it ended with ${code}\n${stderr}`;
    const output = name === "parts" ? partsIn(out) : stdout;
    if (output !== expected.get(name)) return `${about()}: ${output.length} other characters\n${stderr}`;
    const left = await whatIsLeft(mark);
    return left.length === 0 ? undefined : `${about()}: left behind are\n${left.join("\n")}`;
  } catch (error) {
    return `${about()}: ${(error as Error).message}`;
  } finally {
    await killing;
    rmSync(out, { recursive: true, force: true });
  }
}

/** Kills one to three processes, each at a moment at which there are stages. */
async function killSome(goesOn: () => boolean, killed: string[]): Promise<void> {
  for (let left = 1 + Math.floor(random() * 3); left > 0; left--) {
    while (goesOn() && stagesOf(cluster).length === 0) await pause(50);
    await pause(random() * 4000);
    if (!goesOn()) return;
    const victim = pick(VICTIMS);
    if (!kill(victim)) continue;
    killed.push(victim);
    kills[victim] = (kills[victim] ?? 0) + 1;
  }
}

function kill(victim: (typeof VICTIMS)[number]): boolean {
  if (victim === "Spark's worker") {
    cluster.killWorker(Math.floor(random() * 2));
    return true;
  }
  const stages = stagesOf(cluster);
  const pids = { executor: cluster.executors(), stage: stages, worker: stages.flatMap(childrenOf) }[victim];
  return killOne(pids, random) !== undefined;
}

function stagesOf({ executors }: TestCluster): number[] {
  return executors()
    .flatMap(childrenOf)
    .filter((pid) => commandOf(pid).includes("spark/stage.js"));
}

/** Of the job, and of its application on the cluster. */
async function whatIsLeft(mark: string): Promise<string[]> {
  // One that has ended, and is about to be waited for, has no command.
  const all = () =>
    [...processesWith(`PMAP_TEST_MARK=${mark}`), ...cluster.executors()]
      .map(commandOf)
      .filter((command) => command !== "");
  for (const end = Date.now() + LEFT_MS; Date.now() < end; ) {
    if (all().length === 0) return [];
    await pause(100);
  }
  return all();
}

function partsIn(out: string): string {
  const names = readdirSync(out).filter((name) => name.startsWith("part-"));
  return names
    .sort()
    .map((name) => readFileSync(join(out, name), "utf8"))
    .join("");
}

function pick<T>(from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
