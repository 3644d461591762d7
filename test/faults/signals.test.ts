import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  contentOf,
  eventually,
  finished,
  fixture,
  pmapCommand,
  processesWith,
  runShell,
  startPmap,
  temporaryFolder,
} from "../support/run-pmap.ts";

const folder = temporaryFolder();
const input = join(folder, "in.jsonl");
writeFileSync(input, Array.from({ length: 1000 }, (_, n) => `${n}\n`).join(""));

interface Waiting {
  readonly env: Readonly<Record<string, string>>;
  readonly flag: string;
  /** Lets the record that waits go on. */
  go(): void;
  /** Every process of the job. */
  pids(): number[];
}

/** For a job whose first record waits until it is told to go on. */
function waiting(): Waiting {
  const cwd = mkdtempSync(join(folder, "waits-"));
  const flag = join(cwd, "flag");
  return {
    env: { PMAP_TEST_FLAG: flag, PMAP_TEST_MARK: cwd },
    flag,
    go: () => writeFileSync(`${flag}.go`, ""),
    pids: () => processesWith(`PMAP_TEST_MARK=${cwd}`),
  };
}

/** \`T\` for a process that has been stopped. */
function stateOf(pid: number): string | undefined {
  try {
    return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

test("--timeout does not count the time for which the job was stopped", async () => {
  const timeoutMs = 2500;
  const { env, flag, go, pids } = waiting();
  const script = fixture("waits_for_a_flag.mjs");
  const child = startPmap(["-c", "2", "--timeout", `${timeoutMs}ms`, script, input], { env });
  const ended = finished(child, "");
  // Also a file that is there may still be empty.
  assert.ok(await eventually(() => contentOf(flag) !== ""));
  const startedOnce = readFileSync(flag, "utf8");
  // What Ctrl-Z does to each process of a job.
  const stopped = pids();
  for (const pid of stopped) process.kill(pid, "SIGSTOP");
  assert.ok(stopped.includes(child.pid as number) && stopped.length > 1);
  assert.ok(await eventually(() => stopped.every((pid) => stateOf(pid) === "T")), "it has not stopped");
  // Nothing tells that time has passed but time itself.
  await new Promise((resolve) => setTimeout(resolve, timeoutMs + 50));
  go();
  for (const pid of stopped) process.kill(pid, "SIGCONT");
  const { code, stdout, stderr } = await ended;
  assert.equal(code, 0, stderr);
  assert.ok(stdout === readFileSync(input, "utf8"));
  assert.equal(readFileSync(flag, "utf8"), startedOnce, "the record was run again");
});

test("Ctrl-Z stops a job whole, and it goes on where it was", async () => {
  const { env, flag, go, pids } = waiting();
  const words = [...pmapCommand, "-c", "2", "--timeout", "20s", fixture("waits_for_a_flag.mjs"), input];
  // Only what a shell with job control has started can be stopped by SIGTSTP.
  const line = '"$@" & echo $! > "$PMAP_TEST_FLAG.job"; wait -f $!';
  const ended = runShell(`bash -c 'set -m; ${line}' bash ${words.map((word) => `'${word}'`).join(" ")}`, { env });
  // The shell may be later than the worker: what it writes is there when its line has an end.
  const job = () => contentOf(`${flag}.job`);
  assert.ok(await eventually(() => existsSync(flag) && job().endsWith("\n")));
  const coordinator = Number(job());
  process.kill(-coordinator, "SIGTSTP");
  // A coordinator that waits for a spawned worker's first step waits (D) for one that has been stopped.
  const stopped = () => pids().filter((pid) => ["T", "D"].includes(stateOf(pid) ?? ""));
  const isWhole = () => stopped().includes(coordinator) && stopped().length > 1;
  assert.ok(await eventually(isWhole), "coordinator and worker have not both stopped");
  go();
  process.kill(-coordinator, "SIGCONT");
  const { code, stdout, stderr } = await ended;
  assert.equal(code, 0, stderr);
  assert.ok(stdout === readFileSync(input, "utf8"));
});

for (const [first, second] of [
  ["SIGINT", "SIGINT"],
  ["SIGTERM", "SIGTERM"],
] as const) {
  test(`a ${second} that follows a ${first} at once is the same one: what is in flight is finished`, async () => {
    const { env, flag, go } = waiting();
    const child = startPmap(["-c", "1", "--chunk", "1K", fixture("waits_for_a_flag.mjs"), input], { env });
    const ended = finished(child, "");
    assert.ok(await eventually(() => existsSync(flag)));
    process.kill(child.pid as number, first);
    process.kill(child.pid as number, second);
    go();
    const { code, stdout, stderr } = await ended;
    assert.equal(code, first === "SIGINT" ? 130 : 143, stderr);
    assert.ok(stdout.startsWith("0\n1\n2\n"), "the chunk in flight is lost");
    assert.ok(readFileSync(input, "utf8").startsWith(stdout));
  });
}

for (const [signal, code, again] of [
  ["SIGINT", 130, "Ctrl-C again"],
  ["SIGTERM", 143, "a second SIGTERM"],
] as const) {
  test(`after a ${signal} a record that hangs is told of, and the second ${signal} ends the job`, async () => {
    const { env, flag } = waiting();
    const child = startPmap(["-c", "1", fixture("waits_for_a_flag.mjs"), input], { env });
    let said = "";
    child.stderr?.on("data", (data) => {
      said += data;
    });
    const ended = finished(child, "");
    assert.ok(await eventually(() => existsSync(flag)));
    process.kill(child.pid as number, signal);
    const line = `pmap: ${signal}: waiting up to 5 s for the records that are running; ${again} ends them at once\n`;
    assert.ok(await eventually(() => said === line), said);
    process.kill(child.pid as number, signal);
    assert.equal((await ended).code, code);
  });
}

test("a FIFO whose other end is not there, or says nothing, does not keep a job from ending", async () => {
  const cwd = mkdtempSync(join(folder, "fifo-"));
  const lines = {
    "-e _ f": "",
    "-e _ --files-from f": "",
    "-e _ --on-error skip --errors f in": "",
    // A writer that keeps it open, and says nothing after its first line.
    "-e '_ + 1' f ": "exec 5<> f; echo 1 >&5; ",
  };
  const words = pmapCommand.map((word) => `'${word}'`).join(" ");
  writeFileSync(join(cwd, "in"), "1\n");
  for (const [args, before] of Object.entries(lines)) {
    const { stdout } = await runShell(`rm -f f; mkfifo f; ${before}timeout -s INT -k 20 3 ${words} ${args}; echo $?`, {
      cwd,
    });
    // 137 would be of SIGKILL, for what hangs.
    assert.equal(stdout.replace(/^2\n/, ""), "124\n", args);
  }
});
