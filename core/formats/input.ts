/** Input formats: where a record ends and what is made of its text. One table; the loop that uses it is in cursor.ts. */

import { parseJson } from "../json.ts";

export type InputFormatName = "jsonl" | "csv" | "tsv" | "text" | "nul" | "bytes" | "file" | "rejects";

export interface InputFormat {
  readonly name: InputFormatName;
  /** The byte that ends a record, as a number and as a string. */
  readonly separator: number;
  readonly separatorText: string;
  /** An empty line is no record (JSONL) or an empty one (text). */
  readonly skipsEmpty: boolean;
  /** A carriage return before the separator belongs to the separator. JSON ignores it anyway. */
  readonly trimsReturn: boolean;
  /** Text that is not UTF-8 is a reject (JSONL) or read with U+FFFD (text). */
  readonly needsUtf8: boolean;
  /** @throws {SyntaxError} when the text is not a record. */
  readonly parse: (text: string) => unknown;
}

const asItIs = (text: string): unknown => text;

export const INPUT_FORMATS: Readonly<Record<InputFormatName, InputFormat>> = {
  jsonl: {
    name: "jsonl",
    separator: 10,
    separatorText: "\n",
    skipsEmpty: true,
    trimsReturn: false,
    needsUtf8: true,
    parse: parseJson,
  },
  csv: csvFormat("csv"),
  tsv: csvFormat("tsv"),
  text: {
    name: "text",
    separator: 10,
    separatorText: "\n",
    skipsEmpty: false,
    trimsReturn: true,
    needsUtf8: false,
    parse: asItIs,
  },
  nul: {
    name: "nul",
    separator: 0,
    separatorText: "\0",
    skipsEmpty: false,
    trimsReturn: false,
    needsUtf8: false,
    parse: asItIs,
  },
  // A whole chunk of lines is one record: the script parses the bytes itself.
  bytes: {
    name: "bytes",
    separator: 10,
    separatorText: "\n",
    skipsEmpty: false,
    trimsReturn: false,
    needsUtf8: false,
    parse: asItIs,
  },
  // A file is a record (file-cursor.ts); of one in an errors file the record is read again.
  file: {
    name: "file",
    separator: 10,
    separatorText: "\n",
    skipsEmpty: true,
    trimsReturn: false,
    needsUtf8: true,
    parse: parseJson,
  },
  // Lines of an errors file; what stands in them is read as it would have been in its source (rejects.ts).
  rejects: {
    name: "rejects",
    separator: 10,
    separatorText: "\n",
    skipsEmpty: true,
    trimsReturn: false,
    needsUtf8: true,
    parse: parseJson,
  },
};

/** Its records are found and parsed by what stands in csv/: a line end alone does not end one. */
function csvFormat(name: "csv" | "tsv"): InputFormat {
  return {
    name,
    separator: 10,
    separatorText: "\n",
    skipsEmpty: true,
    trimsReturn: true,
    needsUtf8: true,
    parse: asItIs,
  };
}
