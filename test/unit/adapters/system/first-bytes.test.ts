// What is told by the first bytes of a stream is told however they come.
import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { transcoded } from "../../../../adapters/system/decode-text.ts";
import { sniffed } from "../../../../adapters/system/decompress.ts";
import type { ReadBytes } from "../../../../adapters/system/feed.ts";
import { jsonLines } from "../../../../adapters/system/json-lines.ts";

/** The bytes, cut behind each of the first ones whose bit is set; some readers write into what they get. */
function cutBy(bytes: Uint8Array, bits: number): ReadBytes {
  const pieces: Uint8Array[] = [];
  let begin = 0;
  for (let at = 1; at < bytes.length && 1 << (at - 1) <= bits; at++) {
    if (((bits >> (at - 1)) & 1) === 0) continue;
    pieces.push(bytes.slice(begin, at));
    begin = at;
  }
  pieces.push(bytes.slice(begin));
  return async () => pieces.shift();
}

async function textOf(read: ReadBytes): Promise<string> {
  const pieces: Uint8Array[] = [];
  for (let piece = await read(); piece !== undefined; piece = await read()) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const CUTS = Array.from({ length: 32 }, (_, bits) => bits);
const littleEndian = (text: string) => Buffer.from(text, "utf16le");
const bigEndian = (text: string) => Buffer.from(text, "utf16le").swap16();

for (const [encoding, encode] of [
  ["utf-16", littleEndian],
  ["utf-16", bigEndian],
  ["utf-16le", littleEndian],
  ["utf-16be", bigEndian],
  ["utf-8", Buffer.from],
] as const) {
  test(`${encoding} with a byte order mark is read however its first bytes come, ${encode("\ufeff")[0]}`, async () => {
    for (const text of ["", "a", "añ𝄞\n", "ab\ncd\n"])
      for (const bits of CUTS) {
        const read = cutBy(encode(`\ufeff${text}`), bits);
        assert.equal(await textOf(transcoded("in", encoding, read)), text, `cut by ${bits.toString(2)}`);
      }
  });
}

test("utf-16 that is one byte is no text", async () => {
  for (const byte of [0xfe, 0xff, 0x61])
    await assert.rejects(textOf(transcoded("in", "utf-16", cutBy(Uint8Array.of(byte), 0))), /ends inside a character/);
});

test("JSON with a byte order mark is read however its first bytes come", async () => {
  const linesOf = (bytes: Uint8Array, bits: number, at?: readonly string[]) =>
    textOf(jsonLines({ kind: "stream", name: "in", read: cutBy(bytes, bits) }, at).read);
  for (const [json, at] of [
    ["1 2", undefined],
    ["[1,2]", undefined],
    ['{"a":[1,2]}', ["a"]],
  ] as const) {
    // A mark that is left is trimmed, too: the workers skip it.
    const expected = (await linesOf(Buffer.from(json), 0, at)).trim();
    assert.equal(expected.replaceAll(/\s+/g, " "), "1 2");
    for (const bits of CUTS)
      for (const begin of ["\ufeff", ""])
        assert.equal(
          (await linesOf(Buffer.from(begin + json), bits, at)).trim(),
          expected,
          `cut by ${bits.toString(2)}`,
        );
  }
});

test("what is compressed is known however its first bytes come", async () => {
  const text = "a line\n".repeat(100);
  for (let bits = 0; bits < 1024; bits = bits < 32 ? bits + 1 : bits * 2 + 1) {
    for (const [name, bytes] of [
      ["in", gzipSync(text)],
      ["in.br", brotliCompressSync(text)],
      ["in", Buffer.from(text)],
      ["in", Buffer.from(`BZh9${text}`)],
    ] as const) {
      const expected = bytes[0] === "B".charCodeAt(0) ? `BZh9${text}` : text;
      assert.equal(await textOf(sniffed(name, cutBy(bytes, bits))), expected, `${name}, cut by ${bits.toString(2)}`);
    }
    await assert.rejects(textOf(sniffed("in", cutBy(Buffer.from("PAR1\x15\0\0\0\0"), bits))), /it is Parquet/);
  }
});
