// What --engine spark cannot do is said before anything is started, with what to do instead. None of this needs Java.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { pmap } from "../../api/index.ts";
import { finished, ownRuntime, pmapCommand, runPmap, startProgram, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
writeFileSync(join(folder, "in.jsonl"), '{"n":1}\n');
writeFileSync(join(folder, "in.json"), '{"n":1}\n{"n":\n2}\n');
writeFileSync(join(folder, "limited.mjs"), 'export const options = { rate: "5/s" };\nexport default (r) => r;\n');
// A Spark that is found, and would not start.
mkdirSync(join(folder, "spark/bin"), { recursive: true });
writeFileSync(join(folder, "spark/bin/spark-submit"), "#!/bin/sh\nsleep 600\n", { mode: 0o755 });

const dist = fileURLToPath(new URL("../../dist", import.meta.url));
const SPARK = ["--engine", "spark"];
const CODE = ["-e", "_.n", "in.jsonl"];

async function refused(args: readonly string[], first: RegExp, second: RegExp, env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await runPmap(args, {
    cwd: folder,
    env: { SPARK_HOME: join(folder, "spark"), ...env },
  });
  const [line = "", next = "", ...others] = stderr.trimEnd().split("\n");
  assert.match(line, first);
  assert.match(next, second);
  assert.deepEqual([code, stdout, others], [2, "", []]);
}

const CASES: readonly [what: string, args: readonly string[], first: RegExp, second: RegExp][] = [
  ["files beside code", ["--ship", "in.json", ...CODE], /^pmap: Cannot use --ship with code/, /^Write a script: it/],
  [
    "a file that is not beside the script",
    ["--ship", process.execPath, "limited.mjs", "in.jsonl"],
    /^pmap: Cannot send ".*" to a cluster: it is not in the script's folder, ".*"$/,
    /^Put it there/,
  ],
  [
    "a file that is not there",
    ["--ship", "gone", "limited.mjs", "in.jsonl"],
    /^pmap: Cannot send "gone" to a cluster: there is no such file$/,
    /^$/,
  ],
  ["stdin", ["-e", "_.n", "-"], /^pmap: Cannot use stdin with --engine spark: other machines/, /^Save it to a file/],
  ["an input on the web", ["-e", "_", "http://n/x"], /^pmap: Cannot read "http:.*x" with --engine spark/, /^Download/],
  ["an output on the web", [...CODE, "-o", "https://b/o"], /^pmap: Cannot write "https:.*o" with .*web/, /^Give -o/],
  [
    "rejects to a URI",
    ["--errors", "s3a://b/e", ...CODE],
    /^pmap: Cannot write "s3a:.*e" with/,
    /^Give --errors a path/,
  ],
  [
    "a folder that goes on",
    [...CODE, "--resume", "-o", "s3a://b/o"],
    /^pmap: Cannot write "s3a:.*o" with/,
    /^Start it again/,
  ],
  [
    "a folder that is compressed",
    [...CODE, "-o", "s3a://b/o.gz"],
    /^pmap: Cannot write "s3a:.*gz" with/,
    /^Name it without/,
  ],
  [
    "a folder that is an array",
    [...CODE, "-o", "s3a://b/o.json"],
    /^pmap: Cannot write "s3a:.*json" with/,
    /^Write JSON l/,
  ],
  [
    "threads",
    ["--mode", "thread", ...CODE],
    /^pmap: Cannot use --mode thread with --engine spark: /,
    /^Leave --mode out/,
  ],
  [
    "inline",
    ["--mode", "inline", ...CODE],
    /^pmap: Cannot use --mode inline with --engine spark: /,
    /^Leave --mode out/,
  ],
  [
    "a sandbox on Node",
    ["--runtime", "node", "--sandbox", ...CODE],
    /^pmap: Cannot use --sandbox with --engine spark: a worker on node/,
    /^Use --runtime deno$/,
  ],
  [
    "a URI in a sandbox",
    ["--runtime", "deno", "--sandbox", "-e", "_", "hdfs://nn/x"],
    /^pmap: Cannot read "hdfs:.*x" with --sandbox and --engine spark: /,
    /^Give paths/,
  ],
  ["a load", ["--max-load", "9", ...CODE], /^pmap: Cannot use --max-load with --engine spark: /, /--engine local$/],
  ["free memory", ["--min-free", "1M", ...CODE], /^pmap: Cannot use --min-free with --engine spark/, /--engine local$/],
  ["a priority", ["--nice", "5", ...CODE], /^pmap: Cannot use --nice with --engine spark: /, /--engine local$/],
  ["a rate", ["--rate", "5/s", ...CODE], /^pmap: Cannot use --rate with --engine spark: /, /^Leave it out/],
  ["a script's rate", ["limited.mjs", "in.jsonl"], /^pmap: Cannot use --rate with --engine spark: /, /^Leave it out/],
  ["an explanation", ["--explain", ...CODE], /^pmap: Cannot use --explain with --engine spark: /, /--engine local$/],
  ["a profile", ["--profile", "p", ...CODE], /^pmap: Cannot use --profile with --engine spark: /, /--engine local$/],
  [
    "a device",
    ["-e", "_", "/dev/null"],
    /^pmap: Cannot read "\/dev\/null" with --engine spark: it is a pipe, or something else/,
    /^Save it/,
  ],
  [
    "Parquet that is written",
    [...CODE, "-o", "out.parquet"],
    /^pmap: Cannot use --to parquet with --engine spark: /,
    /^Write JSON lines/,
  ],
  [
    "a module for code",
    ["-M", "./a.mjs", ...CODE],
    /^pmap: Cannot use -M .\/a.mjs with --engine spark: /,
    /^Write a script/,
  ],
  [
    "cores on YARN",
    ["--master", "yarn", "-c", "4", ...CODE],
    /^pmap: Cannot use --cores with --engine spark: /,
    /^Say --conf/,
  ],
  ["no setting", ["--conf", "memory", ...CODE], /^pmap: Cannot use .*memory.*KEY=VALUE/, /^$/],
  [
    "no size",
    ["--conf", "spark.pmap.taskBytes=x", ...CODE],
    /^pmap: Cannot use "--conf spark.pmap.taskBytes=x": /,
    /^$/,
  ],
];

for (const [what, args, first, second] of CASES)
  test(`${what}: refused with --engine spark`, async () => {
    await refused([...SPARK, ...args], first, second);
  });

test("what only Spark can read and write is refused without it, and files of such names are files", async () => {
  for (const more of [[], ["--dry-run"]])
    await refused(
      ["-e", "_", ...more, "hdfs://nn/x"],
      /^pmap: Cannot read "hdfs:.*x": only Spark can/,
      /--engine spark$/,
    );
  await refused([...CODE, "-o", "hdfs://nn/o"], /^pmap: Cannot write "hdfs:.*o": only Spark can/, /--engine spark$/);
  await refused(
    [...SPARK, "--dry-run", "-e", "_", "file:///x"],
    /^pmap: Cannot look at "file:.*x" with --dry-run/,
    /^$/,
  );
  mkdirSync(join(folder, "odd:/name"), { recursive: true });
  const made = await runPmap([...CODE, "-o", "odd://name/o.jsonl"], { cwd: folder });
  assert.deepEqual([made.code, made.stderr], [0, ""]);
  const read = await runPmap(["-e", "_ + 1", "odd://name/o.jsonl"], { cwd: folder });
  assert.deepEqual([read.code, read.stdout], [0, "2\n"]);
});

test("an engine that there is not, and Spark's flags without Spark", async () => {
  await refused(
    ["--engine", "sparc", ...CODE],
    /^pmap: Cannot use .*sparc.* expected one of local, spark/,
    /^Did you mean spark\?/,
  );
  await refused(["--master", "yarn", ...CODE], /^pmap: Cannot use --master without --engine spark/, /^$/);
  await refused(["--conf", "a=b", ...CODE], /^pmap: Cannot use --conf without --engine spark/, /^$/);
  await refused(["--ship", "a", ...CODE], /^pmap: Cannot use --ship without --engine spark/, /^$/);
  await refused(["--ship-runtime", ...CODE], /^pmap: Cannot use --ship-runtime without --engine spark/, /^$/);
});

test("a dry run refuses the same, and says where the workers would be", async () => {
  await refused([...SPARK, "--dry-run", "--nice", "5", ...CODE], /^pmap: Cannot use --nice with --engine spark/, /./);
  const { code, stderr } = await runPmap([...SPARK, "--master", "yarn", "--dry-run", ...CODE], { cwd: folder });
  assert.equal(code, 0);
  assert.match(stderr, /^workers +processes of \w+ on Spark, yarn$/m);
});

test("a pmap that was built without Java says how to get one with a driver", async () => {
  const copy = join(folder, "copy");
  const isDriver = (path: string) => path === join(dist, "spark");
  cpSync(dist, join(copy, "dist"), { recursive: true, filter: (path) => !isDriver(path) });
  for (const name of ["node_modules", "package.json"]) symlinkSync(join(dist, "..", name), join(copy, name));
  const [program, ...words] = pmapCommand;
  const main = join(copy, "dist/cli/main.js");
  const argv = [program, ...words.slice(0, -1), main, ...SPARK, ...CODE];
  const env = { SPARK_HOME: join(folder, "spark") };
  const { code, stderr } = await finished(startProgram(argv, { cwd: folder, env }), "");
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^pmap: Cannot use --engine spark: this pmap was built without Java, .*\nInstall pmap from npm; /,
  );
});

test("no Spark: it is said where it was looked for, and how to get it", async () => {
  const how = /^Set SPARK_HOME, .*pip install pyspark/;
  const gone = { SPARK_HOME: join(folder, "nowhere") };
  await refused(
    [...SPARK, ...CODE],
    /^pmap: Cannot use --engine spark: there is no ".*nowhere\/bin\/spark-submit"/,
    how,
    gone,
  );
  if (ownRuntime === "node")
    await refused(
      [...SPARK, ...CODE],
      /^pmap: Cannot use --engine spark: there is no "spark-submit" on the PATH/,
      how,
      {
        SPARK_HOME: "",
        PATH: "/nowhere",
      },
    );
});

test("a program is refused the same: values that are no file, and Spark's options without Spark", async () => {
  const map = { code: { map: "_" } };
  // What is checked before Spark is looked for, and after it.
  await assert.rejects(
    pmap(map, [1, 2], { master: "local[2]" }).toArray(),
    /Cannot use "master" without engine: "spark": it is for Spark/,
  );
  await assert.rejects(
    pmap(map, [1, 2], { conf: { "spark.ui.enabled": false } }).toArray(),
    /Cannot use "conf" without engine: "spark"/,
  );
  await assert.rejects(
    pmap(map, "in.jsonl", { engine: "spark", mode: "thread" }).toArray(),
    /Cannot use mode thread with engine spark: a worker on another machine is a process/,
  );
});
