/** What is left of a source that ends too early, in the middle of a record or of what all records stand in. */
import { JobError } from "../../errors.ts";
import type { InputFile } from "../../platform/runtime.ts";
import type { FileSource } from "../job/source.ts";
import type { PassBegin, PassOptions } from "./scan-pass.ts";

const READ_BYTES = 256 * 1024;
const LINE_FEED = 10;

/** Where the last record ends that has an end, from a record's beginning on. */
export function lastEnd(
  { input, text }: PassOptions,
  { dialect, start: first, before }: PassBegin,
  source: Pick<FileSource, "end">,
  file: InputFile,
): number {
  const scanner = input.createScanner(dialect, text, before);
  const buffer = new Uint8Array(READ_BYTES);
  let last = first;
  for (let at = first; at < source.end; ) {
    const count = file.read(buffer, 0, Math.min(READ_BYTES, source.end - at), at);
    if (count === 0) break;
    for (let from = 0; ; ) {
      const found = scanner.next(buffer, from, count, 0);
      if (found === -1) break;
      last = at + found;
      from = found;
    }
    at += count;
  }
  return last;
}

/** What to say of a source that ends too early; looked at once more, from its beginning on, for the line. */
export function endsInside(source: FileSource, at: number, file: InputFile): JobError {
  const buffer = new Uint8Array(READ_BYTES);
  let line = 1;
  for (let offset = source.begin; offset < source.end; ) {
    const count = file.read(buffer, 0, Math.min(READ_BYTES, source.end - offset), offset);
    if (count === 0) break;
    for (let i = 0; i < count; i++) {
      const byte = buffer[i] as number;
      if (offset + i >= at && !isBlank(byte)) {
        const where = `begins in line ${line}, at byte ${offset + i}`;
        return new JobError(`Cannot read "${source.name}": it ends inside a value that ${where}`, { about: "input" });
      }
      if (byte === LINE_FEED) line++;
    }
    offset += count;
  }
  return new JobError(`Cannot read "${source.name}": it ends too early`, { about: "input" });
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === LINE_FEED || byte === 13;
}
