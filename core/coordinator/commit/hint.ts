/** What to do about a record that failed, where its failure tells. */

import type { InputFormatName } from "../../formats/input.ts";
import type { RecordFailure } from "../../protocol/record-failure.ts";

/** @returns one or two lines, or nothing */
export function hintFor(from: InputFormatName, name: string, line: number, failure: RecordFailure): string {
  if (failure.kind === "throw") return importHint(failure);
  return formatHint(from, name, line, failure);
}

function importHint({ message, stack }: RecordFailure): string {
  if (!/ReferenceError: require is not defined|ReferenceError: Can't find variable: require/.test(message)) return "";
  return stack.includes("(-e:") ? "Code from the command line gets a module with -M NAME" : "Use import, not require";
}

/** Bytes FF FE or FE FF as base64 begins. */
const UTF16_MARK = /^(?:\/\/[4-7]|\/v[89+/])/;

/** Of an input of another format than its reader was told: only the first record tells. */
function formatHint(from: InputFormatName, name: string, line: number, failure: RecordFailure): string {
  if (failure.kind === "parse" && failure.base64 === true) {
    if (line === 1 && UTF16_MARK.test(failure.raw)) return "It is UTF-16: add --encoding utf-16";
    return "Is it another encoding? Add it: --encoding windows-1252";
  }
  if (from !== "jsonl" || failure.kind !== "parse" || line !== 1) return "";
  const what = name === "-" ? "stdin" : name;
  const text = failure.raw.trim();
  // A value that goes on in the next line, and not a line with a slip in it.
  const goesOn = /[[{,:]$/.test(text);
  if (goesOn && text.startsWith("[")) return `${what} looks like one JSON array, not JSON lines\nAdd --from json`;
  if (goesOn && text.startsWith("{"))
    return `${what} looks like JSON over several lines, not JSON lines\nAdd --from json`;
  const separated = /\.(csv|tsv)$/i.exec(name)?.[1]?.toLowerCase();
  if (separated !== undefined) return `${what} looks like ${separated.toUpperCase()}\nAdd --from ${separated}`;
  if (/^[[{"\d-]/.test(text)) return "";
  return text.includes(",") ? "For CSV add --from csv, for plain lines --from text" : "For plain lines add --from text";
}
