// Compressed files that workers decompress as a whole: what is damaged is told behind what stands before it, and jobs that die go on.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { failsWhenChanged } from "../support/changing-files.ts";
import { killUntilDone } from "../support/kill-until-done.ts";
import { frame, hasZstd } from "../support/members.ts";
import { contentOf, eventually, finished, fixture, runPmap, startPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const FILES = 6;
const BAD = 3;
const contents = Array.from({ length: FILES }, (_, file) =>
  Array.from({ length: 12_000 }, (_, i) => `{"n":${12_000 * file + i},"text":"line ${(i * 7919) % 100_003}"}\n`).join(
    "",
  ),
);
const packed = contents.map((content) => gzipSync(content));
const names = contents.map((_, i) => `in${i}.jsonl.gz`);

function flipped(bytes: Buffer, at: number): Buffer {
  const other = Buffer.from(bytes);
  other[at] = (other[at] as number) ^ 0xff;
  return other;
}

function withSize(bytes: Buffer, size: number): Buffer {
  const other = Buffer.from(bytes);
  other.writeUInt32LE(size, other.length - 4);
  return other;
}

interface Damage {
  readonly bytes: (whole: Buffer, size: number) => Buffer;
  readonly says: RegExp;
  /** Records of the file that are run all the same. */
  readonly least?: number;
}

const DAMAGED = /^pmap: Cannot read "in3\.jsonl\.gz": its gzip data is damaged \(.+\), after \d+ bytes of it$/m;
const CUT = /^pmap: Cannot read "in3\.jsonl\.gz": its gzip data ends too early, after \d+ bytes of it$/m;
const DAMAGES: Readonly<Record<string, Damage>> = {
  "has a byte flipped in its middle": { bytes: (whole) => flipped(whole, whole.length >> 1), says: /in3\.jsonl\.gz/ },
  "has a byte flipped in its first block": { bytes: (whole) => flipped(whole, 30), says: /in3\.jsonl\.gz/ },
  "has a wrong sum": { bytes: (whole) => flipped(whole, whole.length - 7), says: DAMAGED, least: 4000 },
  "says that it is longer": { bytes: (whole, size) => withSize(whole, size + 9), says: DAMAGED, least: 4000 },
  "says that it is shorter": { bytes: (whole, size) => withSize(whole, size - 9), says: DAMAGED, least: 4000 },
  "is cut off": { bytes: (whole) => whole.subarray(0, whole.length >> 1), says: CUT },
  "is cut off, and ends as a whole one would": {
    bytes: (whole, size) => withSize(whole.subarray(0, whole.length >> 1), size),
    says: /^pmap: Cannot read "in3\.jsonl\.gz": its gzip data (ends too early|is damaged \(.+\)), after \d+ bytes of it$/m,
    least: 4000,
  },
  "has a second member that is cut off": {
    bytes: (whole) => Buffer.concat([whole, whole.subarray(0, 5000)]),
    says: CUT,
    least: 12_000,
  },
};

for (const [what, { bytes, says, least = 0 }] of Object.entries(DAMAGES)) {
  test(`a file that ${what} is an error behind what stands before that, and -o makes nothing of it`, async () => {
    const cwd = mkdtempSync(join(folder, "damaged-"));
    for (const [i, name] of names.entries()) {
      const whole = packed[i] as Buffer;
      writeFileSync(join(cwd, name), i === BAD ? bytes(whole, (contents[i] as string).length) : whole);
    }
    for (const cores of ["1", "2"]) {
      const { code, stdout, stderr } = await runPmap(["-c", cores, "-e", "_.n", ...names], { cwd });
      assert.equal(code, 1, stderr);
      assert.match(stderr, says);
      const numbers = stdout.trimEnd().split("\n").map(Number);
      const before = BAD * 12_000;
      assert.ok(numbers.length >= before + least, `${numbers.length} records`);
      assert.ok(numbers.slice(0, before).every((n, i) => n === i));
    }
    const written = await runPmap(["-e", "_.n", ...names, "-o", "out"], { cwd });
    assert.equal(written.code, 1);
    assert.equal(existsSync(join(cwd, "out")), false);
    const summed = await runPmap(["-e", "_.n", "--reduce", "(a, b) => a + b", ...names], { cwd });
    assert.deepEqual([summed.code, summed.stdout], [1, ""]);
    rmSync(cwd, { recursive: true });
  });
}

test("a file of zstd that is damaged is an error, too", async () => {
  if (!hasZstd) return;
  const cwd = mkdtempSync(join(folder, "zstd-"));
  const names = contents.map((content, i) => {
    const whole = frame(Buffer.from(content));
    writeFileSync(join(cwd, `in${i}.jsonl.zst`), i === BAD ? flipped(whole, whole.length >> 1) : whole);
    return `in${i}.jsonl.zst`;
  });
  const { code, stdout, stderr } = await runPmap(["-c", "2", "-e", "_.n", ...names], { cwd });
  assert.equal(code, 1, stderr);
  assert.match(stderr, /Cannot read "in3\.jsonl\.zst": its zstd data is damaged \(.+\)/);
  assert.equal(stdout.trimEnd().split("\n").length, BAD * 12_000);
});

test("a file that goes, or is another one by now, is an error", async () => {
  const cwd = mkdtempSync(join(folder, "changing-"));
  const last = join(cwd, names.at(-1) as string);
  for (const [change, says] of [
    [() => rmSync(last), /Cannot read "in5\.jsonl\.gz": /],
    [() => writeFileSync(last, gzipSync("{}\n")), /Cannot read "in5\.jsonl\.gz": it (was written to|has \d+ bytes)/],
    [
      () => {
        writeFileSync(`${last}.other`, gzipSync("{}\n"));
        renameSync(`${last}.other`, last);
      },
      /Cannot read "in5\.jsonl\.gz": it was replaced by another file/,
    ],
  ] as const) {
    for (const [i, name] of names.entries()) writeFileSync(join(cwd, name), packed[i] as Buffer);
    await failsWhenChanged({ cwd, field: "n", inputs: names }, change, says);
  }
});

for (const [how, end] of [
  ["exits", "process.exit(0)"],
  ["is killed", 'process.kill(process.pid, "SIGKILL")'],
] as const) {
  test(`a worker that ${how} at a record costs that record, as with a plain file`, async () => {
    const cwd = mkdtempSync(join(folder, "dies-"));
    for (const [i, content] of contents.entries()) {
      writeFileSync(join(cwd, names[i] as string), packed[i] as Buffer);
      writeFileSync(join(cwd, `in${i}.jsonl`), content);
    }
    writeFileSync(join(cwd, "dies.mjs"), `export default (r) => { if (r.n === 30_000) ${end}; return r.n; };\n`);
    const args = ["-c", "2", "--mode", "process", "dies.mjs", "--on-error", "skip", "--errors", "errors"];
    const run = async (inputs: readonly string[]) => {
      const { code, stdout } = await runPmap([...args, ...inputs], { cwd });
      return { code, stdout, errors: contentOf(join(cwd, "errors")).replaceAll(".gz", "") };
    };
    const plain = await run(names.map((name) => name.slice(0, -3)));
    const got = await run(names);
    assert.equal(got.code, 0);
    assert.equal(got.stdout.split("\n").length, FILES * 12_000);
    assert.ok(got.stdout === plain.stdout);
    assert.match(got.errors, /"in2\.jsonl"/);
    assert.equal(got.errors, plain.errors);
  });
}

const numbers = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `{"n":${from + i}}\n`).join("");

/** What its end says is possible of a file of one member. */
const twoMembers = (from: number, count: number) =>
  Buffer.concat([gzipSync(numbers(from, count / 3)), gzipSync(numbers(from + count / 3, (2 * count) / 3))]);

for (const [script, isMixed] of [
  ["hashes_slowly.mjs", false],
  ["sums_hashes_slowly.mjs", false],
  ["hashes_slowly.mjs", true],
] as const) {
  const what = isMixed ? " and of two, which is read as a stream" : "";
  test(`${script}: after kill -9 of the coordinator, --resume goes on in files of one member${what}`, async () => {
    const cwd = join(folder, `resumed-${script}-${isMixed}`);
    mkdirSync(cwd);
    const inputs = Array.from({ length: 8 }, (_, i) => {
      const isTwo = isMixed && i === 5;
      const bytes = isTwo ? twoMembers(3000 * i, 3000) : gzipSync(numbers(3000 * i, 3000));
      writeFileSync(join(cwd, `${i}.jsonl.gz`), bytes);
      return `${i}.jsonl.gz`;
    });
    const undisturbed = await runPmap([fixture(script), ...inputs, "-o", "whole"], { cwd });
    assert.equal(undisturbed.code, 0, undisturbed.stderr);
    const kills = await killUntilDone([fixture(script), ...inputs], cwd, "resumed");
    assert.ok(kills > 0, "the job was done before it could be killed");
    assert.equal(readFileSync(join(cwd, "resumed"), "utf8"), readFileSync(join(cwd, "whole"), "utf8"));
  });
}

test("a job that is killed in a file that has turned out to be a stream goes on in front of it", async () => {
  const cwd = mkdtempSync(join(folder, "stream-"));
  const [inStream, goOn] = [join(cwd, "in-stream"), join(cwd, "go-on")];
  const inputs = Array.from({ length: 8 }, (_, i) => {
    const bytes = i === 5 ? twoMembers(3000 * i, 3000) : gzipSync(numbers(3000 * i, 3000));
    writeFileSync(join(cwd, `${i}.jsonl.gz`), bytes);
    return `${i}.jsonl.gz`;
  });
  // The last records of the stream wait, until the job has been killed.
  const waits = `import { existsSync, writeFileSync } from "node:fs";
import { map } from ${JSON.stringify(fixture("hashes_slowly.mjs"))};
export default async (r) => {
  if (r.n === 17_999) {
    writeFileSync(${JSON.stringify(inStream)}, "");
    while (!existsSync(${JSON.stringify(goOn)})) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return r.n < 10_000 ? map(r) : r.n;
};`;
  writeFileSync(join(cwd, "waits.mjs"), waits);
  const args = ["-c", "2", "waits.mjs", ...inputs, "-o"];
  const child = startPmap([...args, "resumed"], { cwd });
  const killed = finished(child, "");
  assert.ok(await eventually(() => existsSync(inStream)), "it does not come to the stream");
  const journal = () => contentOf(join(cwd, ".resumed.pmap-journal"));
  assert.ok(await eventually(() => journal().split("\n").length > 2), "there is no journal");
  child.kill("SIGKILL");
  await killed;
  writeFileSync(goOn, "");
  // No entry speaks of what stands behind the beginning of the stream.
  const entries = journal()
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => JSON.parse(line));
  for (const { next, durable } of entries)
    assert.ok(durable !== undefined || next.source < 5 || (next.source === 5 && next.at === undefined));
  const { code, stderr } = await runPmap([...args, "resumed", "--resume"], { cwd });
  assert.equal(code, 0, stderr);
  await runPmap([...args, "whole"], { cwd });
  assert.ok(readFileSync(join(cwd, "resumed"), "utf8") === readFileSync(join(cwd, "whole"), "utf8"));
});
