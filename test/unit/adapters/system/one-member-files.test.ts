// Compressed files of one member: they say how much is in them, read as what is in them, and what is not as it should be is found.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as zlib from "node:zlib";
import fc from "fast-check";
import { openMembers } from "../../../../adapters/shared/member-file.ts";
import { identityOf } from "../../../../adapters/shared/positional-files.ts";
import { statsOf } from "../../../../adapters/system/file-stats.ts";
import { oneMember } from "../../../../adapters/system/one-member-files.ts";
import { findProgram } from "../../../../adapters/system/programs.ts";
import type { FileSource, StreamSource } from "../../../../core/coordinator/job/source.ts";
import type { InputFile, OutputCompression } from "../../../../core/platform/runtime.ts";
import { bgzf, block, frame, hasZstd, readAt, skippable } from "../../../support/members.ts";
import { temporaryFolder } from "../../../support/run-pmap.ts";

const folder = temporaryFolder();
let files = 0;
const stream: StreamSource = { kind: "stream", name: "in", read: () => Promise.resolve(undefined) };

/** As a job finds it: by the ends of the file. */
function found(bytes: Uint8Array, compression: OutputCompression = "gzip", start = 0): FileSource | undefined {
  const path = join(folder, String(files++));
  writeFileSync(path, bytes);
  const stats = statsOf(path);
  if (stats === undefined) throw new Error("it has not been written");
  return oneMember({ path, compression, start, identity: identityOf(stats) }, stream);
}

function opened(source: FileSource | undefined): InputFile {
  if (source?.compressed === undefined) throw new Error("it has not been found to be one member");
  return source.compressed.open();
}

const text = Buffer.from(Array.from({ length: 30_000 }, (_, i) => `line ${i} ${(i * 7919) % 100_003}\n`).join(""));
const KINDS: Readonly<Record<string, readonly [OutputCompression, (content: Uint8Array) => Buffer]>> = {
  gzip: ["gzip", (content) => zlib.gzipSync(content)],
  "gzip, stored": ["gzip", (content) => zlib.gzipSync(content, { level: 0 })],
  "gzip, flushed": ["gzip", (content) => zlib.gzipSync(content, { strategy: zlib.constants.Z_FIXED, memLevel: 1 })],
  ...(hasZstd ? { zstd: ["zstd", (content) => frame(content)] } : {}),
};

for (const [name, [compression, pack]] of Object.entries(KINDS)) {
  test(`${name}: any content reads as what is in it, in any window, whatever was read before`, async () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(60_000).map((n) => text.subarray(0, n)),
    );
    const contents = fc.array(part, { maxLength: 4 }).map((parts) => Buffer.concat(parts));
    const seeds = fc.array(fc.nat(), { minLength: 3, maxLength: 3 });
    const property = fc.asyncProperty(contents, seeds, fc.nat(3), async (content, [a = 0, b = 0, c = 0], junk) => {
      const source = found(Buffer.concat([Buffer.alloc(junk, 9), pack(content)]), compression, junk);
      assert.equal(source?.end, content.length);
      assert.notEqual(await source?.compressed?.check?.(), false);
      const file = opened(source);
      for (const position of [a, b, 0, c, a].map((n) => n % (content.length + 2)))
        for (const length of [1, 1 + (b % 5000), 300_000])
          assert.ok(readAt(file, position, length).equals(content.subarray(position, position + length)));
      file.close();
    });
    await fc.assert(property, { numRuns: 60 });
  });
}

const PROGRAMS: ReadonlyArray<readonly [program: string, ...args: string[]]> = [
  ["gzip", "-c"],
  ["gzip", "-1cn"],
  ["gzip", "-9c"],
  ["pigz", "-c"],
  [
    "python3",
    "-c",
    "import gzip,shutil,sys;shutil.copyfileobj(open(sys.argv[1],'rb'),gzip.open(sys.argv[1]+'.gz','wb'))",
  ],
];

for (const [program, ...args] of PROGRAMS) {
  const path = findProgram(program);
  const skip = path === undefined ? `there is no ${program} here` : false;
  test(`what ${program} ${args[0]} writes is one member`, { skip }, async () => {
    const input = join(folder, `by-${program}`);
    writeFileSync(input, text);
    const stdout = execFileSync(path as string, [...args, input], { maxBuffer: 1e9 });
    const source = found(stdout.length > 0 ? stdout : readFileSync(`${input}.gz`));
    assert.equal(source?.end, text.length);
    assert.equal(await source?.compressed?.check?.(), true);
    assert.ok(readAt(opened(source), 0, text.length).equals(text));
  });
}

test("the beginning is read without the rest", () => {
  const packed = zlib.gzipSync(Buffer.concat([text, zlib.deflateRawSync(text), text]));
  const counted = found(packed);
  const file = opened(counted);
  assert.ok(readAt(file, 0, 16 * 1024).equals(text.subarray(0, 16 * 1024)));
  // It would be told that the rest is damaged.
  const damaged = opened(found(flipped(packed, packed.length - 100_000)));
  assert.ok(readAt(damaged, 0, 16 * 1024).equals(text.subarray(0, 16 * 1024)));
});

test("of a file of which a worker wants the beginning, it decompresses that and no more", () => {
  const large = Buffer.concat(Array.from({ length: 20 }, () => text));
  const bytes = zlib.gzipSync(large);
  let read = 0;
  const counted: InputFile = {
    read(target, at, length, position) {
      const part = bytes.subarray(position, position + length);
      target.set(part, at);
      read += part.length;
      return part.length;
    },
    close() {},
  };
  const index = { compression: "gzip", at: [0], inside: [0], end: bytes.length, size: large.length } as const;
  const file = openMembers(counted, index);
  file.prepare?.(300_000);
  assert.ok(readAt(file, 0, 310_000).equals(large.subarray(0, 310_000)));
  assert.ok(read < bytes.length / 10, `${read} of ${bytes.length} bytes`);
  file.prepare?.(large.length);
  assert.ok(readAt(file, 0, large.length).equals(large));
  assert.ok(read < bytes.length * 1.1, `${read} of ${bytes.length} bytes`);
});

test("what cannot be one member, or is too long for a worker, is left to what reads it from its beginning on", () => {
  const isLeft = (bytes: Uint8Array, why: string, compression: OutputCompression = "gzip") =>
    assert.equal(found(bytes, compression), undefined, why);
  const packed = zlib.gzipSync(text);
  isLeft(Buffer.from("no gzip"), "it is another thing");
  isLeft(Buffer.alloc(0), "it is empty");
  isLeft(packed.subarray(0, 9), "it is cut off in its head");
  isLeft(Buffer.concat([packed, Buffer.alloc(512)]), "zeros behind it");
  isLeft(Buffer.concat([packed, Buffer.from("\n")]), "a line feed behind it");
  isLeft(bgzf(text, 5000), "it has blocks");
  isLeft(block(Buffer.from("x")), "it is a block");
  isLeft(zlib.gzipSync(Buffer.alloc(32 * 1024 * 1024 + 1)), "it is too long");
  isLeft(withSize(packed, 0), "it says that it is empty");
  isLeft(withSize(packed, packed.length >> 1), "it says less than it has bytes itself");
  isLeft(withSize(packed, 1033 * packed.length), "it says more than deflate can do");
  const flags = Buffer.from(packed);
  flags[3] = 0x80;
  isLeft(flags, "a flag that is not known");
  if (!hasZstd) return;
  isLeft(Buffer.concat([frame(text), frame(text)]), "two frames", "zstd");
  isLeft(Buffer.concat([frame(text), skippable(9)]), "something behind it", "zstd");
  isLeft(frame(text).subarray(0, -1), "it is cut off", "zstd");
  isLeft(frame(text, { [zlib.constants.ZSTD_c_contentSizeFlag]: 0 }), "it does not say its size", "zstd");
});

function withSize(packed: Uint8Array, size: number): Buffer {
  const bytes = Buffer.from(packed);
  bytes.writeUInt32LE(size, bytes.length - 4);
  return bytes;
}

test("another member behind the first is found, wherever it begins, and bytes that only look like one are none", async () => {
  const isAlone = (bytes: Uint8Array) => found(bytes)?.compressed?.check?.();
  const second = zlib.gzipSync(Buffer.concat([text, Buffer.alloc(4_000_000)]));
  // Around the borders of what is looked at in one piece.
  for (const length of [1, 100, 1024 ** 2 - 1, 1024 ** 2, 1024 ** 2 + 1, 3_000_000].flatMap((n) => [
    n - 1,
    n,
    n + 1,
    n + 2,
  ])) {
    const first = zlib.gzipSync(noise(Math.max(0, length - 200)), { level: 0 });
    assert.equal(await isAlone(first), true, `${first.length} bytes`);
    assert.equal(await isAlone(Buffer.concat([first, second])), false, `behind ${first.length} bytes`);
  }
  const looksLikeOne = Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 0, 3]);
  const some = noise(300_000);
  some.set(looksLikeOne, 1000);
  assert.equal(await isAlone(zlib.gzipSync(some, { level: 0 })), true);
  // A file of gzip in another one, which does not get smaller: that cannot be told from a second member.
  assert.equal(await isAlone(zlib.gzipSync(zlib.gzipSync(text), { level: 0 })), false);
});

/** Bytes that do not get smaller. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

function flipped(bytes: Buffer, at: number): Buffer {
  const other = Buffer.from(bytes);
  other[at] = (other[at] as number) ^ 0xff;
  return other;
}

const packed = zlib.gzipSync(text);
for (const [what, bytes, least] of [
  ["a byte in its middle", flipped(packed, packed.length >> 1), text.length >> 2],
  ["its sum", flipped(packed, packed.length - 7), text.length - 1],
  ["its size, which is more", withSize(packed, text.length + 1), text.length],
  ["its size, which is less", withSize(packed, text.length - 1), text.length - 300],
] as const) {
  test(`${what} is wrong: what stands before that is read, and then it is told`, () => {
    const source = found(bytes);
    const file = opened(source);
    const target = Buffer.alloc(text.length + 1);
    let done = 0;
    assert.throws(() => {
      while (done < (source?.end ?? 0)) done += file.read(target, done, 70_000, done);
    }, /its gzip data is damaged \(.+\), after \d+ bytes of it$/);
    assert.ok(done >= least && done <= text.length, `${done} bytes`);
    // Of what cannot be decompressed the last bytes may be something else.
    const sure = Math.min(done, least);
    assert.ok(target.subarray(0, sure).equals(text.subarray(0, sure)));
  });
}
