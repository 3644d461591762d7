/**
 * `--bigints`: integers that a double cannot hold are BigInts, and BigInts are printed as integers.
 *
 * JSON.parse sees such an integer as a string with a mark. Only text with a long row of digits is looked at so closely.
 */
import { parseJson, printJson } from "../json.ts";
import type { InputCodec, LineCodec, OutputCodec } from "./codec.ts";

const LONG_NUMBER = /\d{16}/;
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const INTEGER = /^-?\d+$/;
/** No text of a user's begins like this. */
const MARK = `\u{f0000}${String(Math.random()).slice(2)}:`;
const PRINTED = new RegExp(`"${MARK}(-?\\d+)"`, "gu");

export function bigIntsOf(text: string): unknown {
  // It throws what is wrong with the text.
  const plain = parseJson(text) as unknown;
  if (!LONG_NUMBER.test(text)) return plain;
  const marked = text.replaceAll(TOKEN, (token) =>
    INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"${MARK}${token}"` : token,
  );
  return unmarked(parseJson(marked));
}

/** Not by a reviver of JSON.parse's: it calls itself for each level, and JSON may be deeper than a stack. */
function unmarked(value: unknown): unknown {
  const root = { value };
  const waiting: object[] = [root];
  for (;;) {
    const holder = waiting.pop() as Record<string, unknown> | undefined;
    if (holder === undefined) return root.value;
    for (const [key, member] of Object.entries(holder)) {
      if (typeof member === "object" && member !== null) waiting.push(member);
      // All members are own ones: a `__proto__` among them, too, is set as any other.
      else if (typeof member === "string" && member.startsWith(MARK)) holder[key] = BigInt(member.slice(MARK.length));
    }
  }
}

export function withBigInts(codec: InputCodec): InputCodec {
  if (codec.cut === "loaded") {
    const lines = withBigInts(codec.lines()) as LineCodec;
    return { ...codec, lines: () => lines };
  }
  if (codec.cut !== "line" || codec.parse !== parseJson) return codec;
  // What parses many lines at once knows nothing of them.
  const { createParseLines: _, ...rest } = codec;
  return { ...rest, parse: bigIntsOf };
}

/** The codec with BigInts as integers, wherever JSON stands in it. */
export function printingBigInts(codec: OutputCodec): OutputCodec {
  return {
    ...codec,
    print(value) {
      try {
        return codec.print(value);
      } catch (error) {
        return codec.printJson(integersIn(value, error));
      }
    },
  };
}

/** A value's JSON, with BigInts as integers. */
export function printBigInts(value: unknown): string | undefined {
  try {
    return printJson(value);
  } catch (error) {
    return integersIn(value, error);
  }
}

/** @throws {unknown} the error with which the value could not be printed, where that was no BigInt's */
function integersIn(value: unknown, error: unknown): string {
  const marked = printJson(value, (_, member: unknown) => (typeof member === "bigint" ? `${MARK}${member}` : member));
  if (marked === undefined || !marked.includes(MARK)) throw error;
  return marked.replaceAll(PRINTED, "$1");
}
