/** `--from bytes`: the whole lines of a chunk are one record, which the script parses itself. */
import type { Codec } from "./codec.ts";
import type { Cursor } from "./cursor.ts";
import type { Format } from "./format.ts";

const LINE_FEED = 10;

export const bytes: Format = {
  name: "bytes",
  about: "whole lines as a Uint8Array, a chunk each",
  extensions: [],
  input: {
    cut: "line",
    separator: LINE_FEED,
    skipsBlank: false,
    chunkIsRecord: true,
    // Its lines are not counted.
    place: (source, { offset }) => `${source}:byte ${offset}`,
  },
};

export const bytesCodec: Codec = {
  name: "bytes",
  input: {
    cut: "line",
    separator: LINE_FEED,
    separatorText: "\n",
    skipsEmpty: false,
    trimsReturn: false,
    needsUtf8: false,
    parse: (text) => text,
    openChunk: (chunk, base) => new BytesCursor(chunk, base),
  },
};

class BytesCursor implements Cursor {
  #done = false;
  private readonly bytes: Uint8Array;
  private readonly base: number;

  constructor(chunk: Uint8Array, base: number) {
    this.bytes = chunk;
    this.base = base;
  }

  advance(): boolean {
    if (this.#done || this.bytes.length === 0) return false;
    this.#done = true;
    return true;
  }

  read(): unknown {
    return this.bytes;
  }

  offset(): number {
    return this.base;
  }

  line(): number {
    return this.#done ? 1 : 0;
  }

  raw(): string {
    return `${this.bytes.length} bytes`;
  }
}
