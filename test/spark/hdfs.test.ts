// Inputs and outputs in a real HDFS, of several blocks each.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { missingHdfs, startHdfs, type TestHdfs } from "../support/hdfs.ts";
import { runPmap, temporaryFolder } from "../support/run-pmap.ts";
import { spark, sparkEnvironment, sparkFlags, withoutWaiting } from "../support/spark.ts";

const missing = "missing" in spark ? spark.missing : missingHdfs;

if (missing !== undefined) test(`HDFS is not tested: ${missing}`, () => {});
else testHdfs();

function testHdfs(): void {
  const folder = temporaryFolder();
  const cwd = folder;
  let hdfs: TestHdfs;

  before(async () => {
    const lines = Array.from({ length: 100_000 }, (_, i) => `{"n":${i},"x":${i / 7},"key":"k${i % 70}"}\n`);
    writeFileSync(join(folder, "in.jsonl"), lines.join(""));
    hdfs = await startHdfs(folder);
  });

  after(() => hdfs?.stop());

  async function onSpark(args: readonly string[]) {
    const flags = [...sparkFlags("local[2]", "700k"), "--conf", "spark.hadoop.dfs.blocksize=1m"];
    return withoutWaiting(await runPmap([...flags, ...args], { cwd, env: sparkEnvironment() }));
  }

  test("parts that are written to HDFS are read from there, and have the bytes of one machine", async () => {
    const written = await onSpark(["-e", "_", "in.jsonl", "-o", `${hdfs.uri}/in`]);
    assert.deepEqual([written.code, written.stdout, written.stderr], [0, "", ""]);
    // As Hadoop does, `*` leaves _SUCCESS out.
    for (const args of [
      ["-e", "[_.n, _.x]"],
      ["-e", "_.x", "--key", "_.key", "--reduce", "(a, b) => a + b"],
    ]) {
      const here = await runPmap([...args, "in.jsonl"], { cwd });
      const there = await onSpark([...args, `${hdfs.uri}/in/*`]);
      assert.deepEqual([there.code, there.stderr], [0, ""]);
      assert.ok(there.stdout === here.stdout);
    }
  });

  test("what fails leaves nothing there, and nothing is written over what is there", async () => {
    const code = 'r => { if (r.n === 90_000) throw new Error("no"); return r; }';
    const failed = await onSpark(["-e", code, `${hdfs.uri}/in/part-*`, "-o", `${hdfs.uri}/failed`]);
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /^pmap: hdfs:\/\/[^ ]*\/in\/part-\d+:\d+: map threw Error: no\n/);
    const left = await onSpark(["-e", "_", `${hdfs.uri}/failed*`]);
    assert.equal(left.stderr, `pmap: Cannot read "${hdfs.uri}/failed*": no file matches\n`);
    const taken = await onSpark(["-e", "_", "in.jsonl", "-o", `${hdfs.uri}/in`]);
    assert.match(taken.stderr, /^pmap: Cannot write "hdfs:.*\/in": it is there already/);
  });
}
