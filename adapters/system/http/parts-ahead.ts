/** Reads what is behind a URL over several connections at once: a server may give each of them so much and no more. */
import { PartReader } from "./part-reader.ts";
import { type BodyReader, type Parts, requestPart } from "./request.ts";
import type { Resource } from "./resource.ts";

const MIB = 1024 * 1024;
/** What is short, or of which little is wanted, is read over one connection. */
const FIRST_BYTES = 4 * MIB;
const PART_BYTES = 8 * MIB;
/** Parts that are read ahead: all of them are in memory. */
const CONNECTIONS = 4;

export class PartsAhead {
  readonly #resource: Resource;
  readonly #parts: Parts;
  readonly #head: PartReader;
  /** What is read ahead, in its order. */
  readonly #ahead: Promise<Uint8Array[]>[] = [];
  /** What has been read ahead, and is next. */
  #pieces: Uint8Array[] = [];
  #next = 0;
  #isDecided = false;

  /** @param reader gives the bytes from the first one on */
  constructor(resource: Resource, parts: Parts, reader: BodyReader) {
    this.#resource = resource;
    this.#parts = parts;
    this.#head = new PartReader(resource, parts, [0, parts.length], reader);
  }

  /**
   * The next bytes; undefined at the end.
   * @throws {JobError}
   */
  async read(): Promise<Uint8Array | undefined> {
    if (!this.#isDecided && this.#head.position >= FIRST_BYTES) await this.#decide();
    const bytes = await this.#head.read();
    if (bytes !== undefined) return bytes;
    while (this.#pieces.length === 0) {
      const part = this.#ahead.shift();
      if (part === undefined) return undefined;
      this.#pieces = await part;
      this.#fill();
    }
    return this.#pieces.shift();
  }

  /** Whether the server does what it says. */
  async #decide(): Promise<void> {
    this.#isDecided = true;
    const { position, end } = this.#head;
    const first = position + PART_BYTES;
    if (first >= end) return;
    const second = Math.min(first + PART_BYTES, end);
    try {
      const reader = await requestPart(this.#resource, this.#parts, [first, second]);
      this.#head.end = first;
      this.#next = second;
      this.#begin([first, second], reader);
      this.#fill();
    } catch {
      // Then it is one connection to the end.
    }
  }

  #fill(): void {
    const { length } = this.#parts;
    while (this.#next < length && this.#ahead.length < CONNECTIONS) {
      const from = this.#next;
      this.#next = Math.min(from + PART_BYTES, length);
      this.#begin([from, this.#next]);
    }
  }

  #begin(part: readonly [from: number, to: number], reader?: BodyReader): void {
    const pieces = allOf(new PartReader(this.#resource, this.#parts, part, reader));
    // It is told when it is read.
    pieces.catch(() => {});
    this.#ahead.push(pieces);
  }
}

async function allOf(reader: PartReader): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for (let bytes = await reader.read(); bytes !== undefined; bytes = await reader.read()) pieces.push(bytes);
  return pieces;
}
