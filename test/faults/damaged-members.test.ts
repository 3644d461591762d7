// Compressed files that are read by ranges and are damaged: what stands before the damage is committed, and nothing appears with -o.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { failsWhenChanged } from "../support/changing-files.ts";
import { bgzf, blockStarts, hasZstd, zstdFrames } from "../support/members.ts";
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

const folder = temporaryFolder();
const jsonl = Array.from({ length: 90_000 }, (_, i) => `{"i":${i},"text":"line ${i * 7919}"}\n`).join("");
const csv = `i,text\n${Array.from({ length: 90_000 }, (_, i) => `${i},"line\n${i * 7919}"\n`).join("")}`;
const json = `[${jsonl.trimEnd().replaceAll("\n", ",")}]\n`;
const BLOCK = 10_007;

function flipped(bytes: Buffer, at: number): Buffer {
  const other = Buffer.from(bytes);
  other[at] = (other[at] as number) ^ 0xff;
  return other;
}

/** Blocks before the damage. */
const WHOLE = 200;
/**
 * What a worker runs at once, or a stream brings, may be missing where it has the damage in it. How long a batch is depends on the clock:
 * on a quick machine one of this file had 210 KB.
 */
const AT_ONCE = 1024 * 1024;

interface Damage {
  readonly bytes: (packed: Buffer, from: number, behind: number) => Buffer;
  readonly says: (from: number) => RegExp;
}

const DAMAGES: Readonly<Record<string, Damage>> = {
  "has a byte flipped in a payload": {
    bytes: (packed, from, behind) => flipped(packed, (from + behind) >> 1),
    says: (from) => new RegExp(`its gzip data is damaged \\(.+\\), in the part that begins at byte ${from} of it\n$`),
  },
  "has a wrong sum": {
    bytes: (packed, _, behind) => flipped(packed, behind - 7),
    says: (from) => new RegExp(`its gzip data is damaged \\(.+\\), in the part that begins at byte ${from} of it\n$`),
  },
  "has a wrong size": {
    bytes(packed, _, behind) {
      const other = Buffer.from(packed);
      other.writeUInt32LE(BLOCK - 1, behind - 4);
      return other;
    },
    says: (from) => new RegExp(`its gzip data is damaged \\(.+\\), in the part that begins at byte ${from} of it\n$`),
  },
  // It is read as a stream: there is no index of it.
  "ends in the middle of a member": {
    bytes: (packed, from) => packed.subarray(0, from + 300),
    says: () => /its gzip data ends too early, after \d+ bytes of it\n$/,
  },
  "has a wrong length in a head": {
    bytes: (packed, from) => flipped(packed, from + 16),
    says: () => /: (Cannot read "in\.\w+\.gz": its gzip data|in\.\w+\.gz:\d+: )/,
  },
};

/** The length of a number of records. */
function bytesOf(content: string, extension: string, records: number): number {
  const lines = extension === "csv" ? 1 + 2 * records : records;
  const separator = extension === "json" ? "," : "\n";
  return content
    .split(separator)
    .slice(0, extension === "json" ? 2 * lines : lines)
    .join(separator).length;
}

for (const [extension, content] of [
  ["jsonl", jsonl],
  ["csv", csv],
  ["json", json],
] as const) {
  for (const [what, { bytes, says }] of Object.entries(DAMAGES)) {
    test(`${extension}: a file that ${what} is an error behind what stands before that, and -o makes nothing of it`, async () => {
      const cwd = mkdtempSync(join(folder, "damaged-"));
      const packed = bgzf(content, BLOCK);
      const [from = 0, behind = 0] = blockStarts(packed).slice(WHOLE, WHOLE + 2);
      writeFileSync(join(cwd, `in.${extension}`), content);
      writeFileSync(join(cwd, `in.${extension}.gz`), bytes(packed, from, behind));
      const args = ["-c", "2", "-e", "_", `in.${extension}.gz`];
      const whole = await runPmap(["-e", "_", `in.${extension}`], { cwd });
      const { code, stdout, stderr } = await runPmap(args, { cwd });
      // A length that is wrong may not be noticed by what reads the blocks one after the other.
      if (code !== 0 || !what.includes("length")) {
        assert.equal(code, 1, stderr);
        assert.match(stderr, says(from));
      }
      assert.ok(whole.stdout.startsWith(stdout) && (code === 0 || stdout.length < whole.stdout.length));
      const least = WHOLE * BLOCK - AT_ONCE;
      const read = bytesOf(content, extension, stdout.split("\n").length - 1);
      assert.ok(read > least, `${read} bytes have been read, and ${least} should be`);
      const written = await runPmap([...args, "-o", "out"], { cwd });
      assert.equal(written.code, code, written.stderr);
      assert.equal(existsSync(join(cwd, "out")), code === 0);
      rmSync(cwd, { recursive: true });
    });
  }
}

test("a frame of zstd that is damaged is told, and where it is", async () => {
  if (!hasZstd) return;
  const packed = zstdFrames(jsonl, 100_003);
  const from = packed.indexOf(Buffer.from("28b52ffd", "hex"), packed.length >> 1);
  writeFileSync(join(folder, "in.jsonl.zst"), flipped(packed, from + 500));
  const { code, stdout, stderr } = await runPmap(["-c", "2", "-e", "_", "in.jsonl.zst"], { cwd: folder });
  assert.equal(code, 1, stderr);
  assert.match(
    stderr,
    new RegExp(`its zstd data is damaged \\(.+\\), in the part that begins at byte ${from} of it\n$`),
  );
  assert.ok(jsonl.startsWith(stdout) && stdout.length > 0);
});

test("a reduce of a damaged file gives nothing", async () => {
  const packed = bgzf(jsonl, BLOCK);
  const [from = 0, behind = 0] = blockStarts(packed).slice(WHOLE, WHOLE + 2);
  writeFileSync(join(folder, "sum.jsonl.gz"), flipped(packed, (from + behind) >> 1));
  const args = ["-c", "2", "-e", "_.i", "--reduce", "(a, b) => a + b", "sum.jsonl.gz"];
  const { code, stdout, stderr } = await runPmap(args, { cwd: folder });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, new RegExp(`in the part that begins at byte ${from} of it\n$`));
});

test("a file that is replaced or rewritten while it is read is an error", async () => {
  const input = join(folder, "changing.jsonl.gz");
  const other = bgzf(jsonl.replaceAll("line", "LINE"), 5003);
  for (const [change, says] of [
    [() => writeFileSync(input, other), /it (was written to|has \d+ bytes)|its gzip data is damaged \(it is not what/],
    [
      () => {
        writeFileSync(`${input}.other`, other);
        renameSync(`${input}.other`, input);
      },
      /it was replaced by another file/,
    ],
  ] as const) {
    writeFileSync(input, bgzf(jsonl, BLOCK));
    await failsWhenChanged({ cwd: folder, field: "i", inputs: [input] }, change, says);
  }
});

test("--resume is refused where the compressed input is another one by now", async () => {
  const lines = Array.from({ length: 12_000 }, (_, n) => `{"n":${n}}\n`).join("");
  writeFileSync(join(folder, "numbers.jsonl.gz"), bgzf(lines, 997));
  const args = [fixture("hashes_slowly.mjs"), "numbers.jsonl.gz", "-o", "resumed"];
  const child = startPmap(args, { cwd: folder });
  const ended = finished(child, "");
  const journal = join(folder, ".resumed.pmap-journal");
  assert.ok(await eventually(() => contentOf(journal).split("\n").length > 2), "the journal does not grow");
  child.kill("SIGKILL");
  await ended;
  writeFileSync(join(folder, "numbers.jsonl.gz"), bgzf(lines, 996));
  const { code, stderr } = await runPmap([...args, "--resume"], { cwd: folder });
  assert.equal(code, 2);
  assert.match(stderr, /the input has changed|the input/);
});

test("a job whose reader has gone, or that wants few records, ends with a compressed file as with another", async () => {
  writeFileSync(join(folder, "head.jsonl.gz"), bgzf(jsonl, BLOCK));
  const { code, stdout, stderr } = await runShell("pmap -e _.i head.jsonl.gz | head -1", { cwd: folder });
  assert.deepEqual([code, stdout, stderr], [0, "0\n", ""]);
});
