/** Inputs that are URLs: the body of the response, as a stream. */
import type { StreamSource } from "../../../core/coordinator/job/source.ts";
import { type JobError, UsageError } from "../../../core/errors.ts";
import type { Runtime } from "../../../core/platform/runtime.ts";
import { type Compression, checkDecompressor, decompressed, isNamedBrotli, sniffed } from "../decompress.ts";
import { PartsAhead } from "./parts-ahead.ts";
import { type Body, cannotRead, reasonOf, request } from "./request.ts";
import { type Resource, resourceOf } from "./resource.ts";

export interface UrlSource extends StreamSource {
  /**
   * Asks for it now: before the first record.
   * @throws {UsageError} when it cannot be had
   */
  open(): Promise<void>;
}

type Read = () => Promise<Uint8Array | undefined>;

/**
 * The content of a URL, which is asked for when it is read.
 * @returns a source whose name has no query and no password: they may be secrets, and names are told
 */
export function urlSource(url: string, runtime: Pick<Runtime, "name">): UrlSource {
  const resource = resourceOf(url);
  let body: Promise<Read> | undefined;
  let isBrotli = isNamedBrotli(resource.name);
  const open = () => {
    body ??= request(resource, runtime.name).then((found) => {
      // Servers that have files packed beforehand call that the coding of the way.
      isBrotli &&= !found.codings.includes("br");
      return unpacked(resource, found);
    });
    return body;
  };
  return {
    kind: "stream",
    name: resource.name,
    read: sniffed(
      resource.name,
      async () => (await open())(),
      () => isBrotli,
    ),
    async open() {
      await open().catch((error: Error) => {
        throw new UsageError(error.message, { about: "input" });
      });
    },
  };
}

/** What servers pack bodies with: RFC 9110, 8.4.1, and what has come since. */
const CODINGS: Readonly<Record<string, Compression>> = {
  gzip: "gzip",
  "x-gzip": "gzip",
  deflate: "deflate",
  br: "brotli",
  zstd: "zstd",
};

/** @throws {JobError} for a coding that is not known: what is in such a body cannot be told */
function unpacked(resource: Resource, body: Body): Read {
  const compressions = body.codings.map((coding) => {
    const compression = Object.hasOwn(CODINGS, coding) ? CODINGS[coding] : undefined;
    if (compression === undefined) throw refusedCoding(resource.name, coding, body);
    checkDecompressor(resource.name, compression);
    return compression;
  });
  return compressions.reduceRight(
    (inner, compression) => decompressed(resource.name, compression, inner),
    readerOf(resource, body),
  );
}

function refusedCoding(name: string, coding: string, { reader }: Body): JobError {
  // Detached: it is not read.
  reader.cancel().catch(() => {});
  return cannotRead(name, `the server packs it as "${coding}" (Content-Encoding), which pmap does not know`);
}

function readerOf(resource: Resource, { reader, length, parts }: Body): Read {
  if (parts !== undefined) {
    const ahead = new PartsAhead(resource, parts, reader);
    return () => ahead.read();
  }
  let received = 0;
  return async () => {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw cannotRead(resource.name, `the connection broke after ${received} bytes (${reasonOf(error)})`);
    });
    if (!done) {
      received += value.length;
      return value;
    }
    if (length !== undefined && received !== length)
      throw cannotRead(resource.name, `it ended after ${received} bytes, and the server said ${length}`);
    return undefined;
  };
}
