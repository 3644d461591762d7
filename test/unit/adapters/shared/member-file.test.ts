// Compressed files of many members: at every position they read as what is in them, and what is not as it should be is found.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as zlib from "node:zlib";
import fc from "fast-check";
import { openMembers } from "../../../../adapters/shared/member-file.ts";
import { identityOf } from "../../../../adapters/shared/positional-files.ts";
import { openByRanges } from "../../../../adapters/system/compressed-ranges.ts";
import { statsOf } from "../../../../adapters/system/file-stats.ts";
import type { StreamSource } from "../../../../core/coordinator/job/source.ts";
import type { MemberIndex } from "../../../../core/platform/member-index.ts";
import type { InputFile, OutputCompression } from "../../../../core/platform/runtime.ts";
import { bgzf, block, blockStarts, END_BLOCK, frame, hasZstd, readAt, skippable } from "../../../support/members.ts";
import { temporaryFolder } from "../../../support/run-pmap.ts";

const folder = temporaryFolder();
let files = 0;

/** As a job opens it. */
async function ranged(bytes: Uint8Array, compression: OutputCompression, start = 0) {
  const path = join(folder, String(files++));
  writeFileSync(path, bytes);
  const stats = statsOf(path);
  if (stats === undefined) throw new Error("it has not been written");
  const stream: StreamSource = { kind: "stream", name: "in", read: () => Promise.resolve(undefined) };
  return openByRanges({ path, compression, start, identity: identityOf(stats) }, stream);
}

function inMemory(bytes: Uint8Array): InputFile & { bytesRead: number } {
  const file = {
    bytesRead: 0,
    read(target: Uint8Array, at: number, length: number, position: number) {
      const part = bytes.subarray(position, position + length);
      target.set(part, at);
      file.bytesRead += part.length;
      return part.length;
    },
    close() {},
  };
  return file;
}

type Kind = readonly [
  compression: OutputCompression,
  member: (content: Uint8Array) => Buffer,
  noise: readonly Buffer[],
];

const GZIP: Kind = ["gzip", (content) => block(content), [END_BLOCK, block(Buffer.alloc(0))]];
const WITH_EXTRA: Kind = ["gzip", (content) => block(content, Buffer.from("RG\x03\0abc")), [END_BLOCK]];
const ZSTD: Kind = ["zstd", (content) => frame(content), [skippable(0), skippable(100)]];
const WITHOUT_SUM: Kind = ["zstd", (content) => frame(content, {}), [skippable(3)]];

for (const [name, kind] of Object.entries({ GZIP, WITH_EXTRA, ...(hasZstd ? { ZSTD, WITHOUT_SUM } : {}) })) {
  test(`${name}: random members read as what is in them, in any window, whatever was read before`, async () => {
    const [compression, member, noise] = kind;
    const contents = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 12 });
    const seeds = fc.array(fc.nat(), { minLength: 4, maxLength: 4 });
    const property = fc.asyncProperty(contents, seeds, async (parts, [a = 0, b = 0, c = 0, d = 0]) => {
      const packed = parts.flatMap((part, i) => {
        const between = noise[(a + i) % (noise.length + 2)];
        return between === undefined ? [member(part)] : [between, member(part)];
      });
      const junk = Buffer.alloc(a % 3, 9);
      const source = await ranged(Buffer.concat([junk, ...packed]), compression, junk.length);
      const whole = Buffer.concat(parts);
      assert.equal(source?.end, whole.length);
      const file = source?.compressed?.open() as InputFile;
      for (const position of [b, c, d, b, 0].map((n) => n % (whole.length + 2)))
        for (const length of [1, 1 + (c % 30), whole.length])
          assert.ok(readAt(file, position, length).equals(whole.subarray(position, position + length)));
      file.close();
    });
    await fc.assert(property, { numRuns: 60 });
  });
}

const text = Buffer.from(Array.from({ length: 30_000 }, (_, i) => `line ${i} ${(i * 7919) % 1000}\n`).join(""));

test("every window of a file, with an index that knows few members", () => {
  const small = text.subarray(0, 700);
  const packed = bgzf(small, 50);
  const starts = blockStarts(packed);
  const index: MemberIndex = {
    compression: "gzip",
    at: [0, starts[5] as number, starts[11] as number],
    inside: [0, 250, 550],
    end: packed.length,
  };
  const file = openMembers(inMemory(packed), index);
  for (let position = 0; position <= small.length; position++)
    for (const length of [1, 49, 50, 51, 130])
      assert.ok(readAt(file, position, length).equals(small.subarray(position, position + length)));
});

test("forwards, each byte of the file is read once, and a step back costs nothing", () => {
  const packed = bgzf(text, 5000);
  const counted = inMemory(packed);
  const file = openMembers(counted, { compression: "gzip", at: [0], inside: [0], end: packed.length });
  for (let position = 0; position < text.length; position += 60_000) {
    // As a reader of records does it.
    const from = Math.max(0, position - 500);
    assert.ok(readAt(file, from, 60_500).equals(text.subarray(from, from + 60_500)));
  }
  assert.ok(counted.bytesRead <= packed.length, `${counted.bytesRead} of ${packed.length} bytes`);
});

test("a large file has places evenly, and not too many", async () => {
  const million = block(Buffer.alloc(64 * 1024));
  const source = await ranged(Buffer.concat(Array.from({ length: 100 }, () => million)), "gzip");
  assert.equal(source?.end, 100 * 64 * 1024);
  assert.deepEqual(
    source?.compressed?.index.inside,
    [0, 1, 2, 3, 4, 5, 6].map((n) => n * 1024 * 1024),
  );
});

function flipped(bytes: Buffer, at: number): Buffer {
  const other = Buffer.from(bytes);
  other[at] = (other[at] as number) ^ 0xff;
  return other;
}

const packed = bgzf(text, 5000);
const starts = blockStarts(packed);
const [from = 0, behind = 0] = starts.slice(20, 22);

for (const [what, bytes] of [
  ["a byte of the payload", flipped(packed, (from + behind) >> 1)],
  ["the checksum", flipped(packed, behind - 8)],
  // The lowest bit only, or the size would be too large for a block.
  ["the size", Buffer.from(packed).fill((packed[behind - 4] as number) ^ 1, behind - 4, behind - 3)],
] as const) {
  test(`${what} is wrong: what stands before that member is read, and then it is told where it is`, async () => {
    const source = await ranged(bytes, "gzip");
    const file = source?.compressed?.open() as InputFile;
    const target = Buffer.alloc(text.length);
    let done = 0;
    assert.throws(
      () => {
        for (;;) done += file.read(target, done, 70_000, done);
      },
      new RegExp(`gzip data is damaged \\(.+\\), in the part that begins at byte ${from} of it`),
    );
    assert.equal(done, 20 * 5000);
    assert.ok(target.subarray(0, done).equals(text.subarray(0, done)));
  });
}

test("what is not made of such members as it should be is left to what reads it from its beginning on", async () => {
  const isLeft = async (bytes: Uint8Array, compression: OutputCompression, why: string) =>
    assert.equal(await ranged(bytes, compression), undefined, why);
  const part = text.subarray(0, 100);
  await isLeft(zlib.gzipSync(text), "gzip", "one member");
  await isLeft(Buffer.concat([block(part), zlib.gzipSync(part)]), "gzip", "a member that does not say its length");
  await isLeft(packed.subarray(0, behind - 3), "gzip", "it is cut off");
  await isLeft(packed.subarray(0, from + 7), "gzip", "it is cut off in a head");
  await isLeft(Buffer.concat([packed, Buffer.alloc(512)]), "gzip", "zeros behind it");
  await isLeft(Buffer.concat([packed, Buffer.from("x")]), "gzip", "garbage behind it");
  await isLeft(flipped(packed, from + 16), "gzip", "a length that is wrong");
  const saysNothing = block(part);
  saysNothing.writeUInt32LE(0, saysNothing.length - 4);
  await isLeft(Buffer.concat([saysNothing, END_BLOCK]), "gzip", "a size of 0 with something in it");
  if (!hasZstd) return;
  const frames = Buffer.concat([frame(part), frame(text)]);
  await isLeft(frames.subarray(0, -3), "zstd", "it is cut off");
  await isLeft(Buffer.concat([frames, Buffer.alloc(3)]), "zstd", "garbage behind it");
  const noSize = frame(text, { [zlib.constants.ZSTD_c_contentSizeFlag]: 0 });
  await isLeft(Buffer.concat([frame(part), noSize]), "zstd", "a frame without its size");
  await isLeft(
    frame(Buffer.alloc(5 * 1024 * 1024)),
    "zstd",
    "a frame that is too long to be decompressed for its part",
  );
  assert.equal((await ranged(Buffer.concat([frames, skippable(9)]), "zstd"))?.end, part.length + text.length);
});

test("members that are not there any longer are an error", async () => {
  const source = await ranged(packed, "gzip");
  const index = source?.compressed?.index as MemberIndex;
  const file = openMembers(inMemory(packed.subarray(0, from + 30)), index);
  assert.equal(file.read(Buffer.alloc(text.length), 0, text.length, 0), 20 * 5000);
  assert.throws(() => file.read(Buffer.alloc(9), 0, 9, 20 * 5000), /it is not what it was when the job started/);
});
