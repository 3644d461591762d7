/** Inputs that are URLs: the body of the response, as a stream. */
import type { StreamSource } from "../../../core/coordinator/job/source.ts";
import { type JobError, UsageError } from "../../../core/errors.ts";
import type { Runtime, RuntimeName } from "../../../core/platform/runtime.ts";
import { type Compression, checkDecompressor, decompressed, isNamedBrotli, sniffed } from "../decompress.ts";
import { PartsAhead } from "./parts-ahead.ts";
import { type Body, type BodyReader, cannotRead, reasonOf, request } from "./request.ts";
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
 * @param ended aborted when no more of it is wanted
 * @returns a source whose name has no query and no password: they may be secrets, and names are told
 */
export function urlSource(url: string, runtime: Pick<Runtime, "name">, ended?: AbortSignal): UrlSource {
  const resource = { ...resourceOf(url), ended };
  let body: Promise<Read> | undefined;
  let isBrotli = isNamedBrotli(resource.name);
  const open = () => {
    body ??= request(resource, runtime.name).then((found) => {
      // Servers that have files packed beforehand call that the coding of the way.
      isBrotli &&= !found.codings.includes("br");
      return unpacked(resource, found, runtime.name);
    });
    return body;
  };
  return {
    kind: "stream",
    name: resource.name,
    read: sniffed(resource.name, async () => (await open())(), { isBrotli: () => isBrotli, ended }),
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
function unpacked(resource: Resource, body: Body, runtime: RuntimeName): Read {
  const compressions = body.codings.map((coding) => {
    const compression = Object.hasOwn(CODINGS, coding) ? CODINGS[coding] : undefined;
    if (compression === undefined) throw refusedCoding(resource.name, coding, body);
    checkDecompressor(resource.name, compression);
    return compression;
  });
  return compressions.reduceRight(
    (inner, compression) => decompressed(resource.name, compression, inner, resource.ended),
    readerOf(resource, body, runtime),
  );
}

function refusedCoding(name: string, coding: string, { reader }: Body): JobError {
  // Detached: it is not read.
  reader.cancel().catch(() => {});
  return cannotRead(name, `the server packs it as "${coding}" (Content-Encoding), which pmap does not know`);
}

function readerOf(resource: Resource, { reader, length, parts }: Body, runtime: RuntimeName): Read {
  if (parts !== undefined) {
    const ahead = new PartsAhead(resource, parts, reader);
    return () => ahead.read();
  }
  let received = 0;
  const read = readAhead(reader);
  return async () => {
    const { done, value } = await read().catch((error: unknown) => {
      const why = reasonOf(error) + (runtime === "bun" ? LOST_BY_BUN : "");
      throw cannotRead(resource.name, `the connection broke after ${received} bytes (${why})`);
    });
    if (!done) {
      received += value.length;
      return value;
    }
    // A body that is cancelled ends as one that is whole.
    resource.ended?.throwIfAborted();
    if (length !== undefined && received !== length)
      throw cannotRead(resource.name, `it ended after ${received} bytes, and the server said ${length}`);
    return undefined;
  };
}

/** Its fetch loses the bytes that come in the same moment as the end of a connection, more often than not. */
const LOST_BY_BUN = "; Bun may lose what came just before";

/** Asks for the next bytes before they are wanted: a stream that breaks drops what has come and was not asked for. */
function readAhead(reader: BodyReader): BodyReader["read"] {
  const ask = () => {
    const asked = reader.read();
    // It is told when it is read.
    asked.catch(() => {});
    return asked;
  };
  let next = ask();
  return async () => {
    const found = await next;
    if (!found.done) next = ask();
    return found;
  };
}
