/** Inputs that are URLs: the body of the response, as a stream. */
import type { StreamSource } from "../../../core/coordinator/job/source.ts";
import { UsageError } from "../../../core/errors.ts";
import type { Runtime } from "../../../core/platform/runtime.ts";
import { type Compression, decompressed, isNamedBrotli, sniffed } from "../decompress.ts";
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
    body ??= request(resource).then((found) => {
      // Servers that have files packed beforehand call that the coding of the way.
      isBrotli &&= !found.codings.includes("br");
      return runtime.name === "deno" ? unpacked(resource, found) : readerOf(resource, found);
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

const CODINGS: Readonly<Record<string, Compression>> = { gzip: "gzip", "x-gzip": "gzip", br: "brotli" };

/** Deno leaves a body as it comes where a request says which codings it takes. */
function unpacked(resource: Resource, body: Body): Read {
  return body.codings.reduceRight(
    (inner, coding) => {
      const compression = CODINGS[coding];
      return compression === undefined ? inner : decompressed(resource.name, compression, inner);
    },
    readerOf(resource, body),
  );
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
