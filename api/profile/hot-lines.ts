/** The lines of the script that took the most time. */
import { readFileSync, statSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { NAMELESS_CODE } from "../../core/errors.ts";
import type { CodePlace } from "../../core/platform/cpu-sampler.ts";
import type { Call, CallTree } from "../../core/protocol/call-tree.ts";
import type { ScriptSource } from "../options.ts";

export interface HotLines {
  /** Time in the script and in what it called of the runtime, in all workers; and the rest that was no waiting. */
  readonly scriptMs: number;
  readonly otherMs: number;
  readonly lines: readonly HotLine[];
}

export interface HotLine {
  /** `score.ts:14`; without a number where the line is not known. */
  readonly place: string;
  readonly ms: number;
  /** Of `scriptMs`. */
  readonly share: number;
  readonly functionName: string;
  /** What the function called of the runtime, where that took the time: `stringify`. */
  readonly called?: string;
  /** The line as it is written, where the file can be read. */
  readonly text?: string;
}

interface Hot extends Pick<HotLine, "functionName" | "called"> {
  readonly url: string;
  readonly line: number;
  micros: number;
}

const MOST_LINES = 10;
const MOST_TEXT_CHARACTERS = 120;
/** A larger file is no script that a person looks at. */
const MOST_FILE_BYTES = 4 * 1024 * 1024;

export function hotLines({ root }: CallTree, script: Pick<ScriptSource, "code" | "codeNames">): HotLines {
  const hot = new Map<string, Hot>();
  const functions = new Map<string, CodePlace[]>();
  let inScript = 0;
  let other = 0;
  const add = (place: CodePlace, line: number, micros: number, called?: string) => {
    const { url, name } = place;
    const key = `${url}\n${line}\n${called ?? ""}`;
    const there = hot.get(key);
    if (there === undefined) hot.set(key, { url, line, functionName: name, ...(called && { called }), micros });
    else there.micros += micros;
  };
  /** @param owner the script's function that the call is in */
  const look = (call: Call, owner: CodePlace | undefined) => {
    const { place, micros } = call;
    const own = place.url === "" ? owner : place;
    if (own === place) functions.set(place.url, [...(functions.get(place.url) ?? []), place]);
    if (own === undefined) other += micros;
    else {
      inScript += micros;
      if (own !== place) add(own, own.line, micros, place.name);
      else for (const [line, part] of linesOf(call)) add(own, line, part);
    }
    for (const inner of call.calls.values()) look(inner, own);
  };
  look(root, undefined);
  const hottest = [...hot.values()].sort((a, b) => b.micros - a.micros).slice(0, MOST_LINES);
  const textOf = reader(script);
  const onlyCode = onlyCodeOf(script);
  return {
    scriptMs: inScript / 1000,
    otherMs: other / 1000,
    lines: hottest.map(({ url, line, functionName, called, micros }) => {
      const name = url === NAMELESS_CODE && onlyCode !== undefined ? onlyCode : url;
      const text = textOf(name, line);
      return {
        place: placeText(name, line),
        ms: micros / 1000,
        share: micros / inScript,
        functionName: called === undefined ? functionAt(line, functions.get(url)) : functionName,
        ...(called === undefined ? {} : { called }),
        ...(text === undefined ? {} : { text }),
      };
    }),
  };
}

/** V8 counts what it has inlined for the caller: it is the function that begins above the line and nearest to it. */
function functionAt(line: number, functions: readonly CodePlace[] = []): string {
  let nearest: CodePlace | undefined;
  for (const place of functions)
    if (place.line <= line && (nearest === undefined || place.line >= nearest.line)) nearest = place;
  return (nearest ?? functions[0])?.name ?? "(anonymous)";
}

/** Its name, where there is one code from the command line only. */
function onlyCodeOf({ code, codeNames }: Pick<ScriptSource, "code" | "codeNames">): string | undefined {
  const [name, ...others] = Object.keys(code);
  return name === undefined || others.length > 0 ? undefined : (codeNames?.[name] ?? name);
}

/** What a function itself took, by its lines. Bun knows the lines of some ticks only: the others are taken to be spread like those. */
function linesOf({ place, micros, lines }: Call): [line: number, micros: number][] {
  if (micros === 0) return [];
  const placed = [...lines].reduce((sum, [, n]) => sum + n, 0);
  return placed === 0 ? [[place.line, micros]] : [...lines].map(([line, n]) => [line, (micros * n) / placed]);
}

function placeText(url: string, line: number): string {
  const name = nameOf(url);
  return line > 0 ? `${name}:${line}` : name;
}

function nameOf(url: string): string {
  const path = pathOf(url);
  if (path === undefined) return url;
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? path : near;
}

function pathOf(url: string): string | undefined {
  if (url.startsWith("/")) return url;
  try {
    return url.startsWith("file:") ? fileURLToPath(url) : undefined;
  } catch {
    return undefined;
  }
}

/** Reads lines of files and of code from the command line. */
function reader({ code, codeNames }: Pick<ScriptSource, "code" | "codeNames">) {
  const files = new Map<string, readonly string[]>();
  for (const [name, text] of Object.entries(code)) files.set(codeNames?.[name] ?? name, text.split("\n"));
  return (url: string, line: number): string | undefined => {
    let lines = files.get(url);
    if (lines === undefined) {
      lines = linesOfFile(pathOf(url));
      files.set(url, lines);
    }
    const text = lines[line - 1]?.trim();
    return text !== undefined && text.length > MOST_TEXT_CHARACTERS ? `${text.slice(0, MOST_TEXT_CHARACTERS)}…` : text;
  };
}

function linesOfFile(path: string | undefined): readonly string[] {
  try {
    if (path === undefined || statSync(path).size > MOST_FILE_BYTES) return [];
    return readFileSync(path, "utf8").split("\n");
  } catch {
    return [];
  }
}
