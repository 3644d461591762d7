// Laws of compressed streams: what is read of one, and what is said of it, depends on its bytes and on nothing else.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gunzipSync, gzipSync } from "node:zlib";
import { type Compression, decompressed } from "../../../../adapters/system/decompress.ts";

const lines = (count: number) =>
  Buffer.from(Array.from({ length: count }, (_, i) => `{"i":${i},"v":${(i * 7919) % 1_000_003}}\n`).join(""));
const text = lines(30_000);
const gzip = gzipSync(text);
const FORMS: readonly (readonly [name: string, Compression, packed: Buffer])[] = [
  ["gzip", "gzip", gzip],
  ["deflate", "deflate", deflateSync(text)],
  ["deflate without a head", "deflate", deflateRawSync(text)],
  ["brotli", "brotli", brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })],
];

interface Read {
  readonly content: Buffer;
  readonly error: string | undefined;
}

/** Read in pieces of a size. */
async function unpacked(compression: Compression, bytes: Uint8Array, size = 256 * 1024): Promise<Read> {
  let at = 0;
  const read = decompressed("in", compression, async () => {
    const piece = bytes.subarray(at, at + size);
    at += piece.length;
    return piece.length === 0 ? undefined : piece;
  });
  const pieces: Uint8Array[] = [];
  let error: string | undefined;
  try {
    for (let piece = await read(); piece !== undefined; piece = await read()) pieces.push(piece);
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  return { content: Buffer.concat(pieces), error };
}

/** The same in pieces of any size. */
async function unpackedAnyhow(compression: Compression, bytes: Uint8Array): Promise<Read> {
  const found = await unpacked(compression, bytes);
  for (const size of [1009, 64 * 1024, bytes.length]) {
    const { content, error } = await unpacked(compression, bytes, size);
    assert.equal(error, found.error, `in pieces of ${size} bytes`);
    assert.ok(content.equals(found.content), `in pieces of ${size} bytes`);
  }
  return found;
}

const goesOn = (compression: Compression, at: number) =>
  `Cannot read "in": its ${compression} data goes on behind its end, after ${at} bytes of it`;

for (const [name, compression, packed] of FORMS) {
  test(`${name}: what stands behind its end is told behind all that is in it`, async () => {
    for (const more of ["garbage", "x", "\0x", "\0\0any garbage", "\x1fx", "x".repeat(300_000)]) {
      const { content, error } = await unpackedAnyhow(compression, Buffer.concat([packed, Buffer.from(more)]));
      assert.equal(error, goesOn(compression, packed.length));
      assert.ok(content.equals(text));
    }
  });

  test(`${name}: cut anywhere, all that had come is read`, async () => {
    for (let i = 1; i <= 20; i++) {
      const length = i < 10 ? packed.length - i : Math.floor((packed.length * (i - 9)) / 12);
      const { content, error } = await unpackedAnyhow(compression, packed.subarray(0, length));
      assert.equal(error, `Cannot read "in": its ${compression} data ends too early, after ${length} bytes of it`);
      assert.ok(text.subarray(0, content.length).equals(content));
      assert.ok(content.length / text.length > length / packed.length - 0.1);
    }
  });

  test(`${name}: with a bit flipped anywhere, the same is read in pieces of any size`, async () => {
    for (let i = 1; i <= 20; i++) {
      const bytes = Buffer.from(packed);
      const at = Math.floor((bytes.length * i) / 21);
      bytes[at] = (bytes[at] as number) ^ (1 << (i % 8));
      await unpackedAnyhow(compression, bytes);
    }
  });

  test(`${name}: what came before a source that fails is read`, async () => {
    const sources = [
      async () => packed.subarray(0, packed.length - 100),
      () => Promise.reject(new Error("it is gone")),
    ];
    const read = decompressed("in", compression, async () => sources.shift()?.());
    let length = 0;
    await assert.rejects(async () => {
      for (let piece = await read(); piece !== undefined; piece = await read()) length += piece.length;
    }, /it is gone/);
    assert.ok(length > text.length - 1000, `${length} bytes`);
  });
}

/** What the longest beginning gives that the runtime takes. */
function soundPart(packed: Buffer): { readonly content: Buffer; readonly length: number } {
  let [low, high] = [0, packed.length];
  let content = Buffer.alloc(0);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    try {
      content = gunzipSync(packed.subarray(0, middle), { finishFlush: constants.Z_SYNC_FLUSH });
      low = middle;
    } catch {
      high = middle - 1;
    }
  }
  return { content, length: low };
}

test("gzip that is damaged is read up to the byte that is", async () => {
  for (let i = 1; i < 12; i++) {
    const at = Math.floor((gzip.length * i) / 12);
    const bytes = Buffer.from(gzip).fill(0xff, at, at + 40);
    const expected = soundPart(bytes);
    const { content, error } = await unpackedAnyhow("gzip", bytes);
    assert.match(error ?? "", /its gzip data is damaged \(.+\), after \d+ bytes of it$/);
    assert.ok(content.equals(expected.content), `${content.length} bytes, not ${expected.content.length}`);
  }
});

test("gzip whose sum or length is wrong is damage behind all that is in it", async () => {
  for (const [at, reason] of [
    [8, "incorrect data check"],
    [4, "incorrect length check"],
  ] as const) {
    const bytes = Buffer.from(gzip);
    bytes[bytes.length - at] = (bytes.at(-at) as number) ^ 1;
    const { content, error } = await unpackedAnyhow("gzip", bytes);
    assert.equal(error, `Cannot read "in": its gzip data is damaged (${reason}), after ${gzip.length - 8} bytes of it`);
    assert.ok(content.equals(text));
  }
});

test("zeros behind a member of gzip are padding, and another member may follow them", async () => {
  const zeros = (count: number) => Buffer.alloc(count);
  const [first, second] = [gzipSync("1\n"), gzipSync("2\n")];
  for (const [parts, expected] of [
    [[first, zeros(1)], "1\n"],
    [[first, zeros(512)], "1\n"],
    [[first, zeros(300_000)], "1\n"],
    [[first, zeros(1), second], "1\n2\n"],
    [[first, zeros(4), second, zeros(300_000), second, zeros(1)], "1\n2\n2\n"],
    [[first, gzipSync(""), zeros(3), gzipSync(""), second], "1\n2\n"],
  ] as const) {
    const { content, error } = await unpackedAnyhow("gzip", Buffer.concat(parts));
    assert.deepEqual([content.toString(), error], [expected, undefined]);
    const behind = Buffer.concat([...parts, zeros(2), Buffer.from("x")]);
    const spoilt = await unpackedAnyhow("gzip", behind);
    assert.equal(spoilt.content.toString(), expected);
    assert.match(spoilt.error ?? "", /its gzip data goes on behind its end, after \d+ bytes of it$/);
  }
});

test("members of gzip of any size follow each other, with all that a head may have", async () => {
  const sizes = [10, 0, 200_000, 5, 70_000, 131_072, 131_073, 1, 400_000, 65_280, 65_280];
  const contents = sizes.map((size, i) => text.subarray(i, i + size));
  const packed = contents.map((content, i) => withHead(gzipSync(content), i));
  const { content, error } = await unpackedAnyhow("gzip", Buffer.concat(packed));
  assert.equal(error, undefined);
  assert.ok(content.equals(Buffer.concat(contents)));
  const last = Buffer.concat(packed).length - (packed.at(-1) as Buffer).length;
  for (const [at, reason] of [
    [2, "unknown compression method"],
    [3, "unknown header flags set"],
  ] as const) {
    const bytes = Buffer.concat(packed);
    bytes[last + at] = 0xff;
    const spoilt = await unpackedAnyhow("gzip", bytes);
    assert.match(spoilt.error ?? "", new RegExp(`is damaged \\(${reason}\\)`));
    assert.ok(spoilt.content.equals(Buffer.concat(contents.slice(0, -1))));
  }
});

/** An extra field, a name and a comment, by the bits of a number. */
function withHead(member: Buffer, bits: number): Buffer {
  const head = Buffer.from(member.subarray(0, 10));
  head[3] = (bits & 7) << 2;
  const parts = ["\x05\0extra", "a name\0", "a comment\0"].filter((_, i) => ((bits >> i) & 1) === 1);
  return Buffer.concat([head, Buffer.from(parts.join("")), member.subarray(10)]);
}

test("of longer data than is kept, all is read up to the piece that is damaged", async () => {
  const content = randomBytes(20 * 1024 * 1024);
  const packed = gzipSync(content, { level: 1 });
  const behind = await unpacked("gzip", Buffer.concat([packed, Buffer.from("garbage")]));
  assert.equal(behind.error, goesOn("gzip", packed.length));
  assert.ok(behind.content.equals(content));
  // A stored block begins with its length, and the same negated.
  packed.fill(0xff, packed.length - 200_000, packed.length - 100_000);
  const { content: read, error } = await unpacked("gzip", packed);
  assert.match(error ?? "", /its gzip data is damaged/);
  assert.ok(read.length > 19 * 1024 * 1024);
});
