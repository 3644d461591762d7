// Inputs and outputs that are URIs of Hadoop's, on a local master: its own file:// and viewfs:// need no HDFS, and are read and
// written as that is.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { commandOf, killAll } from "../support/proc.ts";
import {
  eventually,
  finished,
  processesWith,
  runPmap,
  sendSignal,
  startPmap,
  temporaryFolder,
} from "../support/run-pmap.ts";
import { spark, sparkEnvironment, sparkFlags, withoutWaiting } from "../support/spark.ts";

const folder = temporaryFolder();
const env = sparkEnvironment();
const cwd = folder;
const RECORDS = 20_000;
const lines = Array.from({ length: RECORDS }, (_, i) =>
  JSON.stringify({ n: i, x: i / 7, key: `k${i % 700}`, text: "é".repeat(i % 9) }),
);
writeFileSync(join(folder, "in.jsonl"), `${lines.join("\n")}\n`);

if ("missing" in spark) test(`URIs are not tested: ${spark.missing}`, () => {});
else testUris();

function uri(name: string): string {
  return `file://${folder}/${name}`;
}

async function onSpark(args: readonly string[], more: Record<string, string> = {}) {
  return withoutWaiting(await runPmap([...sparkFlags(), ...args], { cwd, env: { ...env, ...more } }));
}

/** What stands in a folder of parts, one after the other. */
function partsIn(name: string): string {
  const parts = readdirSync(join(folder, name)).filter((part) => part.startsWith("part-"));
  return parts
    .sort()
    .map((part) => readFileSync(join(folder, name, part), "utf8"))
    .join("");
}

/** Nothing of an output, and nothing beside where it would be. */
function assertNothingAt(name: string): void {
  assert.deepEqual(
    readdirSync(folder).filter((each) => each.startsWith(name)),
    [],
  );
}

function testUris(): void {
  const groups = ["--key", "_.key", "--reduce", "(a, b) => a + b"];

  test("odd bytes through a mount, a pattern of URIs and a path print what their paths print", async () => {
    mkdirSync(join(folder, "odd"));
    writeFileSync(join(folder, "odd/b.txt"), `\uFEFFa\r\n\r\nb\n${"c".repeat(3_000_000)}\r\nend`);
    writeFileSync(join(folder, "odd/a [1]%20.txt"), Buffer.from([0x61, 0xff, 0x0a, 0x00, 0x0a]));
    writeFileSync(join(folder, "odd/empty.txt"), "");
    const flags = ["--from", "text", "--on-error", "skip", "-q", "-e", "[_.length, _.slice(-2)]"];
    const here = await runPmap([...flags, "odd/a [1]%20.txt", "odd/b.txt", "odd/empty.txt", "in.jsonl"], { cwd });
    const mount = ["--conf", `spark.hadoop.fs.viewfs.mounttable.t.link./data=file://${folder}/odd`];
    const there = await onSpark([...mount, ...flags, "viewfs://t/data/*.txt", "in.jsonl"]);
    assert.deepEqual([here.code, there.code, there.stderr], [0, 0, ""]);
    assert.ok(there.stdout === here.stdout, `${there.stdout.length} bytes instead of ${here.stdout.length}`);
  });

  test("compressed files through a mount are read as their paths are, streams by the stages themselves", async () => {
    mkdirSync(join(folder, "packed"));
    const all = `${lines.join("\n")}\n`;
    const half = `${lines.slice(RECORDS / 2).join("\n")}\n`;
    for (const [name, bytes] of [
      ["a.jsonl.gz", gzipSync(`${lines.slice(0, 2000).join("\n")}\n`)],
      ["b.jsonl.gz", gzipSync(all)],
      ["c.jsonl.gz", Buffer.concat([gzipSync(half), gzipSync(all)])],
      ["d.jsonl", `${lines.slice(0, 3000).join("\n")}\n`],
      ["e.jsonl.gz", gzipSync(`${lines.slice(5, 2500).join("\n")}\n`)],
    ] as const)
      writeFileSync(join(folder, "packed", name), bytes);
    const mount = ["--conf", `spark.hadoop.fs.viewfs.mounttable.t.link./data=file://${folder}/packed`];
    for (const flags of [
      ["-e", "[_.n, ctx.offset, ctx.random()]"],
      ["-e", "_.x * 0.1", "--reduce", "(a, b) => a + b"],
      ["-e", "_.x", ...groups],
    ]) {
      const here = await runPmap([...flags, "packed/*.jsonl*"], { cwd });
      const there = await onSpark([...mount, ...flags, "viewfs://t/data/*.jsonl*"]);
      assert.deepEqual([here.code, there.code, there.stderr], [0, 0, ""]);
      assert.ok(there.stdout === here.stdout && here.stdout.length > 0);
    }
    const { code, stderr } = await onSpark(["-e", "_.n", uri("packed/b.jsonl.gz"), "-o", uri("unpacked")]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(partsIn("unpacked"), lines.map((_, i) => `${i}\n`).join(""));
  });

  test("a map to a URI is a folder of parts, and nothing is written over it", async () => {
    const here = await runPmap(["-e", "[_.n, ctx.source]", "in.jsonl"], { cwd });
    const there = await onSpark(["-e", "[_.n, ctx.source]", uri("in.jsonl"), "-o", uri("mapped")]);
    assert.deepEqual([there.code, there.stdout, there.stderr], [0, "", ""]);
    assert.ok(partsIn("mapped").replaceAll(uri("in.jsonl"), "in.jsonl") === here.stdout);
    const success = JSON.parse(readFileSync(join(folder, "mapped/_SUCCESS"), "utf8"));
    const names = readdirSync(join(folder, "mapped")).filter((name) => !name.startsWith("."));
    names.sort();
    assert.deepEqual([success.records, success.emitted, success.bytes], [RECORDS, RECORDS, partsIn("mapped").length]);
    assert.ok(success.parts > 3);
    assert.deepEqual(names, [
      "_SUCCESS",
      ...Array.from({ length: success.parts }, (_, i) => `part-${String(i).padStart(5, "0")}`),
    ]);
    assert.ok(!existsSync(join(folder, "mapped.pmap")));
    // What a driver that was killed has left.
    mkdirSync(join(folder, "left.pmap"));
    writeFileSync(join(folder, "left.pmap/_claim"), "");
    for (const [name, words] of [
      ["mapped", "it is there already, .*\nName another folder"],
      ["left", 'there is "file:.*left.pmap": another pmap .*\nIf none does, delete'],
    ]) {
      const again = await onSpark(["-e", "_", "in.jsonl", "-o", uri(`${name}`)]);
      assert.equal(again.code, 1);
      assert.match(again.stderr, new RegExp(`^pmap: Cannot write "file:.*${name}": ${words}`));
    }
    assert.deepEqual(readdirSync(join(folder, "left.pmap")), ["_claim"]);
  });

  test("a program gets and gives the same URIs", async () => {
    Object.assign(process.env, env);
    const built = new URL("../../dist/api/index.js", import.meta.url).href;
    const { pmap } = (await import(built)) as typeof import("../../api/index.ts");
    const options = { engine: "spark", master: "local[2]", conf: { "spark.pmap.taskBytes": "200k" } } as const;
    const map = { code: { map: "_.n" } };
    const summary = await pmap(map, uri("in.jsonl"), options).writeTo(uri("by-program"));
    assert.equal(summary.records, RECORDS);
    assert.equal(partsIn("by-program"), lines.map((_, i) => `${i}\n`).join(""));
  });

  test("a sum of floats has the same bits, groups that go to a URI too", async () => {
    const sum = ["-e", "_.x * 0.1", "--reduce", "(a, b) => a + b"];
    const here = await runPmap([...sum, "in.jsonl"], { cwd });
    assert.deepEqual((await onSpark([...sum, uri("in.jsonl")])).stdout, here.stdout);
    const groupsHere = await runPmap(["-e", "_.x", ...groups, "in.jsonl"], { cwd });
    const there = await onSpark(["-e", "_.x", ...groups, uri("in.jsonl"), "-o", uri("groups")]);
    assert.deepEqual([there.code, there.stderr], [0, ""]);
    assert.equal(partsIn("groups"), groupsHere.stdout);
  });

  test("CSV becomes CSV with one header, and of a limit nothing more is there", async () => {
    const rows = lines.map((_, i) => `${i},"a ""quoted"", line\nof two ${i}"`);
    writeFileSync(join(folder, "in.csv"), `n,text\n${rows.join("\n")}\n`);
    const flags = ["-e", "({ text: _.text, n: _.n })", "--columns", "text,n", "--to", "csv", "--limit", "12345"];
    const here = await runPmap([...flags, "in.csv"], { cwd });
    const there = await onSpark([...flags, uri("in.csv"), "-o", uri("csv")]);
    assert.deepEqual([here.code, there.code, there.stderr], [0, 0, ""]);
    assert.equal(partsIn("csv"), here.stdout);
  });

  for (const [what, file, args] of [
    ["a JSON array", "in.json", ["-e", "_", "--to", "json", "in.jsonl"]],
    ["a compressed file of many members", "in.jsonl.gz", ["-e", "_", "in.jsonl"]],
    ["Parquet", "in.parquet", ["-e", "_", "in.jsonl"]],
  ] as const)
    test(`${what} at a URI prints what it prints at its path`, async () => {
      const made = await runPmap([...args, "-o", file], { cwd });
      assert.equal(made.code, 0, made.stderr);
      const here = await runPmap(["-e", "_.x + _.n", file], { cwd });
      const there = await onSpark(["-e", "_.x + _.n", uri(file)]);
      assert.deepEqual([here.code, there.code, there.stderr], [0, 0, ""]);
      assert.ok(there.stdout === here.stdout && here.stdout.length > 0);
    });

  test("a record that fails is told with its URI and line, and leaves nothing", async () => {
    const code = 'r => { if (r.n === 15_000) throw new RangeError("no"); return r.n; }';
    const here = await runPmap(["-e", code, "in.jsonl"], { cwd });
    const there = await onSpark(["-e", code, uri("in.jsonl"), "-o", uri("failed")]);
    assert.deepEqual([here.code, there.code], [1, 1]);
    assert.equal(there.stderr.replace(uri("in.jsonl"), "in.jsonl"), here.stderr);
    assert.match(there.stderr, /^pmap: file:.*in\.jsonl:15001: map threw RangeError: no\n/);
    assertNothingAt("failed");
  });

  test("many rejects of a task that writes a part are those of this machine, and a file that is written to meanwhile fails the job", async () => {
    const code = 'r => { if (r.n % 2 === 1) throw new Error("no"); return r.n; }';
    const flags = ["--on-error", "skip", "-e", code];
    await runPmap([...flags, "--errors", "here.rejects", "in.jsonl"], { cwd });
    const one = ["--conf", "spark.pmap.taskBytes=64m"];
    const there = await onSpark([...one, ...flags, "--errors", "there.rejects", uri("in.jsonl"), "-o", uri("kept")]);
    assert.equal(there.code, 0, there.stderr);
    assert.equal(partsIn("kept").split("\n").length, RECORDS / 2 + 1);
    const rejects = (name: string) => readFileSync(join(folder, `${name}.rejects`), "utf8");
    assert.equal(rejects("there").replaceAll(uri("in.jsonl"), "in.jsonl"), rejects("here"));
    writeFileSync(join(folder, "touched.jsonl"), `${lines.join("\n")}\n`);
    const touch = `r => { if (r.n === 9000) process.getBuiltinModule("fs").utimesSync("${folder}/touched.jsonl", 1, 1); return r; }`;
    const touched = await onSpark(["-e", touch, uri("touched.jsonl"), "-o", uri("touched")]);
    assert.equal(touched.code, 1);
    assert.match(
      touched.stderr,
      /^pmap: Cannot read "file:.*touched\.jsonl": it was written to while the job was running/,
    );
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith("touched")),
      ["touched.jsonl"],
    );
  });

  test("what is not there, and what is no URI that Spark knows, is said in one line", async () => {
    mkdirSync(join(folder, "some"));
    const noPackage = await onSpark(["-e", "_", "s3a://bucket/x"]);
    assert.match(
      noPackage.stderr,
      /^pmap: Cannot read "s3a:.*x": .*S3AFileSystem.*\nGive it the package .*hadoop-aws:\d/,
    );
    for (const [name, reason] of [
      [uri("gone.jsonl"), "there is no such file"],
      [uri("gone*.jsonl"), "no file matches"],
      [uri("some"), `it is a folder\nSay which files in it: '${uri("some")}/*'`],
    ] as const) {
      const { code, stderr } = await onSpark(["-e", "_", name]);
      assert.deepEqual([code, stderr], [1, `pmap: Cannot read "${name}": ${reason}\n`]);
    }
  });

  if (process.platform === "linux") testDeaths();
}

function testDeaths(): void {
  const slow = ["-e", "r => { let x = 0; for (let i = 0; i < 200_000; i++) x += i; return [r.n, x]; }"];
  const marked = (mark: string) => ({ ...env, PMAP_TEST_MARK: mark });
  const allOf = (mark: string) => processesWith(`PMAP_TEST_MARK=${mark}`);
  const start = (mark: string, name: string) => {
    const args = [...sparkFlags(), "-v", ...slow, uri("in.jsonl"), "-o", uri(name)];
    return startPmap(args, { cwd, env: marked(mark) });
  };
  const isWriting = (name: string) => {
    const staging = join(folder, `${name}.pmap`);
    return existsSync(staging) && readdirSync(staging).some((part) => part.startsWith("part-"));
  };

  test("stages and workers that are killed while they write parts cost no byte, and leave nothing", async () => {
    const mark = `parts-${process.pid}`;
    const here = runPmap([...slow, "in.jsonl"], { cwd });
    const running = finished(start(mark, "killed"), "");
    assert.ok(await eventually(() => isWriting("killed")));
    const programs = (name: string) => allOf(mark).filter((pid) => commandOf(pid).includes(name));
    let killed = killAll(programs("/worker.js"));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    killed += killAll(programs("spark/stage.js"));
    const there = withoutWaiting(await running);
    assert.ok(killed >= 3, `${killed} killed`);
    assert.equal(there.code, 0, there.stderr);
    assert.match(there.stderr, /attempt 1 at a task has failed .*: the stage on .* was ended by signal 9/);
    assert.ok(partsIn("killed") === (await here).stdout);
    assert.ok(!existsSync(join(folder, "killed.pmap")));
    assert.ok(await eventually(() => allOf(mark).length === 0));
  });

  for (const signal of ["SIGINT", "SIGKILL"] as const)
    test(`pmap that gets ${signal} while parts are written leaves nothing`, async () => {
      const mark = `${signal}-${process.pid}`;
      const child = start(mark, `ended-${signal}`);
      const running = finished(child, "");
      assert.ok(await eventually(() => isWriting(`ended-${signal}`)));
      sendSignal(child, signal);
      const { code, stderr } = await running;
      assert.equal(code, signal === "SIGINT" ? 130 : null, stderr);
      if (signal === "SIGINT") assert.match(stderr, /^pmap: SIGINT: waiting/m);
      assert.ok(await eventually(() => allOf(mark).length === 0));
      assertNothingAt(`ended-${signal}`);
    });
}
