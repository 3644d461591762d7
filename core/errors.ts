/** How a job can fail, and how what was thrown is described. */

import { printJson } from "./json.ts";

/** What an error is about, for programs: people read the message. */
export type Subject = "record" | "rejects" | "script" | "input" | "output" | "usage" | "job";

interface AboutOptions extends ErrorOptions {
  readonly about?: Subject;
}

/** A class of errors is told by this: pmap is several bundles, and each has a class of its own. */
const KIND = Symbol.for("pmap-cli.error");

function isOfKind(value: unknown, kind: string): boolean {
  try {
    return typeof value === "object" && value !== null && (value as { [KIND]?: unknown })[KIND] === kind;
  } catch {
    // What a script throws may throw when it is looked at.
    return false;
  }
}

/** The job has failed. The message is complete: main prints it and exits with 1. */
export class JobError extends Error {
  override readonly name: string = "JobError";
  readonly [KIND] = "job";
  readonly about: Subject;

  constructor(message: string, { about = "job", ...options }: AboutOptions = {}) {
    super(message, options);
    this.about = about;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isOfKind(value, "job");
  }
}

/** The command line (or a script's options) asks for something that can't be: nothing was started, exit 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly [KIND] = "usage";
  readonly about: Subject;

  constructor(message: string, { about = "usage", ...options }: AboutOptions = {}) {
    super(message, options);
    this.about = about;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isOfKind(value, "usage");
  }
}

/** pmap is wrong, not the user. */
export class InternalError extends Error {
  override readonly name = "InternalError";
  readonly [KIND] = "internal";

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isOfKind(value, "internal");
  }
}

/** The user has asked the job to stop, and it has, in order. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly [KIND] = "interrupted";

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isOfKind(value, "interrupted");
  }
}

/** The reader of our stdout has what it wanted, and has gone. That is no failure. */
export class ReaderGone extends Error {
  override readonly name = "ReaderGone";
  readonly [KIND] = "reader gone";

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isOfKind(value, "reader gone");
  }
}

/** What the system says, without what runtimes put around it: the error's code, the system call, the file. */
export function systemReason(message: string): string {
  return message.replace(/^[A-Z]+: /, "").replace(/, \w+( '.*')?$|[:;,]? ?\(os error \d+\).*$/s, "");
}

/** The most causes of causes that are told, and the most errors of one that has several. */
const MAX_CAUSES = 5;
const MAX_ERRORS = 3;

/** `TypeError: x is undefined`, or what was thrown when that is no Error; then what has caused it, a line each. */
export function describeError(error: unknown): string {
  try {
    return describeAll(error);
  } catch {
    return "a value that throws when it is looked at";
  }
}

function describeAll(error: unknown): string {
  const lines = [describeOne(error), ...describeErrors(error)];
  const seen = new Set<unknown>([error]);
  for (let cause = causeOf(error); cause !== undefined && !seen.has(cause); cause = causeOf(cause)) {
    if (seen.size > MAX_CAUSES) break;
    seen.add(cause);
    lines.push(`  caused by ${describeOne(cause)}`, ...describeErrors(cause));
  }
  return lines.join("\n");
}

function causeOf(error: unknown): unknown {
  return isErrorLike(error) ? error.cause : undefined;
}

/** What an AggregateError has gathered. */
function describeErrors(error: unknown): string[] {
  const { errors } = (isErrorLike(error) ? error : {}) as { errors?: unknown };
  if (!Array.isArray(errors)) return [];
  const told = errors.slice(0, MAX_ERRORS).map((each) => `  one of ${errors.length}: ${describeOne(each)}`);
  return errors.length > MAX_ERRORS ? [...told, `  and ${errors.length - MAX_ERRORS} more`] : told;
}

/** Deno names flags of its own, which pmap does not have. */
const DENO_ADVICE = /^Requires (.*), run again with the --allow-[a-z]+ flag$/;

/** TypeScript that is beyond the runtime and comes too late to be compiled: when the script is loaded, a loader sees to it. */
const LATE_IMPORT = /^(Unknown file extension "\.[cm]?tsx?" for .*|TypeScript .* not supported in strip-only mode)$/;

function describeOne(error: unknown): string {
  if (isErrorLike(error)) {
    // A sentence starts with the name even where a script has emptied it.
    const message = error.message
      .replace(DENO_ADVICE, "--sandbox does not allow $1")
      .replace(LATE_IMPORT, "$1\nImport it at the top of the script: pmap can compile it there, and not in a call");
    return message === "" ? error.name || "Error" : `${error.name || "Error"}: ${message}`;
  }
  try {
    return typeof error === "string" ? error : (printJson(error) ?? String(error));
  } catch {
    return String(error);
  }
}

/** Errors of another realm (a vm, a worker) are no instances of ours. */
export function isErrorLike(error: unknown): error is Error {
  return typeof error === "object" && error !== null && typeof (error as Error).message === "string";
}

/**
 * The frames of the user's code, without pmap's and the runtime's own.
 * @param isOwn tells pmap's own frames by their line
 */
export function userStack(error: unknown, isOwn: (line: string) => boolean): string {
  const stack = stackOf(error);
  if (stack === undefined) return "";
  return stack
    .split("\n")
    .filter((line) => isFrame(line) && !isOwn(line) && !RUNTIME_FRAME.test(line))
    .slice(0, 10)
    .map((line) => `    ${inTypedLines(line.trim())}`)
    .join("\n");
}

function stackOf(error: unknown): string | undefined {
  try {
    const stack = isErrorLike(error) ? error.stack : undefined;
    return typeof stack === "string" ? stack : undefined;
  } catch {
    return undefined;
  }
}

/** Code from a flag stands behind three lines of ours, and Deno puts a name of its own between file and line. */
const CODE_FRAME =
  /(?<=[\s(])(-e|(?:--)?(?:filter|key|reduce|initial|merge|finish)|map|setup|teardown)(?:, <anonymous>)?:(\d+)(?=:\d+)/;
const LINES_BEFORE_CODE = 3;

function inTypedLines(frame: string): string {
  return frame.replace(CODE_FRAME, (_, flag: string, line: string) => `${flag}:${Number(line) - LINES_BEFORE_CODE}`);
}

/** The line as it was typed, of code from the command line; any other place's line as it is. */
export function lineOfCode(name: string, line: number): number {
  return CODE_NAME.test(name) ? line - LINES_BEFORE_CODE : line;
}

/** What code from the command line is called where the runtime does not tell its name. */
export const NAMELESS_CODE = "(code)";

const CODE_NAME = /^(\(code\)|-e|(?:--)?(?:filter|key|reduce|initial|merge|finish)|map|setup|teardown)$/;

/** Deno colours the places in its messages, also where there is no terminal. */
export function withoutColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with an escape
  return text.replace(/\x1b\[[\d;]*m/g, "");
}

/** The same text without what would move a terminal's cursor or change its colours. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not pass
  return text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

const RUNTIME_FRAME =
  /node:internal|\bnode:|ext:|\[native code\]|native:|at <parse> \(|\(unknown\)$|^\s*at (new Promise|JSON\.|async Promise|unknown|<anonymous>$|process)/;

function isFrame(line: string): boolean {
  return /^\s+at\s/.test(line);
}
