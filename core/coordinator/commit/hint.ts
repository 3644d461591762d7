/** What to do about a record that failed, where its failure tells. */

import type { InputFormatName } from "../../formats/input.ts";
import type { RecordFailure } from "../../protocol/record-failure.ts";

/** How compressed files begin, in base64, and what unpacks them. */
const COMPRESSED = [
  { begin: "H4s", name: "gzip", program: "zcat" },
  { begin: "KLUv", name: "zstd", program: "zstdcat" },
  { begin: "Qlpo", name: "bzip2", program: "bzcat" },
  { begin: "/Td6WFo", name: "xz", program: "xzcat" },
];

/** @returns one or two lines, or nothing */
export function hintFor(from: InputFormatName, name: string, line: number, failure: RecordFailure): string {
  if (failure.kind === "throw") return importHint(failure);
  return formatHint(from, name, line, failure);
}

function importHint({ message, stack }: RecordFailure): string {
  if (!/ReferenceError: require is not defined|ReferenceError: Can't find variable: require/.test(message)) return "";
  return stack.includes("(-e:") ? "Code from the command line gets a module with -M NAME" : "Use import, not require";
}

/** Of an input of another format than its reader was told: only the first record tells. */
function formatHint(from: InputFormatName, name: string, line: number, failure: RecordFailure): string {
  if (from !== "jsonl" || failure.kind !== "parse" || line !== 1) return "";
  const what = name === "-" ? "stdin" : name;
  const piped = (program: string) => `Try: ${program}${name === "-" ? "" : ` ${shellWord(name)}`} | pmap ...`;
  if (failure.base64 === true) {
    const packed = COMPRESSED.find(({ begin }) => failure.raw.startsWith(begin));
    return packed === undefined ? "" : `${what} is compressed (${packed.name})\n${piped(packed.program)}`;
  }
  const text = failure.raw.trim();
  // A value that goes on in the next line, and not a line with a slip in it.
  const goesOn = /[[{,:]$/.test(text);
  if (goesOn && text.startsWith("["))
    return `${what} looks like one JSON array, not JSON lines\n${piped("jq -c '.[]'")}`;
  if (goesOn && text.startsWith("{"))
    return `${what} looks like JSON over several lines, not JSON lines\n${piped("jq -c .")}`;
  const separated = /\.(csv|tsv)$/i.exec(name)?.[1]?.toLowerCase();
  if (separated !== undefined) return `${what} looks like ${separated.toUpperCase()}\nAdd --from ${separated}`;
  if (/^[[{"\d-]/.test(text)) return "";
  return text.includes(",") ? "For CSV add --from csv, for plain lines --from text" : "For plain lines add --from text";
}

function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
