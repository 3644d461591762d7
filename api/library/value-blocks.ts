/** Values of a program as blocks of JSON lines, no more of them at a time than are asked for. */
import { describeError, JobError } from "../../core/errors.ts";
import { printingBigInts } from "../../core/formats/bigints.ts";
import { OUTPUT_FORMATS } from "../../core/formats/output.ts";

/** Characters of a full block; and how long a block that is not full waits for more values, in milliseconds. */
const FULL_CHARACTERS = 64 * 1024;
const WAIT_MS = 10;

type PrintValue = (value: unknown) => string;
type ReadBlock = () => Promise<Uint8Array | undefined>;

/** @returns a function that prints a value as a line. It throws a JobError for one that JSON has no form for. */
export function createValuePrinter(bigints: boolean): PrintValue {
  const format = bigints ? printingBigInts(OUTPUT_FORMATS.jsonl) : OUTPUT_FORMATS.jsonl;
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
export function readEach(next: () => IteratorResult<unknown>, print: PrintValue): ReadBlock {
  const encoder = new TextEncoder();
  let isOver = false;
  return async () => {
    let block = "";
    const startMs = performance.now();
    while (!isOver && block.length < FULL_CHARACTERS && performance.now() - startMs < WAIT_MS) {
      const result = attempt(next);
      if (result.done) isOver = true;
      else block += print(result.value);
    }
    return block === "" ? undefined : encoder.encode(block);
  };
}

function attempt(next: () => IteratorResult<unknown>): IteratorResult<unknown> {
  try {
    return next();
  } catch (error) {
    throw new JobError(`Cannot read the input: it threw ${describeError(error)}`, { about: "input", cause: error });
  }
}

/** Blocks of values that come when they like. While a block is full, nothing more is asked for. */
export function readValues(next: () => Promise<IteratorResult<unknown>>, print: PrintValue): ReadBlock {
  const encoder = new TextEncoder();
  let block = "";
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;
  let isPumping = false;
  /** Called when there is something new to look at: a first value, a full block, the end. */
  let wake = () => {};

  return async () => {
    if (!isPumping) void pump();
    if (block === "" && !isOver) await change();
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

  /** Never rejects. Stops at a full block; the next read starts it again. */
  async function pump(): Promise<void> {
    isPumping = true;
    try {
      while (!isFull()) {
        const result = await next();
        const isFirst = block === "";
        if (result.done) isOver = true;
        else block += print(result.value);
        if (isFirst || isFull()) wake();
      }
    } catch (error) {
      failure = { error };
      isOver = true;
      wake();
    }
    isPumping = false;
  }
}
