/** Inputs that are URLs: the body of the response, as a stream. */
import type { StreamSource } from "../../../core/coordinator/job/source.ts";
import { UsageError } from "../../../core/errors.ts";
import { sniffed } from "../decompress.ts";
import { PartsAhead } from "./parts-ahead.ts";
import { type Body, cannotRead, type Resource, reasonOf, request } from "./request.ts";

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
export function urlSource(url: string): UrlSource {
  const resource: Resource = { url, name: nameOf(url) };
  let body: Promise<Read> | undefined;
  const open = () => {
    body ??= request(resource).then((found) => readerOf(resource, found));
    return body;
  };
  return {
    kind: "stream",
    name: resource.name,
    read: sniffed(resource.name, async () => (await open())()),
    async open() {
      await open().catch((error: Error) => {
        throw new UsageError(error.message, { about: "input" });
      });
    },
  };
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

function nameOf(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname}`;
  } catch {
    throw new UsageError(`Cannot read "${url}": it is not a URL`, { about: "input" });
  }
}
