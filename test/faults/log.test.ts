// What a script and pmap say on stderr arrives whole, and a job does not depend on it; failures of no record end it.
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const options = { cwd: folder };
writeFileSync(join(folder, "n"), Array.from({ length: 200 }, (_, i) => `${i}\n`).join(""));
writeFileSync(
  join(folder, "talks.mjs"),
  'export default (n) => { console.log(`L${n} ${"y".repeat(2000)}`); if (n === 150) throw new Error("the reason"); return n; };',
);
writeFileSync(
  join(folder, "talks-on.mjs"),
  'export default (n) => { console.log(`L${n} ${"y".repeat(20_000)} .`); return n; };',
);

test("a slow reader of stderr gets every line that was said, and the reason at the end", async () => {
  const { stdout } = await runShell("pmap -c 1 talks.mjs n 2>&1 > /dev/null | (sleep 1; cat)", options);
  const lines = stdout.split("\n");
  for (let n = 0; n <= 150; n++) assert.ok(lines.includes(`L${n} ${"y".repeat(2000)}`), `line ${n}`);
  assert.match(stdout, /^pmap: n:151: map threw Error: the reason$/m);
});

test("long lines of several workers are not torn, in a file and in a pipe", async () => {
  for (const line of [
    "pmap -c 3 talks-on.mjs n 2> said > /dev/null; cat said",
    "pmap -c 3 talks-on.mjs n 2>&1 > /dev/null | cat",
  ]) {
    const { stdout } = await runShell(line, options);
    const lines = stdout.trimEnd().split("\n");
    assert.equal(lines.length, 200);
    for (const each of lines) assert.match(each, /^L\d+ y{20000} \.$/);
  }
});

for (const [how, redirect] of [
  ["closed", "2>&-"],
  ["full disk", "2> /dev/full"],
] as const) {
  test(`a stderr that is ${how} does not end the job`, async () => {
    if (how === "full disk" && !existsSync("/dev/full")) return;
    const whole = await runShell(`pmap -c 2 -q talks-on.mjs n ${redirect} | wc -l`, options);
    assert.equal(whole.stdout.trim(), "200");
  });
}

test("--help is quiet where its reader has gone, and a line where it cannot be written", async () => {
  assert.deepEqual((await runShell("pmap --help | true; pmap --help | head -n 1 > /dev/null", options)).stderr, "");
  if (!existsSync("/dev/full")) return;
  const { stdout, stderr } = await runShell("pmap --help > /dev/full; echo $? >&2", options);
  assert.deepEqual([stdout, stderr], ["", "pmap: Cannot write to stdout: no space left on the device\n1\n"]);
});

const FLOATING: Readonly<Record<string, readonly [code: string, words: RegExp]>> = {
  "a promise that the first record leaves behind": [
    'n => { if (n === 0) Promise.reject(new Error("not saved")); return n; }',
    /a promise was rejected and nothing handles it \(not tied to a record\): Error: not saved/,
  ],
  "a promise that the last record leaves behind": [
    'n => { if (n === 199) Promise.reject(new Error("not saved")); return n; }',
    /Error: not saved/,
  ],
  "a promise of an asynchronous record": [
    'async n => { if (n === 199) void (async () => { throw new Error("not saved"); })(); return n; }',
    /Error: not saved/,
  ],
  "a timer that throws": [
    'async n => { if (n === 3) setTimeout(() => { throw new Error("too late"); }, 1); await new Promise((r) => setTimeout(r, 5)); return n; }',
    /a timer or an event has thrown \(not tied to a record\): Error: too late/,
  ],
};

const MODES = ["process", "thread", "inline"] as const;

for (const mode of MODES) {
  for (const [name, [code, words]] of Object.entries(FLOATING)) {
    test(`${name} (${mode}): the job fails, each time, and under skip it is told`, async () => {
      for (let round = 0; round < 3; round++) {
        const failed = await runPmap(["-c", "1", "--mode", mode, "-e", code, "n"], options);
        assert.equal(failed.code, 1, failed.stderr);
        assert.match(failed.stderr, words);
      }
      const skipped = await runPmap(["-c", "1", "--mode", mode, "--on-error", "skip", "-e", code, "n"], options);
      assert.equal(skipped.code, 0, skipped.stderr);
      assert.match(skipped.stderr, words);
      assert.equal(skipped.stdout.split("\n").length, 201);
    });
  }
}

const NEVER_OPENED = 'createReadStream("no-such-folder/file").resume().on("end", done)';

for (const phase of ["setup", "teardown"] as const) {
  test(`an event that throws in ${phase}, which waits for ever, fails the job whatever --on-error says`, async () => {
    const wait = `export const ${phase} = () => new Promise((done) => ${NEVER_OPENED});`;
    const script = `import { createReadStream } from "node:fs";\nexport default (n) => n;\n${wait}\n`;
    writeFileSync(join(folder, `${phase}-waits.mjs`), script);
    for (const mode of MODES) {
      for (const onError of ["fail", "skip"]) {
        const args = ["-c", "2", "--mode", mode, "--on-error", onError, `${phase}-waits.mjs`, "n"];
        const { code, stderr } = await runPmap(args, options);
        assert.equal(code, 1, stderr);
        assert.match(stderr, new RegExp(`a timer or an event has thrown \\(in ${phase}\\): Error: ENOENT`), mode);
      }
    }
  });
}

test("what a record leaves behind is told as a record's under skip, also where there is a teardown", async () => {
  const code = 'n => { if (n === 199) setTimeout(() => { throw new Error("too late"); }, 0); return n; }';
  writeFileSync(
    join(folder, "tears-down.mjs"),
    `export default ${code};\nexport const teardown = () => new Promise((done) => setTimeout(done, 20));\n`,
  );
  const { code: status, stderr } = await runPmap(["-c", "1", "--on-error", "skip", "tears-down.mjs", "n"], options);
  assert.equal(status, 0, stderr);
  assert.match(stderr, /not tied to a record\): Error: too late/);
});

for (const replaced of [
  "globalThis.process = undefined",
  "globalThis.process = { env: {} }",
  'process.cpuUsage = () => { throw new Error("mocked"); }',
]) {
  test(`a script may say ${replaced}`, async () => {
    writeFileSync(join(folder, "replaces.mjs"), `${replaced};\nexport default (n) => n;\n`);
    for (const mode of MODES) {
      const { code, stdout, stderr } = await runPmap(["-q", "--mode", mode, "-c", "1", "replaces.mjs", "n"], options);
      assert.deepEqual([code, stderr, stdout.split("\n").length], [0, "", 201], mode);
    }
  });
}

test("a limit on the size of files is an error, and not workers without end", async () => {
  writeFileSync(
    join(folder, "many"),
    Array.from({ length: 100_000 }, (_, i) => `{"k":${i},"s":"${"x".repeat(20)}"}\n`).join(""),
  );
  const { stdout, stderr } = await runShell(
    "ulimit -c 0; ulimit -f 1000; pmap -q -e _ many -o limited 2> words; echo $?; ls -A | grep limited",
    options,
  );
  assert.deepEqual([stdout, stderr], ["1\n", ""]);
});
