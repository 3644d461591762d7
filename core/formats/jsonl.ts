/** JSON lines. */
import { parseJson, printJson } from "../json.ts";
import type { Codec } from "./codec.ts";
import { type Format, NO_ENDS } from "./format.ts";
import { createJsonLines } from "./json-parser/parse-lines.ts";

const LINE_FEED = 10;

export const jsonl: Format = {
  name: "jsonl",
  about: "a JSON value a line",
  extensions: [".jsonl", ".ndjson"],
  input: { cut: "line", separator: LINE_FEED, skipsBlank: true, hint },
  output: { extensions: [], ends: () => NO_ENDS },
};

export const jsonlCodec: Codec = {
  name: "jsonl",
  input: {
    cut: "line",
    separator: LINE_FEED,
    separatorText: "\n",
    skipsEmpty: true,
    trimsReturn: false,
    needsUtf8: true,
    isJson: true,
    isBlank: isBlankLine,
    parse: parseJson,
    createParseLines: ({ text, now, fieldsFor }) => createJsonLines(text, now, fieldsFor),
    createReread: () => (text) => parseJson(text),
  },
  output: { print: printLine, printJson: (json) => `${json}\n`, isJson: true },
};

/** Of any white space: JSON itself has four kinds of it. */
export function isBlankLine(line: string): boolean {
  return line.trim() === "";
}

export function printLine(value: unknown): string | undefined {
  const json = printJson(value);
  return json === undefined ? undefined : `${json}\n`;
}

/** Of an input of another format than its reader was told: only the first record tells. */
function hint({ source, line, raw }: { source: string; line: number; raw: string }): string {
  if (line !== 1) return "";
  const what = source === "-" ? "stdin" : source;
  const text = raw.trim();
  // A value that goes on in the next line, and not a line with a slip in it.
  const goesOn = /[[{,:]$/.test(text);
  if (goesOn && text.startsWith("[")) return `${what} looks like one JSON array, not JSON lines\nAdd --from json`;
  if (goesOn && text.startsWith("{"))
    return `${what} looks like JSON over several lines, not JSON lines\nAdd --from json`;
  const separated = /\.(csv|tsv)$/i.exec(source)?.[1]?.toLowerCase();
  if (separated !== undefined) return `${what} looks like ${separated.toUpperCase()}\nAdd --from ${separated}`;
  if (/^[[{"\d-]/.test(text)) return "";
  return text.includes(",") ? "For CSV add --from csv, for plain lines --from text" : "For plain lines add --from text";
}
