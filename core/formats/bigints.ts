/**
 * `--bigints`: integers that a double cannot hold are BigInts, and BigInts are printed as integers.
 *
 * JSON.parse sees such an integer as a string with a mark. Only text with a long row of digits is looked at so closely.
 */
import { parseJson, printJson } from "../json.ts";
import type { InputFormat } from "./input.ts";
import type { OutputFormat } from "./output.ts";

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
  return parseJson(marked, (_, value: unknown) =>
    typeof value === "string" && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value,
  );
}

export function withBigInts(format: InputFormat): InputFormat {
  return format.parse === parseJson ? { ...format, parse: bigIntsOf } : format;
}

/** The format with BigInts as integers, wherever JSON stands in it. */
export function printingBigInts(format: OutputFormat): OutputFormat {
  return {
    ...format,
    print(value) {
      try {
        return format.print(value);
      } catch (error) {
        const marked = printJson(value, (_, member: unknown) =>
          typeof member === "bigint" ? `${MARK}${member}` : member,
        );
        // It was no BigInt that could not be printed.
        if (marked === undefined || !marked.includes(MARK)) throw error;
        return format.printJson(marked.replaceAll(PRINTED, "$1"));
      }
    },
  };
}
