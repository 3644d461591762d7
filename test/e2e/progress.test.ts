import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, finished, fixture, ownRuntime, runPmap, startPmap, temporaryFolder } from "../support/run-pmap.ts";
import { hasTerminal, pmapInTerminal, screenOf } from "../support/terminal.ts";

// Progress on stderr: on a terminal (util-linux's `script` makes one), in a log, as JSON, and when a signal asks.

const folder = temporaryFolder();
const RECORDS = 1000;
const input = join(folder, "in.jsonl");
writeFileSync(input, Array.from({ length: RECORDS }, (_, n) => `${n}\n`).join(""));
const needs = { skip: hasTerminal ? false : "needs util-linux's script" };
// biome-ignore lint/suspicious/noControlCharactersInRegex: what moves a cursor or changes a colour
const CONTROLS = /[\0-\x09\x0b\x0c\x0e-\x1f]/;

/** For a job whose first record waits until it is told to go on. */
function waiting() {
  const cwd = mkdtempSync(join(folder, "waits-"));
  const flag = join(cwd, "flag");
  const env = { PMAP_TEST_FLAG: flag };
  const script = fixture("waits_for_a_flag.mjs");
  return { env, script, flag, go: () => writeFileSync(`${flag}.go`, "") };
}

test("a job that is over at once draws nothing", needs, async () => {
  const { raw, ended } = pmapInTerminal(["-q", "-e", "_", "--limit", "3", input]);
  assert.deepEqual(await ended, { code: 0, screen: ["0", "1", "2"] });
  assert.doesNotMatch(raw(), CONTROLS);
});

test("a line shows how far the job is, fits the terminal, and is gone at the end", needs, async () => {
  for (const columns of [24, 80, 200]) {
    const { env, script, flag, go } = waiting();
    const out = join(folder, `out-${columns}`);
    const { raw, ended } = pmapInTerminal(["-q", "--progress", "bar", script, input], { columns, env, stdout: out });
    assert.ok(await eventually(() => existsSync(flag) && raw().includes("0%")), raw());
    const [line = ""] = screenOf(raw(), 1000);
    assert.ok(line.length <= columns - 3, line);
    if (columns > 24) assert.match(line, /^\[ *>? *\] {4}0% {2}0 records/);
    if (columns === 200) assert.match(line, / {2}0B of 3\.8KB {2}\d+:\d\d {2}\d\.\d\/\d+ busy/);
    go();
    assert.deepEqual(await ended, { code: 0, screen: [] });
    assert.equal(readFileSync(out, "utf8"), readFileSync(input, "utf8"));
  }
});

test("what the script says scrolls above the line, whole", needs, async () => {
  const { env, flag, go } = waiting();
  const script = join(folder, "says.mjs");
  const words = "x".repeat(60);
  writeFileSync(
    script,
    `import waits from ${JSON.stringify(fixture("waits_for_a_flag.mjs"))};
export default (n) => { console.error(\`said \${n} ${words}\`); const end = Date.now() + 5; while (Date.now() < end); return waits(n); };`,
  );
  const args = ["-c", "2", "--limit", "300", script, input];
  const { raw, ended } = pmapInTerminal(args, { env, stdout: join(folder, "out-says") });
  assert.ok(await eventually(() => existsSync(flag) && raw().includes("0%")), raw());
  go();
  const { code, screen } = await ended;
  assert.equal(code, 0);
  const said = screen.filter((line) => line.startsWith("said"));
  assert.deepEqual(said.sort(), Array.from({ length: 300 }, (_, n) => `said ${n} ${words}`).sort());
  // And the summary, which is the last line.
  assert.equal(screen.length, 301, screen.at(-1));
  assert.match(screen.at(-1) ?? "", /^pmap: 300 records in /);
});

test(
  "colours: none with NO_COLOR, all with FORCE_COLOR, and no control character on a dumb terminal",
  needs,
  async () => {
    for (const [name, extra, isColoured] of [
      ["NO_COLOR", { NO_COLOR: "1" }, false],
      ["FORCE_COLOR", { NO_COLOR: "1", FORCE_COLOR: "1" }, true],
      ["dumb", { TERM: "dumb" }, undefined],
    ] as const) {
      const { env, script, flag, go } = waiting();
      const options = { env: { ...env, ...extra }, stdout: join(folder, "out-colours") };
      const { raw, ended } = pmapInTerminal(["-q", "--progress", "bar", script, input], options);
      assert.ok(await eventually(() => existsSync(flag) && (name === "dumb" || raw().includes("0%"))), raw());
      go();
      assert.equal((await ended).code, 0);
      if (isColoured === undefined) assert.doesNotMatch(raw(), CONTROLS);
      else assert.equal(raw().includes("\x1b[32m"), isColoured, name);
    }
  },
);

test("records on the same terminal take the line's place", needs, async () => {
  const { env, script, flag, go } = waiting();
  const { raw, ended } = pmapInTerminal(["-q", "-c", "1", "--chunk", "100", script, input], { env });
  go();
  const { screen } = await ended;
  assert.ok(existsSync(flag));
  assert.deepEqual(screen, readFileSync(input, "utf8").trimEnd().split("\n"), raw().slice(0, 300));
});

test("Ctrl-Z takes the line away and stops the job, and fg goes on", needs, async () => {
  const { env, script, flag, go } = waiting();
  const around = (command: string) =>
    `exec bash --norc -c 'set -m; eval "$1"; echo has stopped; read -r _; fg > /dev/null' bash "${command}"`;
  const { child, raw, ended } = pmapInTerminal(["-q", "--progress", "bar", script, input], {
    env,
    stdout: join(folder, "out-z"),
    around,
  });
  assert.ok(await eventually(() => existsSync(flag) && raw().includes("0%")), raw());
  child.stdin?.write("\x1a");
  assert.ok(await eventually(() => raw().includes("has stopped")), raw());
  const screen = screenOf(raw(), 1000).filter((line) => line.includes("records") || line.includes("0%"));
  assert.deepEqual(screen, [], raw());
  go();
  child.stdin?.write("\n");
  const { code } = await ended;
  assert.equal(code, 0, raw());
  assert.equal(readFileSync(join(folder, "out-z"), "utf8"), readFileSync(input, "utf8"));
});

test("SIGUSR1 asks for one line, also where there is no terminal", async () => {
  const { env, script, flag, go } = waiting();
  const child = startPmap(["-c", "1", script, input], { env });
  let said = "";
  child.stderr?.on("data", (data) => {
    said += data;
  });
  const ended = finished(child, "");
  assert.ok(await eventually(() => existsSync(flag)));
  process.kill(child.pid as number, "SIGUSR1");
  assert.ok(await eventually(() => said.endsWith("\n")));
  assert.match(said, /^pmap: 0%, 0 records, 0B of 3\.8KB, .*; worker 0 on .*in\.jsonl:1 for \d+:\d\d\n/);
  // Deno opens its debugger for the same signal, and says so.
  if (ownRuntime !== "deno") assert.equal(said.split("\n").length, 2);
  go();
  assert.equal((await ended).code, 0);
});

test("--progress json tells each phase of a reduce once", async () => {
  const args = ["-q", "--progress", "json", "--reduce", "(a, b) => a + b", input];
  const { stderr } = await runPmap(args);
  const events = stderr
    .trimEnd()
    .split("\n")
    .map((line): Record<string, unknown> => JSON.parse(line));
  assert.deepEqual(
    events.flatMap(({ event, phase }) => (event === "phase" ? [phase] : [])),
    ["starting", "mapping", "merging", "finishing"],
  );
});

test("--progress json tells events that add up", async () => {
  const code = "n => { if (n % 100 === 5) throw new Error(`no ${n}`); return n % 2 ? n : undefined }";
  const args = ["-q", "-c", "2", "--on-error", "skip", "--progress", "json", "-e", code, input];
  const { code: status, stderr, stdout } = await runPmap(args);
  assert.equal(status, 0, stderr);
  const events = stderr
    .trimEnd()
    .split("\n")
    .map((line): Record<string, unknown> => JSON.parse(line));
  for (const { pmap } of events) assert.equal(pmap, 1);
  const named = (name: string) => events.filter(({ event }) => event === name);
  assert.deepEqual(
    named("phase").map(({ phase }) => phase),
    ["starting", "mapping", "finishing"],
  );
  const [started] = named("started");
  assert.deepEqual([started?.unit, started?.total, started?.cores], ["bytes", readFileSync(input).length, 2]);
  assert.deepEqual(
    named("reject").map(({ line, kind }) => [line, kind]),
    Array.from({ length: 10 }, (_, n) => [n * 100 + 6, "throw"]),
  );
  const ended = events.at(-1) ?? {};
  const { event, outcome, records, emittedFrom, filtered, rejected, share, bytesOut } = ended;
  assert.deepEqual(
    { event, outcome, records, emittedFrom, filtered, rejected, share, bytesOut },
    {
      event: "ended",
      outcome: "done",
      records: 1000,
      emittedFrom: 490,
      filtered: 500,
      rejected: 10,
      share: 1,
      bytesOut: stdout.length,
    },
  );
});

test("off, and a log that is no terminal, show nothing; bar becomes plain lines there", async () => {
  for (const mode of ["off", "auto", "bar", "plain"]) {
    const { stderr } = await runPmap(["--progress", mode, "-e", "_", input]);
    assert.equal(stderr, "", mode);
  }
  const { code, stderr } = await runPmap(["--progress", "bars", "-e", "_", input]);
  assert.equal(code, 2);
  assert.match(stderr, /--progress.*auto, bar, plain, json or off|bars/);
});
