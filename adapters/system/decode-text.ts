/** Inputs in another encoding than UTF-8, read as the stream of UTF-8 that they would be. */
import type { FileSource, Source, StreamSource } from "../../core/coordinator/job/source.ts";
import { JobError } from "../../core/errors.ts";
import { Feed, type ReadBytes } from "./feed.ts";
import { streamOf } from "./file-streams.ts";

/** Sources whose text is UTF-8, made of such as have it in another encoding. */
export function asUtf8(sources: readonly Source[], encoding: string, ended?: AbortSignal): Source[] {
  return sources.map((source) => {
    const { name } = source;
    const plain = source.kind === "file" ? fromFile(source, ended) : source;
    const place = plain.place && { ...plain.place, encoding };
    return { kind: "stream", name, place, read: transcoded(name, encoding, plain.read) };
  });
}

function fromFile({ name, path, begin }: FileSource, ended: AbortSignal | undefined): StreamSource {
  return { ...streamOf(path, { start: begin, name, ended }), place: { path, start: begin } };
}

/** @throws {RangeError} for a name that the runtime does not know */
export function decoderOf(label: string): TextDecoder {
  // The types of Bun list fewer than it has.
  return new TextDecoder(label as "utf-16", { fatal: true });
}

/** @returns a function that rejects with a JobError for bytes that no text has in this encoding */
export function transcoded(name: string, encoding: string, read: ReadBytes): ReadBytes {
  const encoder = new TextEncoder();
  const feed = new Feed(read);
  let decoder: TextDecoder | undefined;
  let offset = 0;
  let ended = false;
  return async () => {
    while (!ended) {
      if (decoder === undefined) await feed.gather(MARK_BYTES);
      decoder ??= decoderOf(labelOf(encoding, feed.waiting));
      const bytes = await feed.next();
      ended = bytes === undefined;
      const text = decodeNext(decoder, bytes);
      offset += bytes?.length ?? 0;
      if (text !== "") return encoder.encode(text);
    }
    return undefined;
  };

  function decodeNext(from: TextDecoder, bytes: Uint8Array | undefined): string {
    try {
      return from.decode(bytes ?? new Uint8Array(0), { stream: bytes !== undefined });
    } catch {
      const input = name === "-" ? "stdin" : `"${name}"`;
      const where = bytes === undefined ? "it ends inside a character" : `behind byte ${offset}`;
      throw new JobError(`Cannot read ${input}: it is not ${encoding} (${where})`, { about: "input" });
    }
  }
}

const MARK_BYTES = 2;

/** `utf-16` means the order that the byte order mark says. */
function labelOf(encoding: string, begin: Uint8Array): string {
  const isBigEndian = begin[0] === 0xfe && begin[1] === 0xff;
  return /^utf-?16$/i.test(encoding) && isBigEndian ? "utf-16be" : encoding;
}
