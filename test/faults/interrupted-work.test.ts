// What an interrupted run has left is neither thrown away for want of a flag nor mixed with another job's.
import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";
import {
  contentOf,
  eventually,
  finished,
  fixture,
  ownRuntime,
  type Result,
  runPmap,
  runShell,
  startPmap,
  temporaryFolder,
} from "../support/run-pmap.ts";

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
writeFileSync(
  at("input"),
  Array.from({ length: 12_000 }, (_, n) => (n % 1000 === 7 ? "{\n" : `{"n":${n}}\n`)).join(""),
);
const job = ["-c", "1", "--on-error", "skip", fixture("hashes_slowly.mjs"), "input", "-o", "out"];
const withErrors = [...job, "--errors", "errors"];

const run = (...args: string[]): Promise<Result> => runPmap(args, { cwd: folder });

/** Runs the job until something of it has been noted, and kills it. */
async function interrupt(args: readonly string[], signal: "SIGKILL" | "SIGINT" = "SIGKILL"): Promise<void> {
  const child = startPmap(args, { cwd: folder });
  const result = finished(child, "");
  const journal = at(".out.pmap-journal");
  assert.ok(await eventually(() => contentOf(journal).split("\n").length > 2));
  process.kill(child.pid as number, signal);
  await result;
}

beforeEach(() => {
  for (const name of readdirSync(folder))
    if (/out|errors/.test(name)) rmSync(at(name), { recursive: true, force: true });
});

test("a new run over an interrupted one is refused, names both ways on, and leaves everything as it was", async () => {
  await interrupt(withErrors);
  rmSync(at(".out.pmap-lock"));
  const before = readdirSync(folder).map((name) => [name, readFileSync(at(name), "utf8")]);
  const { code, stderr } = await run(...withErrors);
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^pmap: Cannot write "out": an interrupted run has left [\d,]+ records of it\n--resume continues it; --restart starts over\n$/,
  );
  assert.deepEqual(
    readdirSync(folder).map((name) => [name, readFileSync(at(name), "utf8")]),
    before,
  );
});

test("--restart starts over, --resume says where it goes on, and both come to the same bytes", async () => {
  await run(...withErrors);
  const whole = [readFileSync(at("out"), "utf8"), readFileSync(at("errors"), "utf8")];
  for (const [flag, words] of [
    ["--restart", /^pmap: 12,000 records/],
    ["--resume", /^pmap: resuming "out": [\d,]+ records were done\n/],
  ] as const) {
    rmSync(at("out"));
    await interrupt(withErrors, flag === "--resume" ? "SIGINT" : "SIGKILL");
    const { code, stderr } = await run(...withErrors, flag);
    assert.equal(code, 0, stderr);
    assert.match(stderr, words);
    assert.deepEqual([readFileSync(at("out"), "utf8"), readFileSync(at("errors"), "utf8")], whole);
  }
  const { code, stdout, stderr } = await run(...withErrors, "--resume");
  assert.deepEqual([code, stdout, stderr], [0, "", 'pmap: "out" is complete: there is nothing to resume\n']);
});

test("--resume with another errors file, or none, is refused", async () => {
  await interrupt(withErrors);
  for (const args of [job, [...job, "--errors", "other-errors"], [...withErrors, "--seed", "7"]]) {
    const { code, stderr } = await run(...args, "--resume");
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^pmap: Cannot resume "out": the options changed since it was interrupted\n--restart starts over\n$/,
    );
  }
  assert.equal((await run(...withErrors, "--resume")).code, 0);
});

test("--resume goes on with other cores, another concurrency, another patience", async () => {
  await run(...withErrors);
  const whole = [readFileSync(at("out"), "utf8"), readFileSync(at("errors"), "utf8")];
  rmSync(at("out"));
  await interrupt(withErrors);
  const other = ["--cores", "2", "--concurrency", "3", "--timeout", "1m", "--retries", "1", "--max-errors", "100%"];
  const { code, stderr } = await run(...withErrors, ...other, "--retry-throws", "1", "--resume");
  assert.equal(code, 0, stderr);
  assert.deepEqual([readFileSync(at("out"), "utf8"), readFileSync(at("errors"), "utf8")], whole);
});

test("--resume goes on with another rate, which has cut the input into other chunks", async () => {
  const text = "x".repeat(2000);
  writeFileSync(at("long"), Array.from({ length: 2000 }, (_, n) => `${JSON.stringify({ n, text })}\n`).join(""));
  const numbers = ["-c", "1", "-e", "_.n", "long", "-o", "out"];
  await interrupt([...numbers, "--rate", "20/s"]);
  const { code, stderr } = await run(...numbers, "--resume");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^pmap: resuming "out": \d+ records? w(as|ere) done\n/);
  assert.equal(readFileSync(at("out"), "utf8"), Array.from({ length: 2000 }, (_, n) => `${n}\n`).join(""));
});

for (const name of [".out.pmap", "errors"]) {
  test(`--resume over ${name === "errors" ? "an errors file" : "an output"} that has lost its end is refused, and nothing is touched`, async () => {
    await interrupt(withErrors);
    truncateSync(at(name), 10);
    const { code, stderr } = await run(...withErrors, "--resume");
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^pmap: Cannot resume "out": ".*" has 10 bytes, and had \d+ when it was interrupted\n--restart/,
    );
    assert.equal(lstatSync(at(name)).size, 10);
  });
}

test("what has been written behind the last note is cut off", async () => {
  await run(...withErrors);
  const whole = readFileSync(at("out"), "utf8");
  rmSync(at("out"));
  await interrupt(withErrors);
  appendFileSync(at(".out.pmap"), "rubbish that no journal knows\n");
  assert.equal((await run(...withErrors, "--resume")).code, 0);
  assert.equal(readFileSync(at("out"), "utf8"), whole);
});

test("a link in the place of the temporary output is not written through, nor taken for what was left", async () => {
  await interrupt(withErrors);
  writeFileSync(at("victim"), "precious".repeat(10_000));
  rmSync(at(".out.pmap"));
  symlinkSync("victim", at(".out.pmap"));
  assert.equal((await run(...withErrors, "--resume")).code, 0);
  assert.equal(readFileSync(at("victim"), "utf8"), "precious".repeat(10_000));
  assert.ok(lstatSync(at("out")).isFile());
  rmSync(at("victim"));
});

for (const [name, args] of [
  ["reads a stream", ["-e", '"B"', "-", "-o", "out"]],
  ["is unordered", ["--unordered", "-e", '"B"', "input", "-o", "out"]],
] as const) {
  test(`a job that ${name} does not replace interrupted work either, and can be told to`, async () => {
    await interrupt(withErrors);
    const { code, stderr } = await runPmap(args, { cwd: folder, stdin: "1\n" });
    assert.equal(code, 2);
    assert.match(stderr, /^pmap: Cannot write "out": an interrupted run has left [\d,]+ records of it\n--resume/);
    const restarted = await runPmap(["--on-error", "skip", "--restart", ...args], { cwd: folder, stdin: "1\n" });
    assert.equal(restarted.code, 0, restarted.stderr);
    assert.equal(existsSync(at(".out.pmap-journal")), false, "a journal of another job's output");
  });
}

test("a job that was killed before it had noted anything is started anew by --resume, over an older output too", async () => {
  await run(...withErrors);
  const whole = readFileSync(at("out"), "utf8");
  for (const left of [".out.pmap", ".out.pmap-journal"]) {
    writeFileSync(at("out"), "yesterday's\n");
    writeFileSync(at(left), left.endsWith("journal") ? '{"the input":' : "half");
    const { code, stderr } = await run(...withErrors, "--resume");
    assert.equal(code, 0, stderr);
    assert.equal(readFileSync(at("out"), "utf8"), whole);
  }
});

test("a journal whose first line says nothing is no work to be resumed, and no stack", async () => {
  await interrupt(withErrors);
  writeFileSync(at(".out.pmap-journal"), readFileSync(at(".out.pmap-journal"), "utf8").replace(/^.*\n/, "\0\0\0\n"));
  const { code, stderr } = await run("-q", ...withErrors, "--resume");
  assert.deepEqual([code, stderr], [0, ""]);
});

for (const name of [".out.pmap", ".out.pmap-journal"]) {
  test(`a folder called ${name} is in the way, in a sentence`, async () => {
    mkdirSync(at(name));
    for (const flags of [[], ["--resume"], ["--restart"]]) {
      const { code, stderr } = await run(...withErrors, ...flags);
      assert.equal(code, 2);
      assert.match(
        stderr,
        /^pmap: Cannot write "out": ".*" is in the way, and is not a file\nMove it, or choose another output\n$/,
      );
    }
    assert.ok(lstatSync(at(name)).isDirectory());
  });
}

test("a link that has taken the errors file's place is another errors file", async () => {
  await interrupt(withErrors);
  writeFileSync(at("victim"), "precious".repeat(10_000));
  rmSync(at("errors"));
  symlinkSync("victim", at("errors"));
  const { code, stderr } = await run(...withErrors, "--resume");
  assert.equal(code, 2);
  assert.match(stderr, /the options changed since it was interrupted/);
  assert.equal(readFileSync(at("victim"), "utf8"), "precious".repeat(10_000));
  rmSync(at("victim"));
});

test("a stream cannot be resumed, and what to do is said", async () => {
  const { code, stderr } = await runPmap(["--resume", "-e", "_", "-o", "out"], { cwd: folder, stdin: "1\n" });
  assert.equal(code, 2);
  assert.equal(stderr, 'pmap: Cannot resume "out": a stream cannot be read again\nSave it to a file first\n');
});

const BY_COMPILED_NAME = "a module that it imports by the name it is compiled to";

for (const [name, args] of [
  [BY_COMPILED_NAME, ["script.ts"]],
  [
    "a module of -M",
    ["-M", "./helper.ts", "-e", "async () => (await new Promise((go) => setTimeout(go, 1)), helper.z)"],
  ],
] as const) {
  test(`--resume notices that ${name} changed`, async (t) => {
    t.after(() => {
      for (const file of ["script.ts", "helper.ts", "package.json"]) rmSync(at(file), { force: true });
    });
    const imported = 'import { z } from "./helper.js";';
    const slow = "new Promise((go) => setTimeout(go, 1, z))";
    writeFileSync(at("script.ts"), `${imported}\nexport default (_: unknown): unknown => ${slow};\n`);
    writeFileSync(at("helper.ts"), "export const z: number = 1;\n");
    writeFileSync(at("package.json"), '{"type":"module"}');
    const job = ["-c", "1", "--concurrency", "1", "--chunk", "1K", "--on-error", "skip", ...args, "input", "-o", "out"];
    if (ownRuntime === "deno" && name === BY_COMPILED_NAME) {
      // It looks for the file of that name, and says what to do.
      const { code, stderr } = await run(...job);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^pmap: Cannot load "script\.ts": .*Module not found .*Maybe change the extension to '\.ts'/,
      );
      return;
    }
    await interrupt(job);
    writeFileSync(at("helper.ts"), "export const z: number = 2;\n");
    const { code, stderr } = await run(...job, "--resume");
    assert.equal(code, 2, stderr);
    assert.match(stderr, /Cannot resume "out": the script changed since it was interrupted/);
  });
}

test("a failed write keeps what was done: when there is room, --resume goes on to the same bytes", async () => {
  const args = "-c 1 --concurrency 1 --range 1..3000 --chunk 100 slow-noise.mjs -o out";
  writeFileSync(
    at("slow-noise.mjs"),
    'export default (n) => new Promise((go) => setTimeout(go, 1, `${n}${"x".repeat(1000)}`));\n',
  );
  assert.equal((await run(...args.split(" "))).code, 0);
  const whole = readFileSync(at("out"), "utf8");
  for (const before of ["none", "an older output"]) {
    rmSync(at("out"), { force: true });
    if (before !== "none") writeFileSync(at("out"), "yesterday's\n");
    // The signal that comes with it ends Deno: where it is ignored, the write fails.
    const limited = await runShell(`trap '' XFSZ; ulimit -f 4000; pmap ${args}; echo $?`, { cwd: folder });
    assert.equal(limited.stdout, "1\n", limited.stderr);
    assert.match(limited.stderr, /^pmap: the work done is kept; the same command with --resume goes on$/m);
    assert.match(limited.stderr, /^pmap: Cannot write ".*": /m);
    const { code, stderr } = await run(...args.split(" "), "--resume");
    assert.equal(code, 0, stderr);
    assert.match(stderr, /resuming "out": [\d,]+ records were done/);
    assert.equal(readFileSync(at("out"), "utf8"), whole);
  }
  rmSync(at("slow-noise.mjs"));
});

test("a resumed run that fails keeps what was done before it", async () => {
  const patient = ["-c", "1", "--range", "1..2000", "--chunk", "10", "waits.mjs", "-o", "out"];
  // As with a service that is down for a while.
  writeFileSync(
    at("waits.mjs"),
    `import { existsSync } from "node:fs";
export default async (n) => {
  await new Promise((go) => setTimeout(go, 5));
  if (existsSync(${JSON.stringify(at("out-of-order"))})) throw new Error("down");
  return n;
};
`,
  );
  await interrupt(patient);
  writeFileSync(at("out-of-order"), "");
  const failed = await run(...patient, "--resume");
  assert.equal(failed.code, 1, failed.stderr);
  assert.match(failed.stderr, /the work done is kept; the same command with --resume goes on/);
  rmSync(at("out-of-order"));
  const { code, stderr } = await run(...patient, "--resume");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /resuming "out": [\d,]+ records? were done/);
  assert.equal(readFileSync(at("out"), "utf8"), Array.from({ length: 2000 }, (_, n) => `${n + 1}\n`).join(""));
  rmSync(at("waits.mjs"));
});

test("over an older output, --resume starts a job that was interrupted before its first record", async () => {
  const script = `import { existsSync } from "node:fs";
export const setup = async () => {
  while (existsSync(${JSON.stringify(at("out-of-order"))})) await new Promise((go) => setTimeout(go, 10));
};
export default (n) => n;
`;
  writeFileSync(at("sets-up.mjs"), script);
  writeFileSync(at("out"), "yesterday's\n");
  writeFileSync(at("out-of-order"), "");
  const args = ["-c", "1", "--range", "1..3", "sets-up.mjs", "-o", "out"];
  const child = startPmap(args, { cwd: folder });
  const result = finished(child, "");
  assert.ok(await eventually(() => existsSync(at(".out.pmap"))));
  process.kill(child.pid as number, "SIGINT");
  const interrupted = await result;
  assert.equal(interrupted.code, 130, interrupted.stderr);
  assert.equal(readFileSync(at("out"), "utf8"), "yesterday's\n");
  rmSync(at("out-of-order"));
  const { code, stderr } = await run(...args, "--resume");
  assert.equal(code, 0, stderr);
  assert.equal(readFileSync(at("out"), "utf8"), "1\n2\n3\n");
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith(".out")),
    [],
  );
  rmSync(at("sets-up.mjs"));
});
