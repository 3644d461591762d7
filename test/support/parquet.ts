/** Files of Parquet in tests: those that are kept, and others that are made. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pageCodecs } from "../../adapters/shared/page-codecs.ts";
import { compressorsOf } from "../../core/formats/parquet/compressors.ts";
import { FileRows } from "../../core/formats/parquet/file-rows.ts";
import { type ParquetBytes, readMetadata } from "../../core/formats/parquet/metadata.ts";

export function parquetFixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/parquet/${name}.parquet`, import.meta.url));
}

export function bytesOf(name: string): Uint8Array {
  return new Uint8Array(readFileSync(parquetFixture(name)));
}

/** Bytes in memory, as a file. */
export function asFile(bytes: Uint8Array): ParquetBytes {
  return {
    size: bytes.length,
    file: {
      read(target, at, length, position) {
        const part = bytes.subarray(position, position + length);
        target.set(part, at);
        return part.length;
      },
    },
  };
}

export function fileRows(
  bytes: Uint8Array,
  only?: readonly string[],
): { readonly rows: FileRows; readonly count: number } {
  const from = asFile(bytes);
  const metadata = readMetadata(from);
  const text = { decode: (part: Uint8Array, start: number, end: number) => decoder.decode(part.subarray(start, end)) };
  const encodeBase64 = (part: Uint8Array) => Buffer.from(part).toString("base64");
  return {
    rows: new FileRows(from, metadata, { compressors, only, text, encodeBase64 }),
    count: Number(metadata.num_rows),
  };
}

const compressors = compressorsOf(await pageCodecs());
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The records of the rows from `start` on. */
export function recordsFrom(
  { rows, count }: ReturnType<typeof fileRows>,
  start: number,
  fields?: ReadonlySet<string>,
): unknown[] {
  const records: unknown[] = [];
  for (let at = start; at < count; ) {
    const { window, build } = rows.at(at, count - at, fields);
    for (let row = 0; row < window.rows; row++) records.push(build(window.columns, row));
    at += window.rows;
  }
  return records;
}

/** What make.py has put in its longer files. */
export function madeRow(i: number): Record<string, unknown> {
  return {
    id: i,
    name: i % 7 === 0 ? null : `name ${i % 50}`,
    text: `a text of its own ${i} ${"x".repeat(i % 40)}`,
    score: i / 8,
    list: i % 11 === 0 ? null : Array.from({ length: i % 5 }, (_, at) => at),
    point: i % 13 === 0 ? null : { x: i, y: String(i) },
  };
}

export function madeRows(count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, i) => madeRow(i));
}
