/** JSON: values and arrays over any number of lines, which are read as JSON lines; an array that is written. */
import { parseJson, printJson } from "../json.ts";
import { beginsWithObjects } from "./begins-with-object.ts";
import type { Codec, LineCodec } from "./codec.ts";
import type { Format } from "./format.ts";
import { jsonlCodec } from "./jsonl.ts";

export const json: Format = {
  name: "json",
  about: "elements of arrays, values over lines",
  extensions: [".json", ".geojson"],
  whyLines: (begin) => (beginsWithObjects(begin) ? "by the first lines" : undefined),
  input: { cut: "converted", into: "jsonl" },
  output: {
    extensions: [".json"],
    ofMany: true,
    ends: () => ({ head: "[", tail: "\n]\n", emptyTail: "]\n", firstTrim: 1 }),
  },
};

export const jsonCodec: Codec = {
  name: "json",
  // Of files that are arrays: all else is made JSON lines of before a worker gets it.
  input: {
    cut: "loaded",
    needsUtf8: true,
    createReread: () => (text) => parseJson(text),
    lines: valueLines,
    async load() {
      const { arrayCodec } = await import("./json-splitter/array-codec.ts");
      return arrayCodec;
    },
  },
  output: { print: printElement, printJson: (text) => `,\n${text}`, isJson: true },
};

/** Lines that have been made of values: what is white space to others, but not to JSON, is a value that cannot be read. */
export function valueLines(): LineCodec {
  return { ...(jsonlCodec.input as LineCodec), isBlank: (line) => !/[^ \t\r]/.test(line) };
}

/** An element brings the comma before it, so that a chunk's bytes do not depend on the chunks after it. */
function printElement(value: unknown): string | undefined {
  const text = printJson(value);
  return text === undefined ? undefined : `,\n${text}`;
}
