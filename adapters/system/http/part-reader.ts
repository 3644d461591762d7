/** Reads a part of what is behind a URL, and asks for the rest of it where a connection breaks. */
import { setTimeout as sleep } from "node:timers/promises";
import { JobError } from "../../../core/errors.ts";
import { type BodyReader, cannotRead, type Parts, reasonOf, requestPart } from "./request.ts";
import type { Resource } from "./resource.ts";

/** How often it is asked for again while nothing comes; and how long it waits before, in milliseconds, twice as long each time. */
const TRIES = 4;
const PAUSE_MS = 200;

export class PartReader {
  position: number;
  end: number;
  readonly #resource: Resource;
  readonly #parts: Parts;
  #reader: BodyReader | undefined;

  /** @param reader gives its first bytes, where they have been asked for */
  constructor(resource: Resource, parts: Parts, [from, to]: readonly [from: number, to: number], reader?: BodyReader) {
    this.#resource = resource;
    this.#parts = parts;
    this.position = from;
    this.end = to;
    this.#reader = reader;
  }

  /**
   * The next bytes; undefined at its end.
   * @throws {JobError} when the connection breaks again and again, or the server has something else now
   */
  async read(): Promise<Uint8Array | undefined> {
    for (let failures = 0; this.position < this.end; ) {
      try {
        return await this.#next();
      } catch (error) {
        if (error instanceof JobError || this.#resource.ended?.aborted) throw error;
        this.#reader = undefined;
        const why = `the connection broke after ${this.position} bytes (${reasonOf(error)})`;
        if (failures === TRIES) throw cannotRead(this.#resource.name, why);
        await sleep(PAUSE_MS * 2 ** failures++, undefined, { signal: this.#resource.ended });
      }
    }
    // Detached: what is behind the end is not wanted.
    this.#reader?.cancel().catch(() => {});
    return undefined;
  }

  async #next(): Promise<Uint8Array> {
    this.#reader ??= await requestPart(this.#resource, this.#parts, [this.position, this.end]);
    const { done, value } = await this.#reader.read();
    if (done) throw new Error("it ended");
    const bytes = value.subarray(0, this.end - this.position);
    this.position += bytes.length;
    return bytes;
  }
}
