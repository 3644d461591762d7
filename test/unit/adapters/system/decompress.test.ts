// Compressed streams: what is in them, what is wrong with them, and how they are known.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import {
  type Compression,
  compressionOf,
  compressionOfBytes,
  decompressed,
  sniffed,
} from "../../../../adapters/system/decompress.ts";
import { findProgram } from "../../../../adapters/system/programs.ts";
import { skippable } from "../../../support/members.ts";
import { temporaryFolder } from "../../../support/run-pmap.ts";

const folder = temporaryFolder();
const text = Buffer.from(Array.from({ length: 30_000 }, (_, i) => `line ${i} ${(i * 7919) % 100_003}\n`).join(""));
const half = text.length >> 1;
const brotli = brotliCompressSync(text);

type Read = () => Promise<Uint8Array | undefined>;

/** Gives bytes in pieces of a size. */
function inPieces(bytes: Uint8Array, size = 64 * 1024): Read {
  let at = 0;
  return () => {
    const piece = bytes.subarray(at, at + size);
    at += piece.length;
    return Promise.resolve(piece.length === 0 ? undefined : piece);
  };
}

/** What has been read, and what it ended with. */
async function readAll(read: Read): Promise<{ readonly content: Buffer; readonly error: string | undefined }> {
  const pieces: Uint8Array[] = [];
  try {
    for (let piece = await read(); piece !== undefined; piece = await read()) pieces.push(piece);
    return { content: Buffer.concat(pieces), error: undefined };
  } catch (error) {
    return { content: Buffer.concat(pieces), error: (error as Error).message };
  }
}

function unpacked(compression: Compression, bytes: Uint8Array, size?: number) {
  return readAll(decompressed("in", compression, inPieces(bytes, size)));
}

function packedBy(program: string, content: Uint8Array, options: readonly string[] = []): Buffer {
  // From a file: Deno's spawnSync writes all of an input before it reads what the program says.
  const plain = join(folder, "plain");
  writeFileSync(plain, content);
  return spawnSync(program, [...options, "-c", plain], { maxBuffer: 1 << 28 }).stdout;
}

const missing = (program: string) => (findProgram(program) === undefined ? `there is no ${program}` : false);

test("brotli is read as what is in it, in pieces of any size", async () => {
  for (const size of [97, 4096, brotli.length]) {
    const { content, error } = await unpacked("brotli", brotli, size);
    assert.deepEqual([error, content.equals(text)], [undefined, true], `pieces of ${size} bytes`);
  }
});

test("brotli that is cut off is damage, and nothing is made up behind it", async () => {
  for (const length of [1, 2, 100, brotli.length >> 1, brotli.length - 1]) {
    const { content, error } = await unpacked("brotli", brotli.subarray(0, length));
    assert.equal(error, `Cannot read "in": its brotli data ends too early, after ${length} bytes of it`);
    assert.ok(text.subarray(0, content.length).equals(content), `cut after ${length} bytes`);
  }
});

test("without a byte there is nothing in it, whatever it is compressed with", async () => {
  for (const compression of ["gzip", "deflate", "brotli", "zstd", "bzip2", "xz", "lz4"] as const) {
    const { content, error } = await unpacked(compression, Buffer.alloc(0));
    assert.deepEqual([error, content.length], [undefined, 0], compression);
  }
});

test("what stands behind the end of brotli is damage", async () => {
  for (const more of [brotli, Buffer.from("x"), Buffer.from([0])])
    for (const size of [brotli.length, brotli.length + more.length]) {
      const { content, error } = await unpacked("brotli", Buffer.concat([brotli, more]), size);
      assert.equal(
        error,
        `Cannot read "in": its brotli data goes on behind its end, after ${brotli.length} bytes of it`,
      );
      assert.ok(content.equals(text));
    }
});

test("what cannot be read is no damage of the brotli before it", async () => {
  const read = inPieces(brotli.subarray(0, 100));
  const failing = async () => {
    const bytes = await read();
    if (bytes === undefined) throw new Error("the disk is gone");
    return bytes;
  };
  assert.match((await readAll(decompressed("in", "brotli", failing))).error ?? "", /the disk is gone/);
});

test("what bzip2 only warns of is damage", { skip: missing("bzip2") }, async () => {
  const [first, second] = [packedBy("bzip2", text.subarray(0, half)), packedBy("bzip2", text.subarray(half))];
  const whole = await unpacked("bzip2", Buffer.concat([first, second]));
  assert.deepEqual([whole.error, whole.content.equals(text)], [undefined, true]);
  const { content, error } = await unpacked("bzip2", Buffer.concat([first, Buffer.from("xx"), second]));
  assert.match(error ?? "", /^Cannot read "in": its bzip2 data goes on behind its end, after \d+ bytes of it$/);
  assert.ok(content.equals(text.subarray(0, half)));
});

for (const program of ["bzip2", "xz", "lz4", "zstd"] as const)
  test(`the message has the reason that ${program} gives`, { skip: missing(program) }, async () => {
    const packed = packedBy(program, text);
    const cut = await unpacked(program, packed.subarray(0, packed.length >> 1));
    assert.match(cut.error ?? "", new RegExp(`its ${program} data ends too early, after \\d+ bytes of it$`));
    const spoilt = Buffer.from(packed).fill(0xff, packed.length >> 1, (packed.length >> 1) + 20);
    const { error } = await unpacked(program, spoilt);
    assert.match(error ?? "", new RegExp(`its ${program} data is damaged \\([A-Z].*(error|corrupt).*\\), after`, "i"));
    assert.doesNotMatch(error ?? "", /stdin|undamaged|: \w+: /);
  });

test("a .zst without a byte has nothing in it, as a .gz", async () => {
  for (const compression of ["zstd", "gzip"] as const)
    assert.deepEqual(await unpacked(compression, new Uint8Array()), { content: Buffer.alloc(0), error: undefined });
});

test("a frame that readers skip does not hide what a file is", () => {
  const zstd = Buffer.from("28b52ffd", "hex");
  const lz4 = Buffer.from("04224d18", "hex");
  assert.equal(compressionOfBytes(Buffer.concat([skippable(4), zstd])), "zstd");
  assert.equal(compressionOfBytes(Buffer.concat([skippable(4), skippable(4), lz4])), "lz4");
  assert.equal(compressionOfBytes(Buffer.from("02214c18", "hex")), "lz4");
  const long = skippable(1000).subarray(0, 16);
  assert.equal(compressionOf("a.lz4", long), "lz4");
  assert.equal(compressionOf("a.zst", long), "zstd");
  assert.equal(compressionOf("a", long), "zstd");
  assert.throws(() => compressionOf("a.gz", long), /it is zstd/);
  assert.equal(compressionOfBytes(Buffer.from("P*M is text")), undefined);
});

for (const [what, program, options, head] of [
  ["zstd behind a frame that is skipped", "zstd", [], skippable(4)],
  ["lz4 behind a frame that is skipped", "lz4", [], skippable(4)],
  ["lz4 in its legacy format", "lz4", ["-l"], Buffer.alloc(0)],
] as const)
  test(`${what} is known in a stream that comes by bytes`, { skip: missing(program) }, async () => {
    const packed = Buffer.concat([head, packedBy(program, text.subarray(0, 1000), options)]);
    const { content, error } = await readAll(sniffed("stdin", inPieces(packed, 1)));
    assert.deepEqual([error, content.toString()], [undefined, text.subarray(0, 1000).toString()]);
  });

test("the name of a stream says that it is brotli", async () => {
  assert.ok((await readAll(sniffed("a.jsonl.br", inPieces(brotli)))).content.equals(text));
  assert.ok((await readAll(sniffed("a.jsonl", inPieces(brotli)))).content.equals(brotli));
});
