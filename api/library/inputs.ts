/** From what a program gives as input to what a job reads. */
import { fileURLToPath } from "node:url";
import { sniffed } from "../../adapters/system/decompress.ts";
import type { StreamSource } from "../../core/coordinator/job/source.ts";
import { JobError, UsageError } from "../../core/errors.ts";
import type { NumberRange } from "../../core/formats/codec.ts";
import type { JobInput } from "../options.ts";
import { wrongType } from "../typed-values.ts";
import { parseRange } from "../values.ts";
import { createPiecesEncoder } from "./text-encoder.ts";
import type { FilesInput, Input, RangeInput } from "./types.ts";
import { cannotRead, createValuePrinter, readEach, readValues } from "./value-blocks.ts";

/** What an input comes to. */
export interface OpenedInput {
  readonly inputs: readonly JobInput[];
  readonly range: NumberRange | undefined;
  /** The program gives values, which travel as JSON lines. */
  readonly isOfValues: boolean;
  /** No more of it is wanted. Never rejects. */
  close(): void;
}

/** How messages name them, with the number of a value or line: `values:17`. */
const VALUES = "values";
const STREAM = "stream";

/** @throws {UsageError} for what is no input */
export function openInput(input: Input, bigints: boolean): OpenedInput {
  if (typeof input === "string" || input instanceof URL) return openFiles([input]);
  if (typeof input !== "object" || input === null) throw noInput(input);
  if ("files" in input) return openFiles(checkedFiles(input as FilesInput));
  if ("range" in input) {
    const range = checkedRange(input as RangeInput);
    return { inputs: [], range: parseRange(range.join("..")), isOfValues: false, close: () => {} };
  }
  if (Symbol.iterator in input) {
    const iterator = opened(() => (input as Iterable<unknown>)[Symbol.iterator]());
    return openValues(iterator, readEach(iterator, createValuePrinter(bigints)));
  }
  const iterator = opened(() => iteratorOf(input));
  if (iterator === undefined) throw noInput(input);
  const isStream = "getReader" in input || "readableObjectMode" in input;
  const isObjectMode = (input as { readableObjectMode?: boolean }).readableObjectMode === true;
  if (isStream && !isObjectMode) return openStream(iterator, bigints);
  return openValues(iterator, readValues(iterator, isObjectMode ? noBytes(bigints) : createValuePrinter(bigints)));
}

/** What is in use already cannot be iterated. */
function opened<Iterator>(open: () => Iterator): Iterator {
  try {
    return open();
  } catch (error) {
    throw cannotRead(error);
  }
}

/** For a stream of values: bytes in it are hardly meant as values, which they are in JSON. */
function noBytes(bigints: boolean): (value: unknown) => string {
  const print = createValuePrinter(bigints);
  return (value) => {
    if (!(value instanceof Uint8Array)) return print(value);
    throw new JobError(
      "Cannot read the input: a stream in object mode has brought bytes\n" +
        "Make it one of bytes, or of values: Readable.from(chunks, { objectMode: false })",
      { about: "input" },
    );
  };
}

function noInput(input: unknown): UsageError {
  const found = input === null ? "null" : typeof input;
  return new UsageError(
    `Cannot read the input: it is ${found === "object" ? "an object that cannot be iterated" : found}\n` +
      "Give a path, { files: [...] }, { range: [from, to] }, a stream or an iterable of values",
    { about: "input" },
  );
}

function checkedFiles({ files }: FilesInput): FilesInput["files"] {
  if (Array.isArray(files) && files.every((file) => typeof file === "string" || file instanceof URL)) return files;
  throw wrongType("{ files } as the input", "an array of paths and URLs", files);
}

function checkedRange({ range }: RangeInput): RangeInput["range"] {
  if (Array.isArray(range) && range.every((each) => typeof each === "number" || typeof each === "bigint")) return range;
  throw wrongType("{ range } as the input", "[from, to] or [from, to, step]", range);
}

function openFiles(files: readonly (string | URL)[]): OpenedInput {
  const inputs = files.map((file) => (file instanceof URL ? nameOf(file) : file));
  return { inputs, range: undefined, isOfValues: false, close: () => {} };
}

/** What the command line would say: a path, or the URL of something elsewhere. */
export function nameOf(url: URL): string {
  return url.protocol === "file:" ? fileURLToPath(url) : url.href;
}

type ReadBlock = StreamSource["read"];
type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

function iteratorOf(input: object): AsyncIterator<unknown> | undefined {
  if (Symbol.asyncIterator in input) return (input as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  if (!("getReader" in input)) return undefined;
  // A web stream where those cannot be iterated.
  const reader = (input as ReadableStream<unknown>).getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    async return() {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}

function valuesOf(iterator: AsyncIterator<unknown>, bigints: boolean): ReadBlock {
  return readValues(iterator, createValuePrinter(bigints));
}

function openValues(iterator: AnyIterator, read: ReadBlock): OpenedInput {
  return openSource({ kind: "stream", name: VALUES, read }, iterator, true);
}

/** The first chunk tells whether a stream is one of bytes (text is) or of values. */
async function openedStream(iterator: AsyncIterator<unknown>, bigints: boolean): Promise<ReadBlock> {
  const first = await next(iterator);
  const whole = withFirst(first, iterator);
  const isBytes = first.done === true || typeof first.value === "string" || first.value instanceof Uint8Array;
  return isBytes ? readBytes(whole) : valuesOf(whole, bigints);
}

function openStream(iterator: AsyncIterator<unknown>, bigints: boolean): OpenedInput {
  let reading: Promise<ReadBlock> | undefined;
  const ending = new AbortController();
  const bytes = async () => {
    reading ??= openedStream(iterator, bigints);
    return (await reading)();
  };
  const read = sniffed(STREAM, bytes, { ended: ending.signal });
  const opened = openSource({ kind: "stream", name: STREAM, read }, iterator, false);
  return {
    ...opened,
    close() {
      ending.abort();
      opened.close();
    },
  };
}

function openSource(source: StreamSource, iterator: AnyIterator, isOfValues: boolean): OpenedInput {
  let isOpen = true;
  return {
    inputs: [source],
    range: undefined,
    isOfValues,
    close() {
      if (!isOpen) return;
      isOpen = false;
      try {
        // Detached: a generator in the middle of something ends when that has.
        void Promise.resolve(iterator.return?.()).catch(() => {});
      } catch {
        // The job has its result: what a program's own iterator has to say of its end is not part of it.
      }
    },
  };
}

async function next(iterator: AsyncIterator<unknown>): Promise<IteratorResult<unknown>> {
  try {
    return await iterator.next();
  } catch (error) {
    throw cannotRead(error);
  }
}

function withFirst(first: IteratorResult<unknown>, iterator: AsyncIterator<unknown>): AsyncIterator<unknown> {
  let isFirst = true;
  return {
    next() {
      if (!isFirst) return iterator.next();
      isFirst = false;
      return Promise.resolve(first);
    },
  };
}

function readBytes(iterator: AsyncIterator<unknown>): ReadBlock {
  const text = createPiecesEncoder();
  return async () => {
    const { done, value } = await next(iterator);
    if (done) return text.rest();
    if (typeof value === "string") return text.encode(value);
    if (value instanceof Uint8Array) return behind(text.rest(), value);
    throw new JobError("Cannot read the input: a stream of bytes has brought something else", { about: "input" });
  };
}

function behind(rest: Uint8Array | undefined, bytes: Uint8Array): Uint8Array {
  return rest === undefined ? bytes : Buffer.concat([rest, bytes]);
}
