/** What to do about a record that failed, where its failure tells. */

import type { InputFormat } from "../../formats/format.ts";
import type { RecordFailure } from "../../protocol/record-failure.ts";

/** @returns one or two lines, or nothing */
export function hintFor(input: InputFormat, name: string, line: number, failure: RecordFailure): string {
  if (failure.kind === "throw") return importHint(failure);
  if (failure.damaged === true) return "Get the file again: what comes behind the damage cannot be trusted";
  return formatHint(input, name, line, failure);
}

function importHint({ message, stack }: RecordFailure): string {
  if (!/ReferenceError: require is not defined|ReferenceError: Can't find variable: require/.test(message)) return "";
  return stack.includes("(-e:") ? "Code from the command line gets a module with -M NAME" : "Use import, not require";
}

/** Bytes FF FE or FE FF as base64 begins. */
const UTF16_MARK = /^(?:\/\/[4-7]|\/v[89+/])/;

/** Of an input in another encoding, or of another format than its reader was told. */
function formatHint({ hint }: InputFormat, source: string, line: number, failure: RecordFailure): string {
  if (failure.kind !== "parse") return "";
  if (failure.base64 === true) {
    if (line === 1 && UTF16_MARK.test(failure.raw)) return "It is UTF-16: add --encoding utf-16";
    return "Is it another encoding? Add it: --encoding windows-1252";
  }
  return hint?.({ source, line, raw: failure.raw }) ?? "";
}
