/** What a person is shown below the message of a job that failed: the line of the script, and what to do next. */
import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { codeFrame } from "../adapters/shared/code-frame.ts";
import { RecordError } from "../core/coordinator/job/job.ts";
import { JobError } from "../core/errors.ts";
import type { JobOptions } from "./options.ts";

/** A frame of a stack: `at nameOf (/home/ada/score.ts:6:20)`, `at /home/ada/score.ts:6:20`, `at eval (-e:1:10)`. */
const FRAME = /^\s+at (?:.*\()?((?:file:\/\/)?\/[^()]+|-e|--\w+):(\d+):(\d+)\)?$/;
/** No other file is read: what a record says may look like a frame. */
const CODE_FILE = /\.[cm]?[jt]sx?$/;
/** A larger file is none that a person looks at. */
const MOST_FILE_BYTES = 4 * 1024 * 1024;

const SKIP = "To go on without such records: --on-error skip --errors rejects.jsonl";

/** Up to three lines. */
export function failureDetails(error: unknown, plan: Pick<JobOptions, "script">): string[] {
  if (!(error instanceof JobError)) return [];
  const isRecord = error instanceof RecordError;
  const stack = isRecord ? error.reject.failure.stack : error.message;
  return [...frameOf(stack, plan), ...(isRecord && !saysWhatToDo(error) ? [SKIP] : [])];
}

/** Of the first frame that is code of the user's; where it does not compile, the line has been shown. */
function frameOf(stack: string, { script }: Pick<JobOptions, "script">): string[] {
  if (/^\s*\^$/m.test(stack)) return [];
  for (const frame of stack.split("\n")) {
    const [, file, line, column] = FRAME.exec(frame) ?? [];
    if (file === undefined || file.includes("/node_modules/")) continue;
    const text = (codeNamed(file, script) ?? codeIn(file))?.split("\n")[Number(line) - 1]?.trimEnd();
    if (text !== undefined && Number(column) <= text.length + 1) return codeFrame(text, Number(column), `${line} | `);
    return [];
  }
  return [];
}

function codeNamed(flag: string, { code, codeNames }: JobOptions["script"]): string | undefined {
  const name = Object.keys(code).find((export_) => (codeNames?.[export_] ?? export_) === flag);
  return name === undefined ? undefined : code[name];
}

function codeIn(file: string): string | undefined {
  try {
    const path = file.startsWith("file:") ? fileURLToPath(file) : file;
    const isCode = CODE_FILE.test(path) && statSync(path).size <= MOST_FILE_BYTES;
    return isCode ? readFileSync(path, "utf8") : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the message names a flag, or there is a hint between it and the stack. */
function saysWhatToDo({ message, reject: { failure } }: RecordError): boolean {
  if (/(^|\s)--[a-z]/.test(failure.message)) return true;
  const rest = message.slice(message.indexOf(failure.message) + failure.message.length);
  return rest.replace(failure.stack, "").trim() !== "";
}
