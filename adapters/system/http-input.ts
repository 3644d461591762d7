/** Inputs that are URLs: the body of the response, as a stream. */
import type { StreamSource } from "../../core/coordinator/job/source.ts";
import { JobError, UsageError } from "../../core/errors.ts";
import { sniffed } from "./decompress.ts";

interface Body {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  /** How long the server says it is; undefined where it does not, or packs it for the way. */
  readonly length: number | undefined;
}

export interface UrlSource extends StreamSource {
  /**
   * Asks for it now: before the first record.
   * @throws {UsageError} when it cannot be had
   */
  open(): Promise<void>;
}

/**
 * The content of a URL, which is asked for when it is read.
 * @returns a source whose name has no query and no password: they may be secrets, and names are told
 */
export function urlSource(url: string): UrlSource {
  const name = nameOf(url);
  let body: Promise<Body> | undefined;
  let received = 0;
  const open = () => {
    body ??= request(url, name);
    return body;
  };

  async function read(): Promise<Uint8Array | undefined> {
    const { reader, length } = await open();
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw new JobError(`Cannot read "${name}": the connection broke after ${received} bytes (${reasonOf(error)})`, {
        about: "input",
      });
    });
    if (!done) {
      received += value.length;
      return value;
    }
    if (length !== undefined && received !== length)
      throw new JobError(`Cannot read "${name}": it ended after ${received} bytes, and the server said ${length}`, {
        about: "input",
      });
    return undefined;
  }

  return {
    kind: "stream",
    name,
    read: sniffed(name, read),
    async open() {
      await open().catch((error: Error) => {
        throw new UsageError(error.message, { about: "input" });
      });
    },
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

async function request(url: string, name: string): Promise<Body> {
  // The file as it is: what is packed for the way has another length than its head says.
  const response = await fetch(url, { headers: { "accept-encoding": "identity" } }).catch((error: unknown) => {
    throw new JobError(`Cannot read "${name}": ${reasonOf(error)}`, { about: "input" });
  });
  if (!response.ok)
    throw new JobError(`Cannot read "${name}": the server said ${response.status} ${response.statusText}`.trimEnd(), {
      about: "input",
    });
  const { headers } = response;
  const said = headers.get("content-encoding") === null ? headers.get("content-length") : null;
  // Without a body (204) there is nothing to read.
  const stream = response.body ?? new Blob([]).stream();
  return {
    reader: stream.getReader() as ReadableStreamDefaultReader<Uint8Array>,
    length: said === null ? undefined : Number(said),
  };
}

/** Node tells what has happened only in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { message?: string; code?: string } };
  return cause?.message || cause?.code || message;
}
