/** Output formats: how a value is printed, and what stands around all of them. */

import { printJson } from "../json.ts";

export type OutputFormatName = "jsonl" | "json" | "csv" | "tsv" | "text" | "nul";

export interface OutputFormat {
  readonly name: OutputFormatName;
  /**
   * Prints one value with its separator; undefined when the value has no form (a function), and then nothing is emitted.
   * @throws {TypeError} for what JSON cannot carry (BigInt, a cycle).
   */
  readonly print: (value: unknown) => string | undefined;
  /** What stands for a value of which the JSON is known. */
  readonly printJson: (json: string) => string;
  /** Written before the first and after the last value, also where there is none. */
  readonly head: string;
  readonly tail: string;
  readonly emptyTail: string;
  /** How many bytes at the front of the very first value are a separator too many. */
  readonly firstTrim: number;
}

/** Nothing stands around the bytes of an output that is compressed. */
export const WITHOUT_ENDS: OutputFormat = {
  name: "text",
  print: () => undefined,
  printJson: (json) => json,
  head: "",
  tail: "",
  emptyTail: "",
  firstTrim: 0,
};

const line = (json: string) => `${json}\n`;

function printLine(value: unknown): string | undefined {
  const json = printJson(value);
  return json === undefined ? undefined : `${json}\n`;
}

const element = (json: string) => `,\n${json}`;

/** An element brings the comma before it, so that a chunk's bytes do not depend on the chunks after it. */
function printElement(value: unknown): string | undefined {
  const json = printJson(value);
  return json === undefined ? undefined : `,\n${json}`;
}

function printText(end: string): (value: unknown) => string | undefined {
  return (value) => {
    const text = typeof value === "string" ? value : printJson(value);
    return text === undefined ? undefined : text + end;
  };
}

const plain = { head: "", tail: "", emptyTail: "", firstTrim: 0 };

export const OUTPUT_FORMATS: Readonly<Record<OutputFormatName, OutputFormat>> = {
  jsonl: { ...plain, name: "jsonl", print: printLine, printJson: line },
  json: {
    name: "json",
    print: printElement,
    printJson: element,
    head: "[",
    tail: "\n]\n",
    emptyTail: "]\n",
    firstTrim: 1,
  },
  // What it prints depends on columns: csv/format.ts has the whole of it.
  csv: { ...plain, name: "csv", print: printLine, printJson: line },
  tsv: { ...plain, name: "tsv", print: printLine, printJson: line },
  text: { ...plain, name: "text", print: printText("\n"), printJson: line },
  nul: { ...plain, name: "nul", print: printText("\0"), printJson: (json) => `${json}\0` },
};
