/** Asking a server for what is behind a URL, or for a part of it. */
import { JobError } from "../../../core/errors.ts";
import type { RuntimeName } from "../../../core/platform/runtime.ts";
import { fetchPacked } from "./packed-body.ts";
import { type Resource, withoutSecrets } from "./resource.ts";

export type BodyReader = ReadableStreamDefaultReader<Uint8Array>;

export interface Body {
  readonly reader: BodyReader;
  /** How long the server says it is, packed for the way; undefined where it does not. */
  readonly length: number | undefined;
  /** Set where parts of the same bytes can be asked for. */
  readonly parts: Parts | undefined;
  /** How the server has packed it for the way, in that order: names of RFC 9110, 8.4.1. */
  readonly codings: readonly string[];
}

export interface Parts {
  readonly length: number;
  /** What the server knows these bytes by: for If-Range (RFC 9110, 13.1.5). */
  readonly validator: Validator;
}

interface Validator {
  readonly header: "etag" | "last-modified";
  readonly value: string;
}

/** What may go better the next time. */
export class BrokenConnection extends Error {}

/** @throws {JobError} when it cannot be had */
export async function request(resource: Resource, runtime: RuntimeName): Promise<Body> {
  const { name } = resource;
  const response = await fetchPacked(resource, runtime).catch((error: unknown) => {
    throw cannotRead(name, reasonOf(error));
  });
  if (!response.ok) throw refused(name, response);
  const { headers } = response;
  const codings = codingsIn(headers.get("content-encoding") ?? "");
  const said = headers.get("content-length");
  const length = said === null ? undefined : Number(said);
  const parts = codings.length > 0 ? undefined : partsOf(headers, length);
  return { reader: readerOf(response, resource.ended), length, parts, codings };
}

/**
 * Bytes [from, to) of what has been asked for before.
 * @throws {BrokenConnection} when it may be had later
 * @throws {JobError} when it has changed, or is not given any longer
 */
export async function requestPart(
  { url, name, headers: asked, ended }: Resource,
  { validator, length }: Parts,
  [from, to]: readonly [from: number, to: number],
): Promise<BodyReader> {
  const headers = { ...asked, range: `bytes=${from}-${to - 1}`, "if-range": validator.value };
  const response = await fetch(url, { headers, signal: ended ?? null }).catch((error: unknown) => {
    throw new BrokenConnection(reasonOf(error));
  });
  const { status } = response;
  const isAsked = response.headers.get("content-range") === `bytes ${from}-${to - 1}/${length}`;
  // Some servers do not look at If-Range.
  if (status === 206 && isAsked && isOf(validator, response)) return readerOf(response, ended);
  // Detached: it is not read.
  response.body?.cancel().catch(() => {});
  if (status === 429 || status >= 500) throw new BrokenConnection(`the server said ${status}`);
  if (response.ok) throw cannotRead(name, "it has changed since it was asked for");
  throw refused(name, response);
}

/** Without the name that says that there is none. */
function codingsIn(header: string): string[] {
  return header
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((coding) => coding !== "" && coding !== "identity");
}

export function cannotRead(name: string, why: string): JobError {
  return new JobError(`Cannot read "${name}": ${why}`, { about: "input" });
}

/** Advice for who has called fetch. */
const BUN_ADVICE = / For more information, pass `verbose: true` in the second argument to fetch\(\)$/;

/** Node tells what has happened only in the cause. */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { message?: string; code?: string } };
  return withoutSecrets(cause?.message || cause?.code || message.replace(BUN_ADVICE, ""));
}

function refused(name: string, { status, statusText }: Response): JobError {
  return cannotRead(name, `the server said ${status} ${statusText}`.trimEnd());
}

function readerOf({ body }: Response, ended: AbortSignal | undefined): BodyReader {
  // Without a body (204) there is nothing to read.
  const reader = (body ?? new Blob([]).stream()).getReader() as BodyReader;
  if (ended !== undefined) cancelAtEnd(reader, ended);
  return reader;
}

/** The signal of a fetch alone does not always end its body: a collection of garbage may take what connects the two. */
function cancelAtEnd(reader: BodyReader, ended: AbortSignal): void {
  // Detached: a body that the fetch has ended rejects it.
  const cancel = () => void reader.cancel(ended.reason).catch(() => {});
  const forget = () => ended.removeEventListener("abort", cancel);
  ended.addEventListener("abort", cancel);
  // Detached: what reads the body tells why it broke.
  reader.closed.then(forget, forget);
}

function partsOf(headers: Headers, length: number | undefined): Parts | undefined {
  if (length === undefined || headers.get("accept-ranges") !== "bytes") return undefined;
  const tag = headers.get("etag");
  const header = tag === null || tag.startsWith("W/") ? "last-modified" : "etag";
  const value = headers.get(header);
  return value === null ? undefined : { length, validator: { header, value } };
}

/** Also of a response that does not say it. */
function isOf({ header, value }: Validator, { headers }: Response): boolean {
  return (headers.get(header) ?? value) === value;
}
