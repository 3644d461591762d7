// An input that is another one at the end than at the start is an error; one that grows is not.
import assert from "node:assert/strict";
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, finished, type Result, startPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const input = join(folder, "input");
const numbers = (from: number) => Array.from({ length: 2000 }, (_, i) => `${from + i}\n`).join("");
const started = join(folder, "started");
const goOn = join(folder, "go-on");
writeFileSync(
  join(folder, "waits.mjs"),
  `import { existsSync, writeFileSync } from "node:fs";
let first = true;
export default async (n) => {
  if (first) {
    first = false;
    writeFileSync(${JSON.stringify(started)}, "");
    while (!existsSync(${JSON.stringify(goOn)})) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return n;
};`,
);

/** Runs a job, and does something to its input when its first record runs. */
async function during(change: () => void): Promise<Result> {
  for (const file of [started, goOn, join(folder, "output")]) rmSync(file, { force: true });
  writeFileSync(input, numbers(1000));
  const child = startPmap(["-c", "1", "--chunk", "500", "waits.mjs", "input", "-o", "output"], { cwd: folder });
  const run = finished(child, "");
  assert.ok(await eventually(() => existsSync(started)));
  change();
  writeFileSync(goOn, "");
  return run;
}

const CHANGES: Readonly<Record<string, readonly [change: () => void, words: RegExp]>> = {
  "replaced by another of the same length": [
    () => {
      writeFileSync(join(folder, "other"), numbers(5000));
      renameSync(join(folder, "other"), input);
    },
    /it was replaced by another file/,
  ],
  "replaced by a copy of itself": [
    () => {
      copyFileSync(input, join(folder, "other"));
      renameSync(join(folder, "other"), input);
    },
    /it was replaced by another file/,
  ],
  "rewritten in place": [overwriteFirstByte, /it was written to/],
  // Who reads it meanwhile finds it empty.
  "emptied and written again, longer": [() => writeFileSync(input, numbers(5000)), /it (was written to|has \d+ bytes)/],
  "truncated and written again, shorter": [() => writeFileSync(input, "1\n2\n"), /it has \d+ bytes/],
  truncated: [() => truncateSync(input, 700), /it has 700 bytes/],
};

function overwriteFirstByte(): void {
  const fd = openSync(input, "r+");
  writeSync(fd, "9");
  closeSync(fd);
}

for (const [name, [change, words]] of Object.entries(CHANGES)) {
  test(`an input that is ${name} during the job is an error, and the output does not appear`, async () => {
    const { code, stderr } = await during(change);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^pmap: Cannot read "input": /);
    assert.match(stderr, words);
    assert.equal(existsSync(join(folder, "output")), false);
  });
}

test("a log that grows during the job is read up to its size at the start", async () => {
  const { code, stderr } = await during(() => appendFileSync(input, "1\n2\n"));
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(readFileSync(join(folder, "output"), "utf8"), numbers(1000));
});
