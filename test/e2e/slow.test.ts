import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  contentOf,
  eventually,
  finished,
  fixture,
  runPmap,
  runShell,
  startPmap,
  temporaryFolder,
} from "../support/run-pmap.ts";

// Few slow records, all in one chunk: they are shared out as it turns out that they are slow.

const folder = temporaryFolder();
const few = join(folder, "few.jsonl");
const lines = Array.from({ length: 40 }, (_, n) => `${n}\n`);
writeFileSync(few, lines.join(""));

const meets = () => ["-c", "2", fixture("waits_for_another_worker.mjs"), "--", mkdtempSync(join(folder, "meet-"))];
const ways: [name: string, flags: readonly string[], input: "file" | "pipe"][] = [
  ["a file in one chunk", ["--chunk", "1M", few], "file"],
  ["a file in one chunk, --unordered", ["--unordered", "--chunk", "1M", few], "file"],
  ["a pipe", [], "pipe"],
  ["--range in one chunk", ["--chunk", "1M", "--range", "0..39"], "file"],
];
for (const [name, flags, input] of ways) {
  test(`slow records go to all workers: ${name}`, async () => {
    const [c, cores, script, ...rest] = meets() as [string, string, string, ...string[]];
    const args = [
      c,
      cores,
      ...flags.filter((word) => word !== few),
      script,
      ...(flags.includes(few) ? [few] : []),
      ...rest,
    ];
    const { code, stdout, stderr } = await runPmap(args, { stdin: input === "pipe" ? lines.join("") : "" });
    assert.deepEqual([code, stderr], [0, ""]);
    const sorted = (text: string) => text.split("\n").sort().join("\n");
    if (name.includes("unordered")) assert.equal(sorted(stdout), sorted(lines.join("")));
    else assert.equal(stdout, lines.join(""));
  });
}

const asynchronous: [name: string, flags: readonly string[], input: "file" | "pipe"][] = [
  ["a file", [few], "file"],
  ["a pipe", [], "pipe"],
];
for (const [name, flags, input] of asynchronous) {
  test(`asynchronous records of a short input are printed before the others end: ${name}`, async () => {
    const signal = join(mkdtempSync(join(folder, "seen-")), "first");
    const script = join(folder, `waits-${input}.mjs`);
    // All but the first eight wait until the first has been seen in the output.
    writeFileSync(
      script,
      `import { existsSync } from "node:fs";
const turn = () => new Promise((done) => setTimeout(done, 10));
export default async (n, ctx) => {
  while (n >= 8 && !existsSync(${JSON.stringify(signal)})) await turn();
  return [n, ctx.offset];
};
`,
    );
    const child = startPmap(["-c", "2", "--timeout", "60s", script, ...flags]);
    child.stdout?.once("data", () => writeFileSync(signal, ""));
    const { code, stdout, stderr } = await finished(child, input === "pipe" ? lines.join("") : "");
    const expected = lines.map((_, n) => `[${n},${lines.slice(0, n).join("").length}]\n`).join("");
    assert.deepEqual([code, stderr, stdout], [0, "", expected]);
  });
}

for (const [name, flags, input] of asynchronous) {
  for (const more of [[], ["--retry-throws", "1"]]) {
    test(`others get the rest of a short input while its first records run: ${[name, ...more].join(" ")}`, async () => {
      const meeting = mkdtempSync(join(folder, "meet-"));
      const script = join(folder, `meets-${input}-${more.length}.mjs`);
      // No record ends before another worker has some.
      writeFileSync(
        script,
        `import { readdirSync, writeFileSync } from "node:fs";
const turn = () => new Promise((done) => setTimeout(done, 10));
export default async (n, { args: [folder], worker }) => {
  writeFileSync(\`\${folder}/\${worker}\`, "");
  while (readdirSync(folder).length < 2) await turn();
  return n;
};
`,
      );
      const args = ["-c", "2", "--concurrency", "4", "--timeout", "60s", ...more, script, ...flags, "--", meeting];
      const { code, stdout, stderr } = await runPmap(args, { stdin: input === "pipe" ? lines.join("") : "" });
      assert.deepEqual([code, stderr, stdout], [0, "", lines.join("")]);
    });
  }
}

const many = join(folder, "many.jsonl");
writeFileSync(many, Array.from({ length: 4000 }, (_, n) => `{"n":${n}}\n`).join(""));
const slowly = (output: string) => ["-c", "2", "--chunk", "1M", fixture("hashes_slowly.mjs"), many, "-o", output];

test("Ctrl-C ends a job in the middle of a chunk, and --resume goes on there", async () => {
  const whole = await runPmap(slowly("whole"), { cwd: folder });
  assert.equal(whole.code, 0, whole.stderr);
  const bytes = readFileSync(join(folder, "whole"), "utf8");
  const child = startPmap(slowly("halved"), { cwd: folder });
  const ended = finished(child, "");
  const partial = join(folder, ".halved.pmap");
  assert.ok(await eventually(() => contentOf(partial).length > 0));
  // Not child.kill: Deno would then report the end as a signal, whatever the exit code.
  process.kill(child.pid as number, "SIGINT");
  const { code, stderr } = await ended;
  assert.equal(code, 130, stderr);
  const halved = readFileSync(partial, "utf8");
  assert.ok(halved.length < bytes.length && bytes.startsWith(halved), `${halved.length} of ${bytes.length} bytes`);
  const resumed = await runPmap([...slowly("halved"), "--resume"], { cwd: folder });
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.ok(readFileSync(join(folder, "halved"), "utf8") === bytes);
});

test("a slow record that throws is named with its line, and only what comes before it is printed", async () => {
  const script = join(folder, "throws.mjs");
  const slow = "const end = performance.now() + 2; while (performance.now() < end);";
  writeFileSync(script, `export default (r) => { ${slow} if (r.n === 400) throw new Error("no"); return r.n; };\n`);
  const { code, stdout, stderr } = await runPmap(["-c", "2", "--chunk", "1M", script, many]);
  assert.equal(code, 1);
  assert.match(stderr, /many\.jsonl:401: map threw Error: no/);
  const before = Array.from({ length: 400 }, (_, n) => `${n}\n`).join("");
  assert.equal(stdout, before);
});

test("--limit takes the first records of a chunk that others work on, too", async () => {
  const { code, stdout } = await runPmap(["--limit", "1500", ...slowly("limited").slice(0, -2)]);
  assert.deepEqual([code, stdout.split("\n").length - 1], [0, 1500]);
  const some = await runShell(`head -c 20000 ${many} | head -1500`);
  const read = (text: string) => text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line).n]));
  assert.deepEqual(read(stdout), read(some.stdout));
});
