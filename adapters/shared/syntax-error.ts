/** A syntax error in the one form: what it is, where it is, and the line with a caret. Each compiler tells it in its own way. */
import { codeFrame } from "./code-frame.ts";

export interface SyntaxPlace {
  readonly message: string;
  /** A path or a URL. */
  readonly file: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  /** The line's text, where it is known. */
  readonly text?: string | undefined;
  /** The column in `text`, where that is not the whole line. */
  readonly caret?: number;
}

interface Told {
  readonly name?: string;
  readonly message?: string;
  readonly stack?: string;
  /** Bun's, which are several where a module has several errors. */
  readonly errors?: readonly (Told | undefined)[];
  readonly position?: { file: string; line: number; column: number; lineText: string } | null;
}

/** esbuild's, and so tsx's: columns from 0. */
const ESBUILD = /^Transform failed with \d+ errors?:\n(.+?):(\d+):(\d+): ERROR: (.*)/;
/** Deno's: the place stands in the message, behind the line where the parser has found it. */
const DENO = /^(?:SyntaxError: )?([^\n]*?)(?:\n[\s\S]*?)?\s+at (\w+:\S+):(\d+):(\d+)$/;
/** Node's: the place stands before the stack. */
const NODE = /^(\S[^\n]*):(\d+)\n([\s\S]*?)\n( *)\^+\n\s*SyntaxError/;

/** Where a module cannot be compiled or linked, as far as the error itself tells. */
export function syntaxPlace(error: unknown): SyntaxPlace | undefined {
  const told = (typeof error === "object" && error !== null ? error : {}) as Told;
  const { message = "", stack = "", position, errors } = told;
  if (Array.isArray(errors) && errors.length > 0 && errors[0]?.position != null) return syntaxPlace(errors[0]);
  // A module that is not found has a position, too.
  if (position != null && told.name === "BuildMessage") return { ...position, message, text: position.lineText };
  const [, path, atLine, atColumn, what = ""] = ESBUILD.exec(message) ?? [];
  if (path !== undefined) return { message: what, file: path, line: Number(atLine), column: Number(atColumn) + 1 };
  const [, plain = "", url, line, column] = /SyntaxError/.test(stack) ? (DENO.exec(message) ?? []) : [];
  if (url !== undefined) {
    return { message: plain, file: url, line: Number(line), column: Number(column), ...shownByDeno(message) };
  }
  const [, file, number, before = "", indent = ""] = NODE.exec(stack) ?? [];
  if (file === undefined) return undefined;
  return { message, file, line: Number(number), column: indent.length + 1, text: before.split("\n").at(-1) };
}

/** Deno cuts long lines, and counts a tab as two columns where it tells the place, but as one where it shows it. */
function shownByDeno(message: string): Partial<SyntaxPlace> {
  const [, text, indent = ""] = /^ *\d+ \| (.*)\n *\| ( *)~/m.exec(message) ?? [];
  if (text === undefined) return {};
  const caret = indent.length + 1;
  return text.startsWith("...") ? { text, caret } : { text, column: caret };
}

export function describePlace(place: SyntaxPlace | undefined): string | undefined {
  if (place === undefined) return undefined;
  const { message, file, line, column, text, caret = column } = place;
  const path = file.startsWith("file:") ? decodeURIComponent(new URL(file).pathname) : file;
  const lines = [`SyntaxError: ${message}`, `    at ${path}:${line}:${column}`];
  if (text === undefined || caret > text.length + 1) return lines.join("\n");
  return [...lines, ...codeFrame(text, caret)].join("\n");
}
