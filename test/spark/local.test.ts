// The same job on Spark and on this machine, on a local master: bytes, messages, rejects, and what is left when a process dies.
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import type { JobStats } from "../../api/job-stats-types.ts";
import { bgzf } from "../support/members.ts";
import { commandOf, killAll } from "../support/proc.ts";
import {
  contentOf,
  eventually,
  finished,
  fixture,
  ownRuntime,
  processesWith,
  runPmap,
  sendSignal,
  startPmap,
  temporaryFolder,
} from "../support/run-pmap.ts";
import { spark, sparkEnvironment, sparkFlags, withoutWaiting } from "../support/spark.ts";
import { hasStatsForm } from "../support/stats-form.ts";

const folder = temporaryFolder();
const env = sparkEnvironment();
const cwd = folder;
const lines = Array.from({ length: 20_000 }, (_, i) =>
  JSON.stringify({ n: i, x: i / 7, key: `k${i % 700}`, text: "é".repeat(i % 9) }),
);
writeFileSync(join(folder, "in.jsonl"), `${lines.join("\n")}\n`);

if ("missing" in spark) test(`--engine spark is not tested on a local master: ${spark.missing}`, () => {});
else testLocal();

interface TraceSlice {
  readonly name: string;
  readonly args: { readonly records: number };
}

function tasksIn(trace: string): TraceSlice[] {
  const { traceEvents } = JSON.parse(readFileSync(trace, "utf8")) as { traceEvents: TraceSlice[] };
  return traceEvents.filter(({ name }) => name === "batch");
}

function sumOf<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((sum, value) => sum + of(value), 0);
}

/** Runs a job here and on Spark. */
async function both(args: readonly string[], more: readonly string[] = []) {
  const here = await runPmap([...args, ...more.map((word) => word.replace("OUT", "here"))], { cwd });
  const there = await runPmap([...sparkFlags(), ...args, ...more.map((word) => word.replace("OUT", "there"))], {
    cwd,
    env,
  });
  return { here, there: withoutWaiting(there) };
}

async function same(args: readonly string[]) {
  const { here, there } = await both(args);
  assert.equal(there.stderr, here.stderr);
  assert.ok(there.stdout === here.stdout, `${there.stdout.length} bytes instead of ${here.stdout.length}`);
  assert.deepEqual([here.code, there.code], [0, 0]);
  assert.ok(here.stdout.length > 0);
}

function testLocal(): void {
  test("a program gets from Spark what it gets from this machine", async () => {
    Object.assign(process.env, env);
    // What is installed: the sources have no driver.
    const built = new URL("../../dist/api/index.js", import.meta.url).href;
    const { pmap, preduce } = (await import(built)) as typeof import("../../api/index.ts");
    const input = join(folder, "in.jsonl");
    const onSpark = { engine: "spark", master: "local[2]", conf: { "spark.pmap.taskBytes": "64k" } } as const;
    const map = { code: { map: "_.n * 2" } };
    const run = pmap(map, input, { ...onSpark, stats: true });
    assert.deepEqual(await run.toArray(), await pmap(map, input).toArray());
    const { stats } = await run.summary;
    assert.deepEqual([stats?.total.records, stats?.cluster?.executors], [lines.length, 1]);
    const sums = { code: { map: "_.x", key: "_.key", reduce: "(a, b) => a + b" } };
    assert.deepEqual(await preduce(sums, input, onSpark), await preduce(sums, input));
  });

  test("a map with modules and a package writes the same file", async () => {
    mkdirSync(join(folder, "node_modules/pkg"), { recursive: true });
    writeFileSync(join(folder, "node_modules/pkg/package.json"), '{"name":"pkg","main":"index.cjs"}');
    writeFileSync(join(folder, "node_modules/pkg/index.cjs"), "exports.twice = (n) => 2 * n;\n");
    writeFileSync(join(folder, "part.ts"), "export const half = (n: number): number => n / 2;\n");
    const script =
      'import { twice } from "pkg";\nimport { half } from "./part.ts";\nexport default (r: { n: number }) => [twice(r.n), half(r.n)];\n';
    writeFileSync(join(folder, "map.ts"), script);
    const { here, there } = await both(["map.ts", "in.jsonl"], ["-o", "OUT.jsonl"]);
    assert.deepEqual([here.code, there.code, there.stderr], [0, 0, ""]);
    assert.deepEqual(readFileSync(join(folder, "there.jsonl")), readFileSync(join(folder, "here.jsonl")));
  });

  test("files and folders that a script reads beside itself go along", async () => {
    mkdirSync(join(folder, "data/deep"), { recursive: true });
    writeFileSync(join(folder, "data/deep/names.json"), '["a","b"]');
    writeFileSync(join(folder, "one.txt"), "one");
    const read = (name: string) => `readFileSync(new URL("${name}", import.meta.url), "utf8")`;
    const script = `import { readFileSync } from "node:fs";
const names = JSON.parse(${read("data/deep/names.json")});
export default (r) => [names[r.n % 2], ${read("./one.txt")}];
`;
    writeFileSync(join(folder, "beside.mjs"), script);
    const here = await runPmap(["beside.mjs", "in.jsonl"], { cwd });
    const ship = ["--ship", "data", "--ship", "one.txt"];
    const there = withoutWaiting(await runPmap([...sparkFlags(), ...ship, "beside.mjs", "in.jsonl"], { cwd, env }));
    assert.deepEqual([there.code, there.stderr], [0, ""]);
    assert.ok(there.stdout === here.stdout && there.stdout.startsWith('["a","one"]'));
  });

  test("a sum of floats has the same bits", () => same(["-e", "_.x * 0.1", "--reduce", "(a, b) => a + b", "in.jsonl"]));

  const groups = ["-e", "_.x", "--key", "_.key", "--reduce", "(a, b) => a + b", "in.jsonl"];
  test("sums of 700 groups have the same bits", () => same(groups));

  test("groups of many ranges, with odd keys, as CSV", async () => {
    const key = "[null, true, -1.5, '\\u{1f680}', '\\uffff', ''][_.n % 6] ?? _.n";
    const many = `_.n % 7 ? 'k'.repeat(80) + _.n : ${key}`;
    await same(["-e", "_.x", "--key", many, "--reduce", "(a, b) => a + b", "--to", "csv", "in.jsonl"]);
  });

  test("many rejects of a task with groups", async () => {
    const one = [...sparkFlags(), "--conf", "spark.pmap.taskBytes=64m"];
    const args = [...groups, "--filter", "_.n % 3 ? true : _.none.x", "--on-error", "skip"];
    const here = await runPmap([...args, "--errors", "groups-here.rejects"], { cwd });
    const there = await runPmap([...one, ...args, "--errors", "groups-there.rejects"], { cwd, env });
    assert.ok(there.stdout === here.stdout && there.stdout.length > 0, there.stderr);
    const rejects = (name: string) => readFileSync(join(folder, `groups-${name}.rejects`), "utf8");
    assert.equal(rejects("there"), rejects("here"));
    assert.ok(rejects("here").length > 1_000_000);
  });

  test("groups of nothing, and a reduce of groups that throws", async () => {
    const none = await both(["-e", "_.x", "--filter", "false", "--key", "_.n", "--reduce", "(a, b) => a", "in.jsonl"]);
    assert.deepEqual([none.there.code, none.there.stdout], [none.here.code, none.here.stdout]);
    const throws =
      "export default (r) => r.x;\nexport const key = (r) => r.key;\nexport const reduce = (a, b) => a + b;\n";
    writeFileSync(join(folder, "finish.mjs"), `${throws}export const finish = () => { throw new Error("late"); };\n`);
    const { here, there } = await both(["finish.mjs", "in.jsonl"]);
    assert.deepEqual([there.code, there.stderr], [1, here.stderr]);
    assert.match(there.stderr, /finish threw Error: late/);
  });

  test("groups that were interrupted cannot be resumed: they have stayed on the cluster", async () => {
    const resumed = [...sparkFlags(), ...groups, "-o", "groups.jsonl", "--resume"];
    const { code, stderr } = await runPmap(resumed, { cwd, env });
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^pmap: Cannot resume "groups.jsonl" with --engine spark: groups are on the machines .*\nStart it anew/,
    );
  });

  for (const runtime of (["node", "bun", "deno"] as const).filter((name) => name !== ownRuntime))
    test(`groups with workers of ${runtime}`, () => same(["--runtime", runtime, ...groups]));

  test("odd bytes: a byte order mark, CRLF, a long record, no line feed at the end, two inputs", async () => {
    writeFileSync(join(folder, "odd.txt"), `\uFEFFa\r\n\r\nb\n${"c".repeat(3_000_000)}\r\nend`);
    await same(["--from", "text", "-e", "[_.length, _.slice(-2)]", "odd.txt", "in.jsonl"]);
  });

  test("CSV with quotes becomes CSV, whose columns the first record says", async () => {
    const rows = lines.map((_, i) => `${i},"a ""quoted"", line\nof two ${i}"`);
    writeFileSync(join(folder, "in.csv"), `n,text\n${rows.join("\n")}\n`);
    await same(["-e", "({ text: _.text, n: _.n })", "--to", "csv", "in.csv"]);
  });

  const packed = writePacked();
  for (const [what, ...args] of [
    ["a map with places and random numbers", "-e", "[_.n, ctx.offset, ctx.source, ctx.random()]"],
    ["a sum of floats", "-e", "_.x * 0.1", "--reduce", "(a, b) => a + b"],
    ["a sum of floats by small chunks", "--chunk", "3000", "-e", "_.x * 0.1", "--reduce", "(a, b) => a + b"],
    ["sums by key", "-e", "_.x", "--key", "_.key", "--reduce", "(a, b) => a + b"],
    ["a limit that ends in a stream", "--limit", "52000", "-e", "_.x", "--reduce", "(a, b) => a + b"],
    ["chunks of bytes", "--from", "bytes", "--chunk", "5000", "-e", "_.length"],
  ] as const)
    test(`compressed inputs, of one member and of more, beside plain ones: ${what}`, () => same([...args, ...packed]));

  test("compressed CSV, whose headers its stages read, and text in another encoding", async () => {
    const rows = lines.map((_, i) => `${i},"a ""quoted"", line\nof two ${i}"`).join("\n");
    writeFileSync(join(folder, "rows.csv.gz"), gzipSync(`n,text\n${rows}\n`));
    const code = 'r => { if (r.n % 5000 === 17) throw new Error("no"); return r; }';
    const skip = ["--on-error", "skip", "--errors", "OUT.rows", "-q"];
    const { here, there } = await both(["-e", code, "--to", "csv", "rows.csv.gz", "rows.csv.gz"], skip);
    assert.ok(there.stdout === here.stdout && here.stdout.length > 0);
    assert.deepEqual([here.code, there.code, there.stderr], [0, 0, here.stderr]);
    const rejects = (name: string) => contentOf(join(folder, `${name}.rows`));
    assert.equal(rejects("there"), rejects("here"));
    assert.match(rejects("here"), /"line":10036,/);
    const none = await both(["--columns", "z", "-e", "_", "rows.csv.gz"]);
    assert.deepEqual([none.there.code, none.there.stderr], [2, none.here.stderr]);
    writeFileSync(join(folder, "wide.txt"), Buffer.from("äöü\nzwei\n".repeat(20_000), "utf16le"));
    writeFileSync(join(folder, "wide.txt.gz"), gzipSync(readFileSync(join(folder, "wide.txt"))));
    await same(["--encoding", "utf-16le", "--from", "text", "-e", "_.length", "wide.txt", "wide.txt.gz"]);
  });

  test("JSON values of any shape, compressed or not, with the lines of their records", async () => {
    const values = lines.map((line, i) => (i % 3 === 0 ? line.replaceAll(",", ",\n ") : line));
    writeFileSync(join(folder, "array.json.gz"), gzipSync(`[${values.join(",\n")}]`));
    writeFileSync(join(folder, "values.json"), `${values.slice(0, 3000).join("\n")}\n[${values[3001]}]`);
    const code = 'r => { if (r.n % 5000 === 17) throw new Error("no"); return [r.n, r.x]; }';
    const skip = ["--on-error", "skip", "-q", "--errors", "OUT.values"];
    const { here, there } = await both(["-e", code, "array.json.gz", "values.json", "array.json.gz"], skip);
    assert.deepEqual([here.code, there.code, there.stderr], [0, 0, ""]);
    assert.ok(there.stdout === here.stdout && here.stdout.length > 0);
    const rejects = (name: string) => contentOf(join(folder, `${name}.values`));
    assert.equal(rejects("there"), rejects("here"));
    assert.match(rejects("here"), /"line":10037,/);
    await same(["--limit", "21000", "-e", "_.x", "--reduce", "(a, b) => a + b", "array.json.gz", "values.json"]);
    writeFileSync(join(folder, "nested.json"), `{"data": {"rows": [${values.join(",")}]}}`);
    await same(["--records-at", "data.rows", "-e", "_.x", "--reduce", "(a, b) => a + b", "nested.json", "nested.json"]);
    writeFileSync(join(folder, "open.json"), `[${values.slice(0, 2000).join(",")}`);
    const open = await both(["-e", "_.n", "open.json", "values.json"]);
    assert.deepEqual([open.there.code, open.there.stderr], [1, open.here.stderr]);
    assert.match(open.here.stderr, /^pmap: Cannot read "open.json": it ends inside a value/);
  });

  test("a compressed file that is cut off is told as on this machine, with what stands before it committed", async () => {
    writeFileSync(join(folder, "cut.jsonl.gz"), gzipSync(`${lines.join("\n")}\n`).subarray(0, 100_000));
    for (const reduce of [[], ["--reduce", "(a, b) => a + b"]]) {
      const { here, there } = await both(["-e", "_.n", ...reduce, "in.jsonl", "cut.jsonl.gz", "in.jsonl"]);
      assert.equal(there.stderr, here.stderr);
      assert.match(there.stderr, /^pmap: Cannot read "cut.jsonl.gz": its gzip data ends too early, after 100000 bytes/);
      assert.deepEqual([here.code, there.code], [1, 1]);
      const before = reduce.length > 0 ? "" : lines.map((_, i) => `${i}\n`).join("");
      assert.ok(there.stdout === before && here.stdout.startsWith(before));
    }
  });

  test("a record in a stream that fails, and one that kills, are told with their lines", async () => {
    const code = 'r => { if (r.n === 15_000) throw new RangeError("no"); return r.n; }';
    const { here, there } = await both(["-e", code, "long.jsonl.gz"]);
    assert.match(there.stderr, /^pmap: long\.jsonl\.gz:15001: map threw RangeError: no/);
    assert.equal(there.stderr, here.stderr);
    const kills = 'r => { if (r.n === 15_000) process.kill(process.pid, "SIGKILL"); return r.n; }';
    const skipped = await both(["-e", kills, "--on-error", "skip", "long.jsonl.gz"], ["--errors", "OUT.killed", "-q"]);
    assert.ok(skipped.there.stdout === skipped.here.stdout);
    assert.match(contentOf(join(folder, "there.killed")), /"line":15001,.*"kind":"signal"/);
    assert.equal(contentOf(join(folder, "there.killed")), contentOf(join(folder, "here.killed")));
  });

  test("the first records of a range as one JSON array", () =>
    same(["--range", "1..100000", "--limit", "70000", "-e", "_ / 3", "--to", "json"]));

  test("a record that fails is told as on this machine, with the lines of the script", async () => {
    const script =
      "type R = { n: number };\n\nexport default function map({ n }: R): number {\n  if (n === 15_000) throw new RangeError(`no ${n}`);\n  return n;\n}\n";
    writeFileSync(join(folder, "fails.ts"), script);
    const { here, there } = await both(["fails.ts", "in.jsonl"]);
    assert.match(here.stderr, /^pmap: in\.jsonl:15001: map threw RangeError: no 15000\n.*fails\.ts:4:/);
    assert.equal(there.stderr, here.stderr);
    assert.deepEqual([here.code, there.code], [1, 1]);
  });

  test("rejects, their file, counters and records that kill or hang are those of this machine", async () => {
    const code = `(r, ctx) => {
      ctx.count("seen");
      if (r.n % 5000 === 17) throw new Error("no");
      if (r.n === 4000) process.kill(process.pid, "SIGKILL");
      if (r.n === 9000) for (;;);
      return r.n;
    }`;
    const flags = ["--on-error", "skip", "--timeout", "3s", "--errors", "OUT.rejects"];
    const { here, there } = await both(["-e", code, "in.jsonl"], flags);
    assert.deepEqual([here.code, there.code], [0, 0]);
    assert.ok(there.stdout === here.stdout);
    const told = (text: string) =>
      text.replace(/ in [\d.]+ .*?, (?=[\d,]+ kept)/, " ").replaceAll("there.rejects", "here.rejects");
    assert.equal(told(there.stderr), told(here.stderr));
    const rejects = (name: string) => readFileSync(join(folder, `${name}.rejects`), "utf8");
    assert.equal(rejects("there"), rejects("here"));
    assert.equal(rejects("here").trim().split("\n").length, 6);
  });

  test("too many rejects end the job with the same message and file, and a task that has them is not run to its end", async () => {
    const ran = join(folder, "ran");
    const fails = `appendFileSync(${JSON.stringify(ran)}, "."); throw new Error("no");`;
    const script = `import { appendFileSync } from "node:fs";\nexport default () => { ${fails} };\n`;
    writeFileSync(join(folder, "many.mjs"), script);
    const flags = ["--on-error", "skip", "--max-errors", "5", "--errors"];
    const here = await runPmap(["many.mjs", "in.jsonl", ...flags, "here.many"], { cwd });
    rmSync(ran);
    const conf = ["--conf", "spark.pmap.taskBytes=64m"];
    const args = [...sparkFlags(), ...conf, "many.mjs", "in.jsonl", ...flags, "there.many"];
    const there = withoutWaiting(await runPmap(args, { cwd, env }));
    assert.deepEqual([there.code, there.stdout, there.stderr], [1, "", here.stderr]);
    assert.equal(contentOf(join(folder, "there.many")), contentOf(join(folder, "here.many")));
    const records = contentOf(ran).length;
    assert.ok(records > 5 && records < lines.length, `${records}`);
  });

  test("setup and teardown are counted, and what a script prints is seen", async () => {
    const script =
      'export default (r: { n: number }) => r.n;\nexport function teardown(ctx: { count(name: string): void }) {\n  console.error("bye");\n  ctx.count("torn");\n}\n';
    writeFileSync(join(folder, "tears.ts"), script);
    writeFileSync(join(folder, "one.jsonl"), '{"n":1}\n');
    const { there } = await both(["tears.ts", "one.jsonl"]);
    assert.deepEqual([there.code, there.stdout], [0, "1\n"]);
    assert.match(there.stderr, /^bye\n.*torn: 1\n$/s);
  });

  test("--stats tells where the time of the cluster's slots went, and counts each record once", async () => {
    for (const job of [["-e", "_.n"], groups.slice(0, -1)]) {
      const args = [...sparkFlags(), "--stats=stats.json", ...job, "in.jsonl", "-o", "counted.jsonl"];
      const { code, stderr } = withoutWaiting(await runPmap(args, { cwd, env }));
      assert.deepEqual([code, stderr], [0, ""]);
      const stats = JSON.parse(readFileSync(join(folder, "stats.json"), "utf8")) as JobStats;
      assert.ok(hasStatsForm(stats), JSON.stringify(hasStatsForm.errors));
      const { cluster, total, perWorker } = stats;
      assert.equal(total.records, lines.length);
      assert.ok(total.ms.start > 0 && total.ms.parse > 0);
      assert.ok(perWorker.length <= 2 && perWorker.every(({ executor }) => executor === "driver"));
      assert.ok(stats.efficiency > 0 && stats.efficiency < 1);
      assert.equal(stats.coresUsed, undefined);
      const tasks = Math.ceil(contentOf(join(folder, "in.jsonl")).length / 64 / 1024);
      assert.ok((cluster?.tasks ?? 0) >= tasks, `${cluster?.tasks} tasks`);
      assert.deepEqual([cluster?.executors, cluster?.executorsLost, cluster?.attemptsFailed], [1, 0, 0]);
    }
  });

  test("progress, a report, a trace and a log of batches come from the tasks and the executors", async () => {
    const files = ["--report", "r.html", "--trace", "t.json", "--joblog", "j.tsv"];
    const args = [...sparkFlags(), "--progress", "json", ...files, "-e", "_.n", "in.jsonl", "-o", "told.jsonl"];
    const { code, stderr } = withoutWaiting(await runPmap(args, { cwd, env }));
    assert.equal(code, 0, stderr);
    const events = stderr
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const named = (name: string) => events.filter(({ event }) => event === name);
    assert.equal(named("started")[0]?.cores, undefined);
    assert.equal(named("executorStarted")[0]?.executor, "driver");
    assert.ok(named("workerStarted").length <= 2 && named("workerStarted").length > 0);
    const counts = named("ended")[0]?.cluster as Record<string, number>;
    const { tasks, ...others } = counts;
    assert.deepEqual(others, { tasksPlanned: tasks, attemptsFailed: 0, executors: 1, executorsLost: 0 });
    const page = readFileSync(join(folder, "r.html"), "utf8");
    assert.match(page, new RegExp(`Spark [\\d.]+ \\(local\\[2.*\\) has done ${tasks} tasks on 1 executor\\.`));
    const batches = tasksIn(join(folder, "t.json"));
    assert.deepEqual([batches.length, sumOf(batches, ({ args: { records } }) => records)], [tasks, lines.length]);
    const [head = "", ...rows] = readFileSync(join(folder, "j.tsv"), "utf8").trimEnd().split("\n");
    const column = (name: string) => rows.map((row) => row.split("\t")[head.split("\t").indexOf(name)]);
    assert.equal(rows.length, tasks);
    assert.deepEqual(new Set(column("Host")), new Set([named("workerStarted")[0]?.host]));
    assert.equal(sumOf(column("Records"), Number), lines.length);
  });

  test("a sandboxed script reaches nothing but its folder and its input, and what it may do has the same bytes", async () => {
    mkdirSync(join(folder, "confined"));
    copyFileSync(fixture("tries_to_break_out.ts"), join(folder, "confined/script.ts"));
    writeFileSync(join(folder, "secret.txt"), "secret");
    writeFileSync(join(folder, "one.jsonl"), "{}\n");
    const sandbox = ["--sandbox", "--runtime", "deno"];
    // Nothing listens on that port.
    const tries = [...sandbox, "confined/script.ts", "one.jsonl", "--", "9", join(folder, "secret.txt")];
    const broken = await runPmap([...sparkFlags(), ...tries], { cwd, env });
    assert.equal(broken.code, 0, broken.stderr);
    const outcomes = Object.entries(JSON.parse(broken.stdout) as Record<string, string>);
    assert.ok(outcomes.length > 115);
    assert.deepEqual(
      outcomes.filter(([, outcome]) => outcome !== "refused"),
      [],
    );
    writeFileSync(join(folder, "reads.ts"), 'export default () => Deno.readTextFileSync("/etc/passwd");\n');
    const { here, there } = await both([...sandbox, "reads.ts", "in.jsonl"]);
    assert.deepEqual([there.code, there.stderr], [1, here.stderr]);
    assert.match(there.stderr, /^pmap: in.jsonl:1: map threw NotCapable: --sandbox does not allow read access to/);
    await same([...sandbox, "-e", "_.n / 7", "in.jsonl"]);
    await same([...sandbox, "-e", "_.x", "--reduce", "(a, b) => a + b", "in.jsonl"]);
  });

  const slow = ["-e", "r => { let x = 0; for (let i = 0; i < 200_000; i++) x += i; return [r.n, x]; }", "in.jsonl"];
  if (process.platform === "linux") testDeaths(slow);
}

/** Files of one member that are read as files, long ones and some of two members, which are streams, and blocks. */
function writePacked(): string[] {
  const part = (from: number, to: number) => `${lines.slice(from, to).join("\n")}\n`;
  const files = {
    "first.jsonl": part(0, 5001),
    "two.jsonl.gz": Buffer.concat([gzipSync(part(0, 3000)), gzipSync(part(7000, 16_000))]),
    "one.jsonl.gz": gzipSync(part(100, 3000)),
    "long.jsonl.gz": gzipSync(part(0, lines.length)),
    "small.jsonl.gz": gzipSync(part(8000, 9500).trimEnd()),
    "blocks.jsonl.gz": bgzf(part(3, 4000), 5003),
    "last.jsonl": part(9, 4321),
  };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return Object.keys(files);
}

/** Long enough that a process can be killed in the middle of it. */
function testDeaths(slow: readonly string[]): void {
  const marked = (mark: string) => ({ ...env, PMAP_TEST_MARK: mark });
  const stagesOf = (mark: string) =>
    processesWith(`PMAP_TEST_MARK=${mark}`).filter((pid) => commandOf(pid).includes("spark/stage.js"));
  const allOf = (mark: string) => processesWith(`PMAP_TEST_MARK=${mark}`);

  test("stages that are killed cost a task each, and no byte", async () => {
    const mark = `stage-${process.pid}`;
    const here = runPmap(slow, { cwd });
    const told = ["--stats=killed.json", "--report", "killed.html"];
    const child = startPmap([...sparkFlags(), "-v", ...told, ...slow], { cwd, env: marked(mark) });
    const running = finished(child, "");
    let killed = 0;
    for (let round = 0; round < 2; round++) {
      assert.ok(await eventually(() => stagesOf(mark).length > 0));
      killed += killAll(stagesOf(mark));
      await new Promise((resolve) => setTimeout(resolve, 1500));
    }
    const there = withoutWaiting(await running);
    assert.ok(killed >= 2);
    assert.equal(there.code, 0, there.stderr);
    assert.match(there.stderr, /attempt 1 at a task has failed .*: the stage on .* was ended by signal 9/);
    assert.ok(there.stdout === (await here).stdout);
    // What came of an attempt that failed counts for nothing.
    const { total, cluster } = JSON.parse(readFileSync(join(folder, "killed.json"), "utf8")) as JobStats;
    assert.equal(total.records, lines.length);
    assert.ok((cluster?.attemptsFailed ?? 0) >= 1 && cluster?.executorsLost === 0);
    assert.match(readFileSync(join(folder, "killed.html"), "utf8"), /the stage on .* was ended by signal 9/);
    assert.ok(await eventually(() => allOf(mark).length === 0));
  });

  test("Ctrl-C ends all of it, and the job goes on here with --resume", async () => {
    const mark = `int-${process.pid}`;
    const child = startPmap([...sparkFlags(), ...slow, "-o", "interrupted.jsonl"], { cwd, env: marked(mark) });
    const running = finished(child, "");
    // Something has been committed.
    assert.ok(await eventually(() => contentOf(join(folder, ".interrupted.jsonl.pmap")).length > 0));
    sendSignal(child, "SIGINT");
    const there = withoutWaiting(await running);
    assert.equal(there.code, 130, there.stderr);
    assert.ok(await eventually(() => allOf(mark).length === 0));
    const resumed = await runPmap([...slow, "-o", "interrupted.jsonl", "--resume"], { cwd });
    assert.match(resumed.stderr, /resuming "interrupted.jsonl"/);
    assert.equal(readFileSync(join(folder, "interrupted.jsonl"), "utf8"), (await runPmap(slow, { cwd })).stdout);
  });

  test("when pmap is killed, nothing of its job is left", async () => {
    const mark = `kill-${process.pid}`;
    const child = startPmap([...sparkFlags(), ...slow], { cwd, env: marked(mark) });
    const running = finished(child, "");
    assert.ok(await eventually(() => stagesOf(mark).length > 0));
    sendSignal(child, "SIGKILL");
    assert.equal((await running).signal, "SIGKILL");
    assert.ok(await eventually(() => allOf(mark).length === 0));
  });

  test("when the driver dies, the job fails with what it said last", async () => {
    const mark = `driver-${process.pid}`;
    const child = startPmap([...sparkFlags(), ...slow], { cwd, env: marked(mark) });
    const running = finished(child, "");
    assert.ok(await eventually(() => stagesOf(mark).length > 0));
    killAll(allOf(mark).filter((each) => commandOf(each).includes("dev.pmap.spark.Driver")));
    const there = withoutWaiting(await running);
    assert.equal(there.code, 1);
    assert.match(there.stderr, /^pmap: Cannot go on: Spark's driver was ended by SIGKILL/);
    assert.ok(await eventually(() => allOf(mark).length === 0));
  });
}
