// What a slow reader makes wait, and rejects, stay on the disks of executors: neither pmap nor Spark's driver grows with them.
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { commandOf, textOf } from "../support/proc.ts";
import { processesWith, startPmap, temporaryFolder } from "../support/run-pmap.ts";
import { spark, sparkEnvironment, sparkFlags } from "../support/spark.ts";

const missing =
  "missing" in spark
    ? spark.missing
    : process.platform === "linux"
      ? undefined
      : "/proc tells how much memory it takes";
const RECORDS = 10_000;
const COPIES = 400;
const OUTPUT_BYTES = 200_000_000;
const MOST_BYTES = 400 * 1024 * 1024;
/** The reader rests for as long after each of these. */
const READ_BYTES = 1024 * 1024;
const REST_MS = 20;
const LOOK_MS = 200;
const REJECTS = 60_000;
const REJECTED_BYTES = 2000;

function peakBytes(pid: number): number {
  return 1024 * Number(/^VmHWM:\s*(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0);
}

/** Starts a job, looks at what it takes while it runs, and fails if that is too much, or if it fails. */
async function checkPeaks(args: string[], folder: string, onStart: (child: ChildProcess) => void): Promise<void> {
  const mark = `PMAP_TEST_MARK=memory-${process.pid}`;
  const env = { ...sparkEnvironment(), PMAP_TEST_MARK: mark.split("=")[1] as string };
  const child = startPmap(args, { cwd: folder, env });
  const peaks = { pmap: 0, driver: 0 };
  const timer = setInterval(() => {
    const driver = processesWith(mark).find((pid) => /java.*dev\.pmap\.spark\.Driver/.test(commandOf(pid)));
    peaks.pmap = Math.max(peaks.pmap, peakBytes(child.pid as number));
    peaks.driver = Math.max(peaks.driver, peakBytes(driver ?? 0));
  }, LOOK_MS);
  onStart(child);
  let stderr = "";
  child.stderr?.on("data", (data: Buffer) => {
    stderr += data;
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  clearInterval(timer);
  assert.equal(code, 0, stderr);
  for (const [who, peak] of Object.entries(peaks))
    assert.ok(peak > 0 && peak < MOST_BYTES, `${who}: ${Math.round(peak / 1024 / 1024)} MB`);
}

if (missing !== undefined) test(`the memory of a job on Spark is not tested: ${missing}`, () => {});
else {
  test("200 MB to a slow reader take less than 400 MB in pmap, and in the driver that has the executor in it", async () => {
    const folder = temporaryFolder();
    const lines = Array.from({ length: RECORDS }, (_, i) => `{"n":${i},"text":"${"x".repeat(30)}"}\n`);
    writeFileSync(join(folder, "in.jsonl"), lines.join(""));
    let bytes = 0;
    let sinceRest = 0;
    const args = [...sparkFlags("local[2]", "100k"), "-e", `Array(${COPIES}).fill(_)`, "in.jsonl"];
    await checkPeaks(args, folder, ({ stdout }) => {
      stdout?.on("data", (data: Buffer) => {
        bytes += data.length;
        sinceRest += data.length;
        if (sinceRest < READ_BYTES) return;
        sinceRest = 0;
        stdout.pause();
        setTimeout(() => stdout.resume(), REST_MS);
      });
    });
    assert.ok(bytes > OUTPUT_BYTES, `${bytes}`);
  });

  test("120 MB of rejects, of two tasks, take less than 400 MB in pmap, and in the driver that has the executor in it", async () => {
    const folder = temporaryFolder();
    const lines = Array.from({ length: REJECTS }, (_, i) => `{"n":${i},"text":"${"é".repeat(REJECTED_BYTES / 2)}"}\n`);
    writeFileSync(join(folder, "in.jsonl"), lines.join(""));
    const skip = ["--on-error", "skip", "--errors", "errors.jsonl", "-o", "out.jsonl"];
    const args = [...sparkFlags("local[2]", "64m"), ...skip, "-e", "_.none.x", "in.jsonl"];
    await checkPeaks(args, folder, () => {});
    assert.ok(statSync(join(folder, "errors.jsonl")).size > REJECTS * REJECTED_BYTES);
  });
}
