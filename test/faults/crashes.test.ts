import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Reject, rejectsOf } from "../support/errors-file.ts";
import {
  eventually,
  finished,
  fixture,
  ownRuntime,
  processesWith,
  runPmap,
  SKIP_HINT,
  startPmap,
  temporaryFolder,
  withoutDetails,
} from "../support/run-pmap.ts";

// Records that take their workers down: the others come out, in order, and the culprits are named.

const folder = temporaryFolder();
const script = fixture("does_as_told.mjs");

/** Records 1 to `count`, one a line, of which some have a deed. */
function told(count: number, deeds: Readonly<Record<number, string>>): string {
  return Array.from({ length: count }, (_, i) => `${JSON.stringify({ n: i + 1, do: deeds[i + 1] })}\n`).join("");
}

function others(count: number, deeds: Readonly<Record<number, string>>): string {
  return Array.from({ length: count }, (_, i) => i + 1)
    .filter((n) => deeds[n] === undefined)
    .map((n) => `${n}\n`)
    .join("");
}

/** Runs with `--on-error skip` and asserts that all the others came out, in order, and that no process is left. */
async function skipping(
  content: string,
  wanted: string,
  { args = [], from = "file" }: { args?: readonly string[]; from?: "file" | "pipe" } = {},
): Promise<{ rejects: Reject[]; stderr: string }> {
  const cwd = mkdtempSync(join(folder, "run-"));
  writeFileSync(join(cwd, "in.jsonl"), content);
  const mark = `${process.pid}-${cwd}`;
  const all = ["-c", "2", "--on-error", "skip", "--errors", "errors.jsonl", ...args, script];
  const result = await runPmap(from === "file" ? [...all, "in.jsonl"] : all, {
    cwd,
    env: { PMAP_TEST_MARK: mark },
    stdin: from === "pipe" ? content : "",
  });
  assert.equal(result.code, 0, result.stderr);
  const [is, should] = [result.stdout.split("\n"), wanted.split("\n")];
  const at = should.findIndex((line, i) => line !== is[i]);
  assert.ok(
    result.stdout === wanted,
    `line ${at + 1} is ${is[at]}, not ${should[at]}; ${is.length} of ${should.length} lines`,
  );
  assert.ok(await eventually(() => processesWith(`PMAP_TEST_MARK=${mark}`).length === 0), "a process is left");
  return { rejects: rejectsOf(join(cwd, "errors.jsonl")), stderr: result.stderr };
}

const deaths: [deed: string, kind: string, more: Partial<Reject>][] = [
  ["throw", "throw", { attempts: 1, message: "map threw Error: told to" }],
  ["exit 0", "exit", { exitCode: 0 }],
  ["exit 3", "exit", { exitCode: 3 }],
  ["exit later", "exit", { exitCode: 3 }],
  ["kill", "signal", { signal: "SIGKILL" }],
];

for (const [deed, kind, more] of deaths) {
  for (const from of ["file", "pipe"] as const) {
    test(`one record that does "${deed}" is one reject, from a ${from}`, async () => {
      const deeds = { 1204: deed };
      const content = told(3000, deeds);
      const { rejects, stderr } = await skipping(content, others(3000, deeds), { from });
      assert.equal(rejects.length, 1);
      const [reject] = rejects as [Reject];
      const offset = Buffer.byteLength(content.slice(0, content.indexOf('{"n":1204')));
      const source = from === "file" ? "in.jsonl" : "-";
      assert.deepEqual(
        { source: reject.source, line: reject.line, offset: reject.offset, kind: reject.kind },
        { source, line: 1204, offset, kind },
      );
      assert.deepEqual(JSON.parse(reject.record), { n: 1204, do: deed });
      for (const [name, value] of Object.entries(more)) assert.equal(reject[name as keyof Reject], value, name);
      assert.match(stderr, new RegExp(`1 rejected \\(1 ${kind}\\)`));
    });
  }

  test(`one record that does "${deed}" ends a job that may not fail, with its line`, async () => {
    const { code, stderr } = await runPmap(["-c", "2", script], { stdin: told(3000, { 1204: deed }) });
    assert.equal(code, 1);
    assert.match(stderr, /^pmap: -:1204: (map|the script called process\.exit)/);
    assert.equal(stderr.split("pmap: ").length, 2, stderr);
  });
}

test("the first, the last and neighbouring records may kill", async () => {
  const deeds = { 1: "exit 3", 2: "kill", 500: "kill", 501: "kill", 502: "exit 0", 1000: "exit 0" };
  const { rejects } = await skipping(told(1000, deeds), others(1000, deeds));
  assert.deepEqual(
    rejects.map(({ line, kind }) => [line, kind]),
    [
      [1, "exit"],
      [2, "signal"],
      [500, "signal"],
      [501, "signal"],
      [502, "exit"],
      [1000, "exit"],
    ],
  );
});

test("only killers are named: not the records before them that throw, are filtered or yield nothing", async () => {
  const cwd = mkdtempSync(join(folder, "named-"));
  const source = `
export const filter = (n) => n % 5 !== 0;
export default function* (n) {
  if (n % 7 === 0) throw new Error("seven");
  if (n === 52 || n === 88) process.exit(3);
  if (n % 2 === 0) yield n;
}
`;
  writeFileSync(join(cwd, "map.mjs"), source);
  const all = Array.from({ length: 100 }, (_, i) => i + 1);
  const isReject = (n: number) => n % 5 !== 0 && (n % 7 === 0 || n === 52 || n === 88);
  const args = ["-c", "2", "--on-error", "skip", "--errors", "errors.jsonl", "map.mjs"];
  const { code, stdout, stderr } = await runPmap(args, { cwd, stdin: all.map((n) => `${n}\n`).join("") });
  assert.equal(code, 0, stderr);
  const rejects = rejectsOf(join(cwd, "errors.jsonl"));
  assert.deepEqual(
    rejects.map(({ line }) => line),
    all.filter(isReject),
  );
  assert.deepEqual(
    rejects.filter(({ kind }) => kind === "exit").map(({ line }) => line),
    [52, 88],
  );
  assert.equal(
    stdout,
    all
      .filter((n) => n % 5 !== 0 && n % 2 === 0 && !isReject(n))
      .map((n) => `${n}\n`)
      .join(""),
  );
});

test("a killer among asynchronous records is the only one named", async () => {
  const cwd = mkdtempSync(join(folder, "async-"));
  const source = `
export default async (n) => {
  await new Promise((done) => setTimeout(done, n % 3));
  if (n === 60) process.exit(3);
  return n;
};
`;
  writeFileSync(join(cwd, "map.mjs"), source);
  const all = Array.from({ length: 100 }, (_, i) => i + 1);
  const args = ["-c", "2", "--concurrency", "8", "--on-error", "skip", "--errors", "errors.jsonl", "map.mjs"];
  const { code, stdout, stderr } = await runPmap(args, { cwd, stdin: all.map((n) => `${n}\n`).join("") });
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    rejectsOf(join(cwd, "errors.jsonl")).map(({ line, kind }) => [line, kind]),
    [[60, "exit"]],
  );
  assert.equal(
    stdout,
    all
      .filter((n) => n !== 60)
      .map((n) => `${n}\n`)
      .join(""),
  );
});

const FIRST_FAILURES = {
  "cannot be printed": "async (r) => { if (r.n === 5) return 5n; if (r.n === 6) process.exit(3); return r.n; }",
  "cannot be printed, after a wait":
    "async (r) => { await null; if (r.n === 5) return 5n; await null; if (r.n === 6) process.exit(3); return r.n; }",
  throws: "async (r) => { if (r.n === 5) throw new Error('no'); if (r.n === 6) process.exit(3); return r.n; }",
  "is the first promise":
    "(r) => r.n < 5 ? r.n : new Promise((yes, no) => { if (r.n === 5) no(new Error('no')); if (r.n === 6) process.exit(3); yes(r.n); })",
};
for (const [what, map] of Object.entries(FIRST_FAILURES)) {
  test(`an asynchronous record that ${what} is named, and not the next one, which exits`, async () => {
    const { code, stderr } = await runPmap(["-c", "1", "-e", map], { cwd: folder, stdin: told(8, {}) });
    assert.equal(code, 1);
    assert.match(stderr, /^pmap: -:5: /);
  });
}

test("a worker that dies once costs a retry and no record", async () => {
  const cwd = mkdtempSync(join(folder, "once-"));
  const source = `
import { closeSync, openSync } from "node:fs";
export default (n) => {
  if (n !== 700) return n;
  try {
    closeSync(openSync("died-before", "wx"));
  } catch {
    return n;
  }
  process.exit(3);
};
`;
  writeFileSync(join(cwd, "map.mjs"), source);
  const all = Array.from({ length: 2000 }, (_, i) => `${i + 1}\n`).join("");
  const { code, stdout, stderr } = await runPmap(["-c", "2", "map.mjs"], { cwd, stdin: all });
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  assert.ok(stdout === all);
});

test("five deeds among twenty thousand records are five rejects, also with -o", async () => {
  const heap = ownRuntime !== "bun";
  const deeds = {
    17: "throw",
    4000: "exit 0",
    9999: "kill",
    ...(heap ? { 15000: "exhaust" } : {}),
    19990: "exit 3",
  };
  const args = heap ? ["--max-memory", "64M"] : [];
  const content = told(20_000, deeds);
  const { rejects } = await skipping(content, others(20_000, deeds), { args });
  assert.deepEqual(
    rejects.map(({ line, kind }) => [line, kind]),
    [[17, "throw"], [4000, "exit"], [9999, "signal"], ...(heap ? [[15_000, "memory"]] : []), [19_990, "exit"]],
  );
  const cwd = mkdtempSync(join(folder, "output-"));
  const all = ["-c", "2", "--on-error", "skip", ...args, script, "-o", "out"];
  const { code, stderr } = await runPmap(all, { cwd, stdin: content });
  assert.equal(code, 0, stderr);
  assert.ok(readFileSync(join(cwd, "out"), "utf8") === others(20_000, deeds));
  assert.deepEqual(readdirSync(cwd), ["out"]);
});

for (const mode of ["process", "thread", "inline"]) {
  // What Bun has no flag for, the watchdog does by the size of the process.
  const isKept = mode === "process" || (mode === "thread" && ownRuntime === "node");
  test(`--max-memory is ${isKept ? "kept" : "not kept, which is a warning,"} in mode ${mode}`, async () => {
    const args = ["--mode", mode, "--max-memory", "64M"];
    const deeds: Record<number, string> = isKept && ownRuntime !== "bun" ? { 200: "exhaust" } : {};
    const { rejects, stderr } = await skipping(told(1000, deeds), others(1000, deeds), { args });
    assert.deepEqual(
      rejects.map(({ line, kind }) => [line, kind]),
      Object.keys(deeds).map((line) => [Number(line), "memory"]),
    );
    const warning = `Cannot limit the memory of a worker with --mode ${mode}`;
    assert.equal(stderr.split(warning).length - 1, isKept ? 0 : 1, stderr);
  });
}

for (const mode of ["process", "thread"]) {
  test(`a loop and a promise that never settles are timeouts in mode ${mode}`, async () => {
    const deeds = { 200: "loop", 300: "never settle" };
    const args = ["--mode", mode, "--timeout", "500ms", "--retries", "0"];
    const { rejects } = await skipping(told(1000, deeds), others(1000, deeds), { args });
    assert.deepEqual(
      rejects.map(({ line, kind }) => [line, kind]),
      [
        [200, "timeout"],
        [300, "timeout"],
      ],
    );
  });
}

test("a timeout ends a job that may not fail, with its line", async () => {
  const args = ["-c", "2", "--timeout", "500ms", "--retries", "0", script];
  const { code, stderr } = await runPmap(args, { stdin: told(1000, { 200: "loop" }) });
  assert.equal(code, 1);
  assert.equal(stderr, `pmap: -:200: map took longer than 500 ms\n${SKIP_HINT}`);
});

test("a reduce folds every record but the killer, once", async () => {
  const deeds = { 1204: "kill", 2000: "throw" };
  const args = ["-c", "2", "--on-error", "skip", script, "--reduce", "(a, b) => a + b"];
  const { code, stdout, stderr } = await runPmap(args, { stdin: told(3000, deeds) });
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `${(3000 * 3001) / 2 - 1204 - 2000}\n`);
});

test("counters do not count what a dead worker had counted", async () => {
  const cwd = mkdtempSync(join(folder, "counted-"));
  writeFileSync(
    join(cwd, "map.mjs"),
    "export default (n, ctx) => (ctx.count('seen'), n === 90 ? process.exit(3) : n);\n",
  );
  const { code, stderr } = await runPmap(["-c", "1", "--on-error", "skip", "map.mjs", "--range", "1..100"], { cwd });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /seen: 99\n/);
});

test("--max-errors ends the job when there are more", async () => {
  const deeds = { 10: "throw", 20: "exit 3", 30: "throw" };
  const stdin = told(300, deeds);
  const [enough, tooFew, percent, tooFewPercent] = await Promise.all(
    ["3", "2", "1%", "0.9%"].map((n) =>
      runPmap(["-c", "2", "--on-error", "skip", "--max-errors", n, script], { stdin }),
    ),
  );
  assert.deepEqual([enough?.code, tooFew?.code, percent?.code, tooFewPercent?.code], [0, 1, 0, 1]);
  assert.equal(enough?.stdout, others(300, deeds));
  assert.match(tooFew?.stderr ?? "", /^pmap: .*--max-errors allows 2\n/);
  assert.match(tooFewPercent?.stderr ?? "", /^pmap: .*--max-errors allows 0\.9%\n/);
});

test("a percentage of --max-errors is of all records, wherever they are, and ends a hopeless job before its end", async () => {
  const fails = (count: number) => `n => { if (n <= ${count}) throw new Error("no"); return n }`;
  const run = (count: number, range: string) =>
    runPmap(["-q", "-c", "2", "--range", range, "--on-error", "skip", "--max-errors", "1%", "-e", fails(count)]);
  // The first hundred records are all the rejects there are.
  const [front, hopeless] = await Promise.all([run(100, "1..10000"), run(1e9, "1..1000000000")]);
  assert.deepEqual([front.code, front.stdout.split("\n").length], [0, 9901], front.stderr);
  assert.equal(hopeless.code, 1);
  assert.match(hopeless.stderr, /^pmap: Too many rejects: (\d+) of \1 records, and --max-errors allows 1%\n/);
});

for (const mode of ["process", "thread", "inline"]) {
  test(`a setup that throws is named, once, in mode ${mode}`, async () => {
    const { code, stdout, stderr } = await runPmap(["-c", "2", "--mode", mode, fixture("setup_throws.mjs")], {
      stdin: "1\n",
    });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(
      withoutDetails(stderr),
      /^pmap: setup threw Error: no database\n {4}at .*setup_throws\.mjs:2:\d+\)?\n$/,
    );
  });

  test(`a teardown that throws is named in mode ${mode}, and -o leaves no file`, async () => {
    const cwd = mkdtempSync(join(folder, "teardown-"));
    const args = ["-c", "2", "--mode", mode, fixture("teardown_throws.mjs"), "-o", "out"];
    const { code, stderr } = await runPmap(args, { cwd, stdin: "1\n" });
    assert.equal(code, 1);
    assert.match(
      withoutDetails(stderr),
      /^pmap: teardown threw Error: not closed\n {4}at .*teardown_throws\.mjs:2:\d+\)?\n$/,
    );
    assert.deepEqual(readdirSync(cwd), []);
  });
}

test("a setup that exits ends the job in a sentence, not in endless new workers", async () => {
  const { code, stdout, stderr } = await runPmap(["-c", "2", fixture("setup_exits.mjs")], { stdin: "1\n" });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^pmap: .*(start workers|setup).*exited with code 4/);
});

test("a finish or a merge that exits is told of as such", async () => {
  const sum = ["--range", "1..100000", "-c", "2", "-e", "_", "--reduce", "(a, b) => a + b"];
  const exits = "() => { process.exit(3); }";
  const told =
    /^pmap: Cannot merge partial results: the script called process\.exit\(3\), or the like, in merge or finish\n$/;
  for (const flags of [
    ["--finish", exits],
    ["--finish", exits, "--key", "_ % 2"],
  ]) {
    const { code, stdout, stderr } = await runPmap([...sum, ...flags]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, told);
  }
  const { code, stderr } = await runPmap([...sum, "--merge", exits]);
  assert.equal(code, 1);
  assert.match(stderr, /the workers that got them exited with code 3 while no record ran\n$|in merge or finish\n$/);
});

test("a teardown runs also where a record has failed", async () => {
  const cwd = mkdtempSync(join(folder, "also-"));
  const source = `
import { writeFileSync } from "node:fs";
export const teardown = () => writeFileSync("torn-down", "");
export default (n) => { if (n === 2) throw new Error("two"); return n; };
`;
  writeFileSync(join(cwd, "map.mjs"), source);
  const { code, stderr } = await runPmap(["-c", "1", "map.mjs"], { cwd, stdin: "1\n2\n3\n" });
  assert.equal(code, 1);
  assert.match(stderr, /^pmap: -:2: map threw Error: two\n/);
  assert.ok(readdirSync(cwd).includes("torn-down"), "teardown did not run");
});

for (const descriptor of [1, 3, 4]) {
  test(`a script that writes garbage to descriptor ${descriptor} corrupts nothing`, async () => {
    const all = Array.from({ length: 2000 }, (_, i) => `${i + 1}\n`);
    const stdin = all.join("");
    const garbage = fixture("writes_garbage.mjs");
    const env = { PMAP_TEST_DESCRIPTOR: String(descriptor) };
    const [fails, skips] = await Promise.all([
      runPmap(["-c", "2", garbage], { stdin, env }),
      runPmap(["-c", "2", "--on-error", "skip", garbage], { stdin, env }),
    ]);
    // Where it is no descriptor of the port it is the log, or one of the runtime's that takes no such bytes.
    if (fails.code === 0) assert.ok(fails.stdout === stdin);
    else assert.match(fails.stderr, /^pmap: -:7: (the script wrote to a descriptor that belongs to pmap$|map threw )/m);
    assert.equal(skips.code, 0, skips.stderr);
    assert.ok(
      skips.stdout === stdin || skips.stdout === all.filter((_, i) => i !== 6).join(""),
      "the other records are not right",
    );
  });
}

test("a file that is truncated while it is read is an error that says so", async () => {
  const cwd = mkdtempSync(join(folder, "shrinks-"));
  const input = join(cwd, "in.jsonl");
  writeFileSync(input, Array.from({ length: 400_000 }, (_, i) => `${i}\n`).join(""));
  const child = startPmap(["-c", "1", fixture("waits_for_a_flag.mjs"), "in.jsonl"], {
    cwd,
    env: { PMAP_TEST_FLAG: join(cwd, "flag") },
  });
  const ended = finished(child);
  assert.ok(await eventually(() => readdirSync(cwd).includes("flag")));
  truncateSync(input, 1000);
  writeFileSync(join(cwd, "flag.go"), "");
  const { code, stdout, stderr } = await ended;
  assert.equal(code, 1, stderr);
  assert.match(
    stderr,
    /^pmap: Cannot read "in\.jsonl": it has 1000 bytes now, and had 2688890 when the job started\n$/,
  );
  assert.ok(stdout === "" || stdout.endsWith("\n"));
});

for (const [kind, map] of [
  ["synchronous", "(r) => process.exit(r.code)"],
  ["asynchronous", "async (r) => process.exit(r.code)"],
] as const) {
  test(`a ${kind} script that exits at every record: the first is named, after two starts`, async () => {
    const cwd = mkdtempSync(join(folder, "exits-"));
    writeFileSync(join(cwd, "exits.mjs"), `console.error("loaded");\nexport const map = ${map};\n`);
    writeFileSync(join(cwd, "in.jsonl"), '{"code":3}\n'.repeat(50));
    const { code, stdout, stderr } = await runPmap(["-c", "1", "exits.mjs", "in.jsonl"], { cwd });
    assert.deepEqual([code, stdout], [1, ""], stderr);
    const says = "pmap: in.jsonl:1: the script called process.exit(3), or the like, on this record\n";
    assert.equal(stderr, `loaded\nloaded\n${says}${SKIP_HINT}`);
  });
}

test("of records that wait side by side, the one that exits once is not taken for the one that always does", async () => {
  const cwd = mkdtempSync(join(folder, "exits-"));
  const script = `
import { closeSync, openSync } from "node:fs";
const isFirst = () => { try { closeSync(openSync("once", "wx")); return true; } catch { return false; } };
export default async (n) => {
  await new Promise((resolve) => setTimeout(resolve, n === 4 ? 0 : 200));
  if (n === 4 || (n === 2 && isFirst())) process.exit(3);
  return n;
};
`;
  writeFileSync(join(cwd, "exits.mjs"), script);
  writeFileSync(join(cwd, "in.jsonl"), "1\n2\n3\n4\n5\n");
  const { code, stdout, stderr } = await runPmap(["-c", "1", "-q", "--on-error", "skip", "exits.mjs", "in.jsonl"], {
    cwd,
  });
  assert.deepEqual([code, stdout], [0, "1\n2\n3\n5\n"], stderr);
});

test("output that a dead worker kept is made again, and what was learned of its batch is not learned again", async () => {
  const cwd = mkdtempSync(join(folder, "kept-"));
  // A record of each chunk exits: while one is looked for, the output of the other chunk may be lost.
  const script = `
console.error("loaded");
export default ({ n }) => {
  if (n === 900 || n === 3500) process.exit(3);
  return { n, pad: "xxxxxxxx" };
};
`;
  writeFileSync(join(cwd, "exits.mjs"), script);
  const lines = Array.from({ length: 4000 }, (_, i) => JSON.stringify({ n: i + 1, s: "some words" }));
  writeFileSync(join(cwd, "in.jsonl"), `${lines.join("\n")}\n`);
  for (const cores of ["1", "3"]) {
    const args = ["-c", cores, "--chunk", "64K", "-q", "--on-error", "skip", "-o", `out-${cores}`];
    const { code, stderr } = await runPmap([...args, "exits.mjs", "in.jsonl"], { cwd });
    assert.equal(code, 0, stderr);
    const out = readFileSync(join(cwd, `out-${cores}`), "utf8")
      .trimEnd()
      .split("\n");
    assert.deepEqual(
      out.map((line) => JSON.parse(line).n),
      lines.map((_, i) => i + 1).filter((n) => n !== 900 && n !== 3500),
    );
    const starts = stderr.split("\n").filter((line) => line === "loaded").length;
    assert.ok(starts <= 16, `${starts} workers were started`);
  }
});

test("a record of an errors file that exits ends the job with its place in the source", async () => {
  const cwd = mkdtempSync(join(folder, "exits-"));
  writeFileSync(join(cwd, "in.jsonl"), "1\n2\n3\n4\n");
  const args = ["-c", "1", "--on-error", "skip", "--errors", "errors.jsonl"];
  await runPmap([...args, "-e", "(n) => { if (n > 2) throw n; }", "in.jsonl"], { cwd });
  const code = "(n) => { if (n > 3) process.exit(5); }";
  const again = await runPmap(["-c", "1", "--from", "rejects", "-e", code, "errors.jsonl"], { cwd });
  assert.deepEqual([again.code, again.stdout], [1, ""]);
  const says = "pmap: in.jsonl:4: the script called process.exit(5), or the like, on this record\n";
  assert.equal(again.stderr, says + SKIP_HINT);
});

test("workers that are killed while they start are started again, and the job is done", async () => {
  const cwd = mkdtempSync(join(folder, "killed-"));
  const script = `
import { appendFileSync, readFileSync } from "node:fs";
appendFileSync("starts", ".");
if (readFileSync("starts", "utf8").length <= 5) process.kill(process.pid, "SIGKILL");
export const map = (n) => n;
`;
  writeFileSync(join(cwd, "dies.mjs"), script);
  const { code, stdout, stderr } = await runPmap(["-c", "1", "dies.mjs"], { cwd, stdin: "1\n2\n" });
  assert.deepEqual([code, stdout, stderr], [0, "1\n2\n", ""]);
  writeFileSync(join(cwd, "always.mjs"), 'process.kill(process.pid, "SIGKILL");\nexport const map = (n) => n;\n');
  const always = await runPmap(["-c", "1", "always.mjs"], { cwd, stdin: "1\n2\n" });
  assert.equal(always.code, 1);
  assert.match(
    always.stderr,
    /^pmap: Cannot start workers: 10 in a row were ended by SIGKILL before their first record\n$/,
  );
});
