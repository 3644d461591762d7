/** Values of a program as blocks of JSON lines, no more of them at a time than are asked for. */
import { describeError, JobError } from "../../core/errors.ts";
import { printingBigInts } from "../../core/formats/bigints.ts";
import type { OutputCodec } from "../../core/formats/codec.ts";
import { printLine } from "../../core/formats/jsonl.ts";

/** Characters of a full block; and how long a block that is not full waits for more values, in milliseconds. */
const FULL_CHARACTERS = 64 * 1024;
const WAIT_MS = 10;

type PrintValue = (value: unknown) => string;
type ReadBlock = () => Promise<Uint8Array | undefined>;

/** @returns a function that prints a value as a line. It throws a JobError for one that JSON has no form for. */
export function createValuePrinter(bigints: boolean): PrintValue {
  const lines: OutputCodec = { print: printLine, printJson: (json) => `${json}\n` };
  const format = bigints ? printingBigInts(lines) : lines;
  let count = 0;
  return (value) => {
    count++;
    let why: string;
    try {
      const line = format.print(value);
      if (line !== undefined) return line;
      why = `JSON has no form for ${typeof value === "object" ? "its toJSON" : `a value of type ${typeof value}`}`;
    } catch (error) {
      why = describeError(error);
    }
    throw new JobError(`Cannot send value ${count} of the input: ${why}`, { about: "input" });
  };
}

/** Blocks of values that are there when they are asked for. */
export function readEach(
  iterator: Iterator<unknown>,
  print: PrintValue,
  now: () => number = () => performance.now(),
): ReadBlock {
  const encoder = new TextEncoder();
  let isOver = false;
  return async () => {
    if (isOver) return undefined;
    let block = "";
    const startMs = now();
    // At least one value, however long this process has been kept from running: a block without any is the end.
    do {
      const result = nextOf(iterator);
      if (result.done) isOver = true;
      else block += print(result.value);
    } while (!isOver && block.length < FULL_CHARACTERS && now() - startMs < WAIT_MS);
    return block === "" ? undefined : encoder.encode(block);
  };
}

function nextOf<Result>(iterator: { next(): Result }): Result {
  try {
    return iterator.next();
  } catch (error) {
    throw cannotRead(error);
  }
}

export function cannotRead(error: unknown): JobError {
  return new JobError(`Cannot read the input: it threw ${describeError(error)}`, { about: "input", cause: error });
}

/**
 * Blocks of values that come when they like. While a block is full, nothing more is asked for.
 *
 * There is no promise per value besides the iterator's own: what takes a value asks for the next one (a third less time than
 * with an `await` for each).
 */
export function readValues(iterator: AsyncIterator<unknown>, print: PrintValue): ReadBlock {
  const encoder = new TextEncoder();
  let block = "";
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;
  let isPumping = false;
  /** Called when there is something new to look at: a first value, a full block, the end. */
  let wake = () => {};

  return async () => {
    if (!isPumping && !isFull()) {
      isPumping = true;
      askForNext();
    }
    while (block === "" && !isOver) await change();
    if (block !== "" && !isFull()) await changeWithin(WAIT_MS);
    if (block === "") {
      if (failure !== undefined) throw failure.error;
      return undefined;
    }
    const bytes = encoder.encode(block);
    block = "";
    return bytes;
  };

  function isFull(): boolean {
    return isOver || block.length >= FULL_CHARACTERS;
  }

  function change(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve;
    });
  }

  async function changeWithin(delayMs: number): Promise<void> {
    const timer = setTimeout(() => wake(), delayMs);
    await change();
    clearTimeout(timer);
  }

  function askForNext(): void {
    try {
      // Some iterators answer at once, without a promise.
      const result: unknown = iterator.next();
      if (isThenable(result)) result.then(take, failToRead);
      else void Promise.resolve(result as IteratorResult<unknown>).then(take);
    } catch (error) {
      failToRead(error);
    }
  }

  /** Never throws. Stops at a full block; the next read goes on. */
  function take(result: IteratorResult<unknown>): void {
    const isFirst = block === "";
    try {
      if (result.done) isOver = true;
      else block += print(result.value);
    } catch (error) {
      fail(error);
      return;
    }
    if (isFull()) isPumping = false;
    else askForNext();
    if (isFirst || !isPumping) wake();
  }

  function failToRead(error: unknown): void {
    fail(cannotRead(error));
  }

  function fail(error: unknown): void {
    failure = { error };
    isOver = true;
    isPumping = false;
    wake();
  }
}

function isThenable(value: unknown): value is PromiseLike<IteratorResult<unknown>> {
  return typeof (value as { then?: unknown } | undefined)?.then === "function";
}
