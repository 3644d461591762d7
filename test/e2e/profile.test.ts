// --profile: where the script's time went, by the lines of its TypeScript, in all workers, however the job has ended.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { library } from "../support/library.ts";
import { type ProfiledFunction, readProfile } from "../support/profile.ts";
import { readReport } from "../support/report.ts";
import { contentOf, eventually, finished, runPmap, startPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const newFolder = () => mkdtempSync(join(folder, "job-"));

/** Types before the function, so that lines of JavaScript would be others. The loop of `hash` takes the time. */
const SCRIPT = `interface Row {
  readonly ms: number;
  readonly how?: "exit" | "hang" | "throw";
}

const TEXT: string = "some text ".repeat(10_000);

function hash(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) {
    sum = (sum * 31 + text.charCodeAt(i)) | 0;
  }
  return sum;
}

export function burn(ms: number): number {
  const end: number = performance.now() + ms;
  let sum = 0;
  while (performance.now() < end) sum += hash(TEXT);
  return sum;
}

export default function map({ ms, how }: Row): readonly number[] {
  const sum = burn(ms);
  if (how === "exit") process.exit(3);
  if (how === "throw") throw new Error("told to");
  while (how === "hang");
  return [sum];
}
`;
/** Where an engine has made one loop of two, it may tell the line of the outer one. In the JavaScript that runs none of these is hot. */
const HOT_LINES = [10, 11, 19];
/** What Node strips by itself, and what it does not; a package of CommonJS is another way through tsx. */
const KINDS = {
  "plain types": { code: SCRIPT, type: "module" },
  "an enum": { code: `${SCRIPT}enum Colour { Red }\nexport const colour: Colour = Colour.Red;\n`, type: "module" },
  CommonJS: { code: SCRIPT, type: "commonjs" },
};

function write(rows: readonly object[], { code, type }: { code: string; type: string } = KINDS["plain types"]): string {
  const cwd = newFolder();
  mkdirSync(join(cwd, "a folder"));
  writeFileSync(join(cwd, "package.json"), JSON.stringify({ type }));
  writeFileSync(join(cwd, "a folder", "burns.ts"), code);
  writeFileSync(join(cwd, "in.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return cwd;
}

const records = (count: number, ms: number): object[] => Array.from({ length: count }, () => ({ ms }));
const ARGS = ["--profile", "p.cpuprofile", "a folder/burns.ts", "in.jsonl"];

function profileIn(cwd: string): Map<string, ProfiledFunction> {
  return readProfile(join(cwd, "p.cpuprofile"));
}

/** What has been inlined may count for its caller, but has its own line. */
function hottestLine(cwd: string): number | undefined {
  const all = [...profileIn(cwd).values()].filter(({ url }) => url.endsWith("/burns.ts"));
  const micros = new Map<number, number>();
  for (const { lines, micros: own } of all) {
    const placed = [...lines.values()].reduce((sum, n) => sum + n, 0);
    for (const [line, n] of lines) micros.set(line, (micros.get(line) ?? 0) + (own * n) / placed);
  }
  return [...micros].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** The functions that took the time are there, with their places. */
function checkFunctions(cwd: string): void {
  const functions = profileIn(cwd);
  const { url, line } = (functions.get("burn") ?? functions.get("hash")) as ProfiledFunction;
  assert.ok(url.startsWith("file:///") && url.endsWith("/a%20folder/burns.ts"), url);
  assert.equal(line, functions.has("burn") ? 16 : 8);
  assert.ok([...functions.values()].some((of) => of.url === url && of.micros > 0));
}

for (const [kind, script] of Object.entries(KINDS)) {
  for (const mode of ["process", "thread"]) {
    test(`a profile of ${kind} in a ${mode} has the places of the TypeScript`, async () => {
      const cwd = write(records(40, 10), script);
      const { code, stderr } = await runPmap(["-c", "2", "--mode", mode, "-v", ...ARGS], { cwd });
      assert.equal(code, 0, stderr);
      checkFunctions(cwd);
      assert.ok(HOT_LINES.includes(hottestLine(cwd) as number), `${hottestLine(cwd)}`);
      // What pmap and the runtime do around the script is one entry each.
      const functions = [...profileIn(cwd)];
      const own = functions.filter(([, { url }]) => /\/(dist|core|adapters)\//.test(url) || url.startsWith("node:"));
      assert.deepEqual(own, []);
      assert.match(stderr, /hottest lines, of [\d.]+ m?s in the script/);
      const [, first] = /hottest lines.*\n(.*)/.exec(stderr) ?? [];
      const [, line] = /\d\d\.\d % {2}a folder\/burns\.ts:(\d+) +(for \(let|sum|while)/.exec(`${first}`) ?? [];
      assert.ok(HOT_LINES.includes(Number(line)), stderr);
    });
  }
}

test("code from the command line has the lines as they were typed", async () => {
  const cwd = write(records(40, 10).map((record) => ({ ...record, text: "some text ".repeat(10_000) })));
  const code = `r => {
  let sum = 0;
  for (let n = 0; n < 20; n++) {
    for (const c of r.text.split("")) sum = (sum * 31 + c.charCodeAt(0)) | 0;
  }
  return sum }`;
  const { stderr } = await runPmap(["-v", "--profile", "p.cpuprofile", "-e", code, "in.jsonl"], { cwd });
  assert.match(stderr, /hottest lines[\s\S]* -e:4 {2}for \(const c of r\.text/);
});

test("a report with a profile shows the hottest lines as text, and one without has no such section", async () => {
  const code = SCRIPT.replaceAll(/[;{]$/gm, "$& // <script>alert(1)</script>");
  const cwd = write(records(40, 10), { code, type: "module" });
  await runPmap(["--report", "r.html", ...ARGS], { cwd });
  const { page, textOf } = readReport(join(cwd, "r.html"));
  const [, line] = /burns\.ts:(\d+) \d+\.\d % [^/]*\/\/ <script>alert\(1\)<\/script>/.exec(textOf("hot-lines")) ?? [];
  assert.ok(HOT_LINES.includes(Number(line)), textOf("hot-lines"));
  assert.ok(!page.includes("<script>alert"));
  await runPmap(["--report", "r.html", "a folder/burns.ts", "in.jsonl"], { cwd });
  assert.ok(!readFileSync(join(cwd, "r.html"), "utf8").includes('id="hot-lines"'));
});

for (const [how, expected, flags] of [
  ["throw", 1, []],
  ["exit", 1, ["--retries", "0"]],
  ["hang", 1, ["--timeout", "2s"]],
  ["exit", 0, ["--retries", "0", "--on-error", "skip"]],
] as const) {
  test(`a job with a record that is to ${how} and ends with ${expected} leaves a profile of what ran`, async () => {
    const cwd = write([...records(80, 10), { ms: 1, how }]);
    const { code, stderr } = await runPmap(["-c", "1", ...flags, ...ARGS], { cwd });
    assert.equal(code, expected, stderr);
    checkFunctions(cwd);
  });
}

test("Ctrl-C leaves a profile of what ran", { skip: process.platform === "win32" }, async () => {
  const cwd = write(records(100_000, 5));
  const job = startPmap(["-c", "1", "--joblog", "log", ...ARGS], { cwd });
  const result = finished(job, "");
  // Some batches have been committed.
  assert.ok(await eventually(() => contentOf(join(cwd, "log")).split("\n").length > 5));
  process.kill(job.pid as number, "SIGINT");
  const { code, stderr } = await result;
  assert.equal(code, 130, stderr);
  checkFunctions(cwd);
});

test("workers that are recycled leave their part", async () => {
  const cwd = write(records(40, 10));
  const { code } = await runPmap(["-c", "1", "--recycle", "10", "--chunk", "100", ...ARGS], { cwd });
  assert.equal(code, 0);
  const micros = [...profileIn(cwd).values()].reduce((sum, { url, micros: of }) => sum + (url === "" ? 0 : of), 0);
  assert.ok(micros > 100_000, `${micros} of 400,000`);
});

for (const [flags, message] of [
  [["--mode", "inline"], /^pmap: Cannot use --profile with --mode inline: pmap's own process would be profiled\n.*\n$/],
  [["--sandbox", "--runtime", "deno"], /^pmap: Cannot use --profile with --sandbox: .*\n$/],
  [["--explain"], /^pmap: Cannot use --profile with --explain: .*\n$/],
] as const) {
  test(`--profile with ${flags[0]} is refused before anything runs`, async () => {
    const cwd = write(records(1, 1));
    for (const more of [[], ["--dry-run"]]) {
      const { code, stdout, stderr } = await runPmap([...flags, ...more, ...ARGS], { cwd });
      assert.deepEqual([code, stdout], [2, ""], stderr);
      assert.match(stderr, message);
    }
    assert.ok(!existsSync(join(cwd, "p.cpuprofile")));
  });
}

test("a profile that cannot be written, or is the input, is refused before anything runs", async () => {
  const cwd = write(records(1, 1));
  for (const path of ["nowhere/p.cpuprofile", "in.jsonl", "a folder/burns.ts"]) {
    const { code, stderr } = await runPmap(["--profile", path, "a folder/burns.ts", "in.jsonl"], { cwd });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^pmap: Cannot write/);
  }
  assert.equal(readFileSync(join(cwd, "in.jsonl"), "utf8"), '{"ms":1}\n');
});

test("an empty input gives an empty profile, which can be opened", async () => {
  const cwd = write([]);
  const { code } = await runPmap(ARGS, { cwd });
  assert.equal(code, 0);
  readProfile(join(cwd, "p.cpuprofile"));
});

test("a program gets a profile with the option of that name", async () => {
  const cwd = write(records(40, 10));
  const values = await library
    .pmap(new URL(`file://${cwd}/a folder/burns.ts`), join(cwd, "in.jsonl"), {
      profile: join(cwd, "p.cpuprofile"),
    })
    .toArray();
  assert.equal(values.length, 40);
  checkFunctions(cwd);
});
