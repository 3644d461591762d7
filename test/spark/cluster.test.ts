// A standalone cluster on loopback: a master, and two workers that are two machines to Spark.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { JobStats } from "../../api/job-stats-types.ts";
import { childrenOf } from "../support/proc.ts";
import {
  eventually,
  finished,
  ownRuntime,
  runPmap,
  runShell,
  startPmap,
  temporaryFolder,
} from "../support/run-pmap.ts";
import {
  spark,
  sparkEnvironment,
  sparkFlags,
  startCluster,
  type TestCluster,
  withoutWaiting,
} from "../support/spark.ts";

const missing =
  "missing" in spark
    ? spark.missing
    : process.platform === "linux"
      ? undefined
      : "its workers need 127.0.0.2, and /proc";

if (missing !== undefined) test(`--engine spark is not tested on a cluster: ${missing}`, () => {});
else testCluster();

function testCluster(): void {
  const folder = temporaryFolder();
  const env = sparkEnvironment();
  const cwd = folder;
  let cluster: TestCluster;

  before(async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `{"n":${i},"x":${i / 7}}\n`);
    writeFileSync(join(folder, "in.jsonl"), lines.join(""));
    cluster = await startCluster(folder);
  });

  after(() => cluster?.stop());

  const slow = "r => { let x = 0; for (let i = 0; i < 200_000; i++) x += i; return r.x + x; }";
  const groups = ["-e", slow, "--key", "_.n % 500", "--reduce", "(a, b) => a + b", "in.jsonl"];

  test("groups on two executors, one of which is killed on the way, have the same bits", async () => {
    const here = runPmap(groups, { cwd });
    const flags = [...sparkFlags(cluster.master), "-v", "--stats=stats.json"];
    const running = finished(startPmap([...flags, ...groups], { cwd, env }), "");
    const stages = () => cluster.executors().map((executor) => childrenOf(executor).length);
    assert.ok(await eventually(() => stages().length === 2 && stages().every((count) => count > 0)));
    const [first] = cluster.executors();
    process.kill(first as number, "SIGKILL");
    const there = withoutWaiting(await running);
    assert.equal(there.code, 0, there.stderr);
    assert.match(there.stderr, /executor \d+ is lost/);
    assert.ok(there.stdout === (await here).stdout);
    const {
      total,
      perWorker,
      cluster: told,
    } = JSON.parse(readFileSync(join(folder, "stats.json"), "utf8")) as JobStats;
    assert.equal(total.records, 20_000);
    // The worker of Spark's starts another executor, which may be too late to have a task.
    assert.ok(told?.executorsLost === 1 && (told?.executors ?? 0) >= 2, JSON.stringify(told));
    assert.ok(new Set(perWorker.map(({ host }) => host)).size === 2, JSON.stringify(perWorker));
    assert.ok(await eventually(() => cluster.executors().length === 0));
  });

  // Long enough that runs make several ranges, and that ranges of a slow `finish` can be met on their way.
  const long = "n => `${'k'.repeat(60)}${n}`";
  const ranges = (x: string) =>
    `const long = ${long};
export default (r) => ${x};
export const key = (r) => long(r.n);
export const reduce = (a, b) => a + b;
export const finish = (a) => { let x = 0; for (let i = 0; i < 400_000; i++) x += i; return [a, x]; };
`;

  /** Kills an executor when the first ranges of keys have been printed: its runs have to be made again. */
  async function killBetweenHalves(script: string) {
    const flags = [...sparkFlags(cluster.master), "-v", script, "in.jsonl"];
    const child = startPmap(flags, { cwd, env });
    let printed = 0;
    child.stdout?.on("data", (bytes: Buffer) => {
      printed += bytes.length;
    });
    const running = finished(child, "");
    assert.ok(await eventually(() => printed > 0));
    const [first] = cluster.executors();
    process.kill(first as number, "SIGKILL");
    return withoutWaiting(await running);
  }

  test("an executor that is killed when groups are being merged has its runs made again, and they are the same", async () => {
    writeFileSync(join(folder, "ranges.mjs"), ranges("r.x"));
    const here = await runPmap(["ranges.mjs", "in.jsonl"], { cwd });
    const there = await killBetweenHalves("ranges.mjs");
    assert.equal(there.code, 0, there.stderr);
    assert.match(there.stderr, /executor \d+ is lost/);
    assert.ok(there.stdout === here.stdout, `${there.stdout.length} bytes instead of ${here.stdout.length}`);
  });

  test("a script that would make other runs is told, and nothing of these is printed", async () => {
    writeFileSync(join(folder, "random.mjs"), ranges("Math.random()"));
    const there = await killBetweenHalves("random.mjs");
    assert.equal(there.code, 1, there.stderr);
    assert.match(
      there.stderr,
      /^pmap: Cannot run a task on Spark: Cannot repeat a chunk: a machine .*\nA script that/m,
    );
  });

  test("a task that hangs on one machine is overtaken by its copy on another, and its part is there once", async () => {
    const mark = JSON.stringify(join(folder, "hangs"));
    const script = `import { closeSync, openSync } from "node:fs";
const isFirst = () => { try { closeSync(openSync(${mark}, "wx")); return true; } catch { return false; } };
export default (r) => {
  if (r.n === 1000 && isFirst()) for (;;);
  return [r.n, r.x];
};
`;
    writeFileSync(join(folder, "hangs.mjs"), script);
    const conf = { speculation: true, "speculation.quantile": 0.5, "speculation.minTaskRuntime": "1s" };
    const speculation = Object.entries(conf).flatMap(([name, value]) => ["--conf", `spark.${name}=${value}`]);
    const out = join(folder, "overtaken");
    const args = [...speculation, "hangs.mjs", "in.jsonl", "-o", pathToFileURL(out).href];
    const there = withoutWaiting(await runPmap([...sparkFlags(cluster.master), ...args], { cwd, env }));
    assert.deepEqual([there.code, there.stderr], [0, ""]);
    // It is there now: on this machine nothing hangs.
    const here = await runPmap(["hangs.mjs", "in.jsonl"], { cwd });
    const parts = readdirSync(out).filter((name) => name.startsWith("part-"));
    assert.ok(
      parts
        .sort()
        .map((name) => readFileSync(join(out, name), "utf8"))
        .join("") === here.stdout,
    );
    assert.ok(await eventually(() => cluster.executors().length === 0));
  });

  test("what an executor holds for a slow reader is made again where it is killed", async () => {
    const map = ["-e", "r => [r.n, 'x'.repeat(2000)]", "in.jsonl"];
    const here = await runPmap(map, { cwd });
    const child = startPmap([...sparkFlags(cluster.master), "-v", ...map], { cwd, env });
    const running = finished(child, "");
    child.stdout?.pause();
    const blocks = join(folder, "blocks");
    const held = () => (existsSync(blocks) ? readdirSync(blocks, { recursive: true, encoding: "utf8" }) : []);
    assert.ok(await eventually(() => held().filter((name) => /input-\d+-\d+$/.test(name)).length >= 6));
    for (const executor of cluster.executors()) process.kill(executor, "SIGKILL");
    child.stdout?.resume();
    const there = withoutWaiting(await running);
    assert.equal(there.code, 0, there.stderr);
    assert.match(there.stderr, /executor \d+ is lost/);
    assert.ok(there.stdout === here.stdout, `${there.stdout.length} bytes instead of ${here.stdout.length}`);
  });

  test("a reader that has enough ends the job, and its executors with it", async () => {
    const flags = sparkFlags(cluster.master)
      .map((word) => `'${word}'`)
      .join(" ");
    const line = `pmap ${flags} -e '${slow}' in.jsonl | head -1`;
    const { code, stdout, stderr } = withoutWaiting(await runShell(line, { cwd, env }));
    assert.deepEqual([code, stdout.split("\n").length, stderr], [0, 2, ""]);
    assert.ok(await eventually(() => cluster.executors().length === 0));
  });

  if (ownRuntime !== "node") return;
  test("a runtime that the machines do not have is told with the machine, and may go along", async () => {
    // The driver has it on its PATH, the cluster's workers have not.
    const flags = [...sparkFlags(cluster.master), "--runtime", "bun"];
    const { code, stderr } = withoutWaiting(await runPmap([...flags, "-e", "_.n", "in.jsonl"], { cwd, env }));
    assert.equal(code, 1);
    assert.match(stderr, /^pmap: Cannot run a task on Spark: Cannot start "bun" on .*\nInstall it on every machine/);
    const { stdout } = await runPmap([...flags, "--ship-runtime", "-e", "[_.n, typeof Bun]", "in.jsonl"], { cwd, env });
    assert.ok(stdout.endsWith('[19999,"object"]\n') && stdout.split("\n").length === 20_001);
  });
}
