import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  contentOf,
  eventually,
  finished,
  type Result,
  runPmap,
  startPmap,
  temporaryFolder,
} from "../support/run-pmap.ts";

// A teardown is owed to every worker that has been set up: it runs to its end, or the user is told.

const folder = temporaryFolder();
const stdin = Array.from({ length: 20 }, (_, i) => `${i + 1}\n`).join("");

/** A script in a folder of its own; what it does in its teardown is code. */
function withTeardown(teardown: string, map = "n"): { cwd: string } {
  const cwd = mkdtempSync(join(folder, "teardown-"));
  const source = `
import { appendFileSync } from "node:fs";
const later = (ms) => new Promise((done) => setTimeout(done, ms));
export const setup = (ctx) => { ctx.count("set up"); appendFileSync("set-up", "."); };
export const teardown = async (ctx) => { ${teardown} };
export default (n) => ${map};
`;
  writeFileSync(join(cwd, "map.mjs"), source);
  return { cwd };
}

function lengthOf({ cwd }: { cwd: string }, name: string): number {
  return contentOf(join(cwd, name)).length;
}

for (const mode of ["process", "thread", "inline"]) {
  test(`the teardown of a worker that is recycled at the job's end runs to its end, and its counters count, in mode ${mode}`, async () => {
    const options = withTeardown(`await later(300); appendFileSync("torn-down", "."); ctx.count("torn down");`);
    // Its last record is also the job's.
    const args = ["-c", "1", "--mode", mode, "--recycle", "20", "-v", "map.mjs"];
    const { code, stdout, stderr } = await runPmap(args, { ...options, stdin });
    assert.deepEqual([code, stdout], [0, stdin], stderr);
    // The worker that takes its place may have been ready in time.
    const tornDown = lengthOf(options, "torn-down");
    assert.ok(tornDown >= 1);
    assert.match(stderr, new RegExp(`torn down: ${tornDown}$`, "m"));
  });
}

const ends: [mode: string, deed: string, told: string][] = [
  ["process", "process.exit(3)", "exited with code 3"],
  ["process", "process.exit(0)", "exited with code 0"],
  ["process", 'process.kill(process.pid, "SIGKILL"); await later(10000)', "was ended by SIGKILL"],
  ["thread", "process.exit(3)", "exited with code 3"],
];

for (const [mode, deed, told] of ends) {
  test(`a teardown that does "${deed}" in mode ${mode} fails the job, and -o leaves no file`, async () => {
    const options = withTeardown(deed);
    const { code, stderr } = await runPmap(["-c", "1", "--mode", mode, "-o", "out", "map.mjs"], { ...options, stdin });
    assert.deepEqual([code, stderr], [1, `pmap: teardown's worker ${told}\n`]);
    assert.deepEqual(readdirSync(options.cwd).sort(), ["map.mjs", "set-up"]);
  });
}

test("a teardown may take longer than a worker that hangs is waited for", async () => {
  const options = withTeardown(`await later(5500); appendFileSync("torn-down", ".");`);
  const { code, stdout, stderr } = await runPmap(["-c", "1", "-q", "map.mjs"], { ...options, stdin });
  assert.deepEqual([code, stdout, stderr], [0, stdin, ""]);
  assert.equal(lengthOf(options, "torn-down"), lengthOf(options, "set-up"));
});

test("a worker that is still in its setup when the job ends is torn down", async () => {
  const cwd = mkdtempSync(join(folder, "late-"));
  // The second worker's setup begins before the first has mapped its records, and ends after it.
  writeFileSync(
    join(cwd, "map.mjs"),
    `import { appendFileSync, existsSync } from "node:fs";
     const wait = new Int32Array(new SharedArrayBuffer(4));
     export const setup = ({ worker }) => {
       if (worker === 0) return;
       appendFileSync("set-up", ".");
       while (!existsSync("mapped")) Atomics.wait(wait, 0, 0, 5);
       Atomics.wait(wait, 0, 0, 50);
     };
     export const teardown = ({ worker }) => worker === 0 || appendFileSync("torn-down", ".");
     export default (n) => {
       while (!existsSync("set-up")) Atomics.wait(wait, 0, 0, 5);
       if (n === 1) appendFileSync("mapped", ".");
       return n;
     };`,
  );
  const { code, stdout, stderr } = await runPmap(["-c", "2", "--chunk", "1M", "map.mjs"], { cwd, stdin: "0\n1\n" });
  assert.deepEqual([code, stdout, stderr], [0, "0\n1\n", ""]);
  assert.equal(readFileSync(join(cwd, "torn-down"), "utf8"), ".");
});

const noteSignal = `appendFileSync("signal", ctx.signal.aborted ? "aborted" : "calm");`;

async function interrupted({ cwd }: { cwd: string }): Promise<Result> {
  const child = startPmap(["-c", "1", "map.mjs"], { cwd });
  const result = finished(child);
  child.stdin?.write(stdin);
  assert.ok(await eventually(() => existsSync(join(cwd, "set-up"))));
  // Not child.kill: Deno would end its stdin, too, and the job may be done before it is interrupted.
  process.kill(child.pid as number, "SIGINT");
  return result;
}

const endings: [how: string, signal: string, run: () => Promise<[Result, { cwd: string }]>][] = [
  [
    "is done",
    "calm",
    async () => {
      const options = withTeardown(noteSignal);
      return [await runPmap(["-c", "1", "map.mjs"], { ...options, stdin }), options];
    },
  ],
  [
    "has failed",
    "aborted",
    async () => {
      const options = withTeardown(noteSignal, "n === 7 ? null.x : n");
      return [await runPmap(["-c", "1", "map.mjs"], { ...options, stdin }), options];
    },
  ],
  [
    "is interrupted",
    "aborted",
    async () => {
      const options = withTeardown(noteSignal);
      return [await interrupted(options), options];
    },
  ],
];

for (const [how, signal, run] of endings) {
  test(`ctx.signal is ${signal} in the teardown of a job that ${how}`, async () => {
    const [{ stderr }, { cwd }] = await run();
    assert.equal(readFileSync(join(cwd, "signal"), "utf8"), signal, stderr);
  });
}

test("workers are done when all has been mapped, also where a slow reader has not read it yet", async () => {
  // More than a pipe takes, and than the reader reads before the worker is gone.
  const options = withTeardown(`appendFileSync("torn-down", ".");`, '"x".repeat(40_000)');
  const child = startPmap(["-c", "1", "map.mjs"], options);
  child.stdin?.end(stdin);
  assert.ok(await eventually(() => lengthOf(options, "torn-down") === 1), "the teardown waits for the reader");
  const { code, stdout } = await finished(child);
  assert.deepEqual([code, stdout.length], [0, 20 * 40_003]);
});
