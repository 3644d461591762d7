import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  eventually,
  finished,
  fixture,
  ownRuntime,
  processesWith,
  runPmap,
  runShell,
  startPmap,
  temporaryFolder,
} from "../support/run-pmap.ts";

// How a program behaves among others: pipes, signals, full disks, and what it leaves behind.

const folder = temporaryFolder();
let runs = 0;

/** A variable that every process of one run has in its environment, and no other. */
function mark(): { env: Record<string, string>; variable: string } {
  const value = `${process.pid}-${Date.now()}-${runs++}`;
  return { env: { PMAP_TEST_MARK: value }, variable: `PMAP_TEST_MARK=${value}` };
}

async function assertNoneLeft(variable: string) {
  assert.ok(await eventually(() => processesWith(variable).length === 0), `left: ${processesWith(variable)}`);
}

/** Resolves when this many lines have come on stderr. */
function said(child: ChildProcess, word: string, times = 1): Promise<void> {
  let text = "";
  return new Promise((resolve, reject) => {
    child.stderr?.on("data", (data: Uint8Array) => {
      text += new TextDecoder().decode(data);
      if (text.split(word).length > times) resolve();
    });
    child.on("close", () => reject(new Error(`It ended without saying "${word}": ${text}`)));
  });
}

test("a reader that has enough ends the job quietly", async () => {
  const { env, variable } = mark();
  const line = "{ pmap -c 2 --range 1..100000000 -e '({ n: _ })'; echo $? >&3; } 3>&2 | head -n 1";
  const { stdout, stderr } = await runShell(line, { env });
  assert.deepEqual({ stdout, stderr }, { stdout: '{"n":1}\n', stderr: "0\n" });
  await assertNoneLeft(variable);
});

test("a reader that has enough ends the job also when the input goes on for ever", async () => {
  const { env, variable } = mark();
  const line = "yes 1 | { pmap -c 2 -e _; echo $? >&3; } 3>&2 | head -n 2";
  const { stdout, stderr } = await runShell(line, { env });
  assert.deepEqual({ stdout, stderr }, { stdout: "1\n1\n", stderr: "0\n" });
  await assertNoneLeft(variable);
});

test("a reader that is gone before the first byte ends the job quietly", async () => {
  const line = "{ pmap -c 2 --range 1..1000000 -e _; echo $? >&3; } 3>&2 | true";
  const { stdout, stderr } = await runShell(line);
  assert.deepEqual({ stdout, stderr }, { stdout: "", stderr: "0\n" });
});

const ends: [signal: "SIGINT" | "SIGTERM" | "SIGHUP", code: number][] = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
];

for (const [signal, code] of ends) {
  test(`${signal} ends a job with ${code}, whole records and no process left`, async () => {
    const { env, variable } = mark();
    const child = startPmap(["-c", "2", "--range", "1..1000000000", fixture("says_started.mjs")], { env });
    const ended = finished(child);
    await said(child, "started", 2);
    process.kill(child.pid as number, signal);
    const result = await ended;
    assert.deepEqual([result.code, result.signal], [code, null], result.stderr);
    assert.ok(result.stdout === "" || result.stdout.endsWith("\n"));
    assert.ok(result.stdout.startsWith("1\n2\n3\n".slice(0, result.stdout.length)));
    assert.doesNotMatch(result.stderr, /internal error|\n +at /);
    await assertNoneLeft(variable);
  });

  test(`${signal} ends a job that waits for its input`, async () => {
    const { env, variable } = mark();
    const child = startPmap(["-c", "2", fixture("says_started.mjs")], { env });
    const ended = finished(child);
    child.stdin?.write("1\n");
    await said(child, "started");
    process.kill(child.pid as number, signal);
    const result = await ended;
    assert.deepEqual([result.code, result.signal], [code, null], result.stderr);
    await assertNoneLeft(variable);
  });

  test(`a second ${signal} ends a job at once whose records never end`, async () => {
    const { env, variable } = mark();
    const child = startPmap(["-c", "2", "--range", "1..2", fixture("loops_for_ever.mjs")], { env });
    const ended = finished(child);
    await said(child, "looping", 1);
    process.kill(child.pid as number, signal);
    const again = setInterval(() => process.kill(child.pid as number, signal), 100);
    const result = await ended;
    clearInterval(again);
    assert.deepEqual([result.code, result.signal], [code, null], result.stderr);
    await assertNoneLeft(variable);
  });
}

test("after a signal -o leaves what was there, and beside it only what --resume needs", async () => {
  const cwd = mkdtempSync(join(folder, "signal-"));
  writeFileSync(join(cwd, "out"), "old\n");
  const child = startPmap(["-c", "2", "--range", "1..1000000000", fixture("says_started.mjs"), "-o", "out"], { cwd });
  const ended = finished(child);
  await said(child, "started", 2);
  process.kill(child.pid as number, "SIGTERM");
  const { code } = await ended;
  assert.equal(code, 143);
  assert.deepEqual(
    readdirSync(cwd).filter((name) => !name.startsWith(".out.pmap")),
    ["out"],
  );
  assert.equal(readFileSync(join(cwd, "out"), "utf8"), "old\n");
});

test("no worker outlives a coordinator that is killed, not even in an endless loop", async () => {
  const { env, variable } = mark();
  const child = startPmap(["-c", "2", "--chunk", "1", "--range", "1..2", fixture("loops_for_ever.mjs")], { env });
  const ended = finished(child);
  await said(child, "looping", 1);
  process.kill(child.pid as number, "SIGKILL");
  const { signal } = await ended;
  assert.equal(signal, "SIGKILL");
  await assertNoneLeft(variable);
});

test("no worker outlives a coordinator that is killed while its workers wait", async () => {
  const { env, variable } = mark();
  const child = startPmap(["-c", "2", fixture("says_started.mjs")], { env });
  const ended = finished(child);
  child.stdin?.write("1\n");
  await said(child, "started");
  process.kill(child.pid as number, "SIGKILL");
  await ended;
  await assertNoneLeft(variable);
});

for (const args of [[], ["-c", "1"], ["--mode", "thread"], ["--mode", "inline"]]) {
  test(`a full device is one clear line (${args.join(" ") || "by default"})`, async () => {
    const line = `pmap ${args.join(" ")} --range 1..200000 -e '({ n: _ })' > /dev/full`;
    const { code, stderr } = await runShell(line);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^pmap: .*[Nn]o space left.*\n$/);
  });
}

test("an output that cannot be written is one clear line", async () => {
  writeFileSync(join(folder, "file"), "");
  mkdirSync(join(folder, "a-folder"));
  const outputs: [output: string, reason: RegExp][] = [
    ["file/out", /a part of its path is not a folder/],
    ["missing/out", /there is no folder "missing"/],
    ["a-folder", /it is a folder/],
  ];
  for (const [output, reason] of outputs) {
    const { code, stderr } = await runPmap(["-e", "_", "-o", output], { cwd: folder, stdin: "1\n" });
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`^pmap: Cannot write "${output}": ${reason.source}\n$`));
  }
});

test("an errors file that cannot be written is one clear line", async () => {
  const { code, stderr } = await runPmap(["-e", "_", "--on-error", "skip", "--errors", "missing/e.jsonl"], {
    cwd: folder,
    stdin: "1\n",
  });
  assert.equal(code, 2);
  assert.match(stderr, /^pmap: Cannot write "missing\/e\.jsonl": .+\n$/);
});

test("a closed stdout is an error or nothing, never a hang", async () => {
  const { code, stderr } = await runShell("pmap -c 2 --range 1..100 -e _ >&-");
  assert.ok(code === 0 || code === 1);
  assert.doesNotMatch(stderr, /internal error|\n +at /);
});

test("a folder that was deleted is told in a sentence, and does not matter to --help", async () => {
  const line = (args: string) => `mkdir deleted && cd deleted && rmdir ../deleted && pmap ${args}`;
  const cwd = temporaryFolder();
  const job = await runShell(line("--range 1..3 -e _"), { cwd });
  const help = await runShell(line("--help"), { cwd });
  // Deno itself does not start there.
  if (ownRuntime === "deno") return assert.deepEqual([job.code, help.code], [1, 1]);
  const says = "pmap: Cannot run in the current folder: it was deleted\nGo to another one\n";
  assert.deepEqual([job.code, job.stdout, job.stderr], [2, "", says]);
  assert.deepEqual([help.code, help.stderr], [0, ""]);
});

test("a closed stdin is an empty input or an error, never a hang", async () => {
  const { stdout, stderr } = await runShell("pmap -c 2 -e _ <&-");
  assert.equal(stdout, "");
  assert.doesNotMatch(stderr, /internal error|\n +at /);
});

test("-o keeps the mode of the file that it replaces", async () => {
  const output = join(folder, "mode.jsonl");
  writeFileSync(output, "old\n");
  chmodSync(output, 0o640);
  const { code } = await runPmap(["-e", "_", "-o", output], { stdin: "1\n" });
  assert.equal(code, 0);
  assert.equal(statSync(output).mode & 0o777, 0o640);
  assert.equal(readFileSync(output, "utf8"), "1\n");
});

test("-o makes a new file with the modes that the shell would give it", async () => {
  const { stdout } = await runShell(
    "umask 027; echo 1 | pmap -e _ -o new; echo 1 > by-shell; stat -c %a new by-shell",
    { cwd: folder },
  );
  assert.equal(stdout, "640\n640\n");
});

test("-o may be the input itself", async () => {
  const file = join(folder, "self.jsonl");
  writeFileSync(file, Array.from({ length: 50_000 }, (_, i) => `${i}\n`).join(""));
  const { code } = await runPmap(["-c", "2", "-e", "_ + 1", file, "-o", file]);
  assert.equal(code, 0);
  assert.equal(readFileSync(file, "utf8"), Array.from({ length: 50_000 }, (_, i) => `${i + 1}\n`).join(""));
});

test("-o through symbolic links replaces the file behind them, and makes it where there is none", async () => {
  const links = "mkdir deep; ln -s ../real deep/inner; ln -s deep/inner link; ln -s new dangling; echo old > real";
  const line = `${links}; echo 1 | pmap -e _ -o link; echo 2 | pmap -e _ -o dangling; cat real new; readlink link dangling; ls -A`;
  const { stdout } = await runShell(line, { cwd: mkdtempSync(join(folder, "link-")) });
  assert.equal(stdout, "1\n2\ndeep/inner\nnew\ndangling\ndeep\nlink\nnew\nreal\n");
});

for (const mode of ["process", "thread", "inline"]) {
  test(`what a script prints goes to stderr in mode ${mode}`, async () => {
    const { code, stdout, stderr } = await runPmap(["-c", "1", "--mode", mode, fixture("prints.mjs")], {
      stdin: "1\n2\n",
    });
    assert.deepEqual([code, stdout], [0, "1\n2\n"], stderr);
    for (const word of ["log", "info", "debug", "table", "written", "warn", "error"]) {
      assert.equal(stderr.split(`${word} 1`).length, 2, `${word} in ${stderr}`);
      assert.equal(stderr.split(`${word} 2`).length, 2, `${word} in ${stderr}`);
    }
  });
}

test("no summary is shown for a clean job, one with -v, none with -q", async () => {
  const [plain, verbose, quiet] = await Promise.all([
    runPmap(["-e", "_"], { stdin: "1\n" }),
    runPmap(["-v", "-e", "_"], { stdin: "1\n" }),
    runPmap(["-q", "--on-error", "skip", "-e", "_"], { stdin: "1\n{\n" }),
  ]);
  assert.deepEqual([plain.stderr, quiet.stderr], ["", ""]);
  assert.match(verbose.stderr, /^pmap: 1 record in /);
});

for (const env of [{ HOME: "", XDG_CACHE_HOME: "" }, { XDG_CACHE_HOME: "caches" }]) {
  test(`no cache is kept in the user's folder (${Object.entries(env).join(" ")})`, async () => {
    const cwd = mkdtempSync(join(folder, "caches-"));
    writeFileSync(join(cwd, "map.mjs"), "export default (n) => n;\n");
    const { code, stdout, stderr } = await runPmap(["map.mjs"], { cwd, env, stdin: "1\n" });
    assert.deepEqual([code, stdout], [0, "1\n"], stderr);
    // What runtimes themselves keep there is their own business.
    const ours = readdirSync(cwd, { recursive: true, encoding: "utf8" }).filter((name) => /(^|\/)pmap$/.test(name));
    assert.deepEqual(ours, []);
  });
}

test("no temporary folder or file is left behind", async () => {
  const cwd = mkdtempSync(join(folder, "tidy-"));
  const temporary = join(cwd, "tmp");
  mkdirSync(temporary);
  const env = { TMPDIR: temporary };
  const results = await Promise.all([
    runPmap(["-c", "2", "-e", "(r: number): number => r"], { env, cwd, stdin: "1\n" }),
    runPmap(["-c", "2", "--range", "1..10000", "-e", "_", "--reduce", "(a, b) => a + b"], { env, cwd }),
    runPmap(["-c", "2", "--range", "1..10000", "-e", "null.x"], { env, cwd }),
    runPmap(["-c", "2", "--range", "1..10000", "-e", "_", "-o", "out"], { env, cwd }),
  ]);
  assert.deepEqual(
    results.map(({ code }) => code),
    [0, 0, 1, 0],
  );
  // tsx keeps what it has compiled in a folder of its own.
  const left = () =>
    readdirSync(temporary).filter((name) => !name.startsWith("tsx-") && !name.startsWith("node-compile-cache"));
  assert.ok(await eventually(() => left().length === 0), `left: ${left()}`);
  assert.deepEqual(readdirSync(cwd).sort(), ["out", "tmp"]);
});
