/** `pmap init [FILE] [--like DATA]`: a commented, typed script that runs as it is. */
import { existsSync, writeFileSync } from "node:fs";
import { extname } from "node:path";
import { printable, reasonOf, UsageError } from "../../api/errors.ts";
import { SCRIPT_OPTIONS } from "../../api/options-table.ts";
import type { CommandContext } from "../command.ts";
import type { Typed } from "../flags/parse.ts";
import { type Look, look, nameText, parseLook, sampleText, typeOfSample } from "./look.ts";

const DEFAULT_NAME = "script.ts";
/** What code it writes is TypeScript. */
const EXTENSIONS = [".ts", ".mts"];

/** @throws {UsageError} for a file that is there already, and data that cannot be read */
export async function init(words: readonly string[], context: CommandContext): Promise<string> {
  const { like, rest } = takeLike(words);
  const typed = parseLook(rest, "init");
  const [path = DEFAULT_NAME, ...more] = typed.words;
  if (more.length > 0)
    throw new UsageError(`Cannot use "${more[0]}": init writes one file\nThe data: --like ${more[0]}`);
  if (path !== "-") check(path);
  if (like === undefined && typed.flags.size > 0)
    throw new UsageError("Cannot use flags for reading without --like: there is nothing to read");
  const found = like === undefined ? undefined : await look({ ...typed, words: [like] }, context);
  const text = scriptText(found, typed, path);
  if (path === "-") return text;
  try {
    // Another program may have made it meanwhile.
    writeFileSync(path, text, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw exists(path);
    throw new UsageError(`Cannot write "${path}": ${reasonOf(error)}`);
  }
  const data = like === undefined || like === "-" ? "data.jsonl" : like;
  return printable(`Wrote ${path}. To run it:\n\n  pmap --limit 3 ${quoted(path)} ${quoted(data)}`);
}

/** `--like DATA` is no flag of a job. */
function takeLike(words: readonly string[]): { like: string | undefined; rest: string[] } {
  const rest: string[] = [];
  let like: string | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === "--like") {
      like = words[++i];
      if (like === undefined) throw new UsageError('Cannot use "--like": it needs a value: FILE');
    } else if (word.startsWith("--like=")) like = word.slice("--like=".length);
    else rest.push(word);
  }
  return { like, rest };
}

function check(path: string): void {
  if (!EXTENSIONS.includes(extname(path)))
    throw new UsageError(`Cannot write "${path}": init writes TypeScript\nName it with .ts, or say - for stdout`);
  if (existsSync(path)) throw exists(path);
}

function exists(path: string): UsageError {
  return new UsageError(`Cannot write "${path}": it is there already\nName another file, or remove it`);
}

function scriptText(found: Look | undefined, typed: Typed, path: string): string {
  const name = path === "-" ? DEFAULT_NAME : path;
  const data = found === undefined ? "data.jsonl" : nameText(found.sample.name);
  const parts = [
    `/**\n * What to do with each record of ${comment(data)}:  pmap ${comment(name)} ${comment(data === "stdin" ? "-" : data)}\n * The editor finds the types after: npm install --save-dev pmap-cli\n */\nimport type { Context } from "pmap-cli";`,
    found === undefined
      ? "/** A record of the input. `pmap init --like DATA` writes this type after the data. */\ntype Row = any;"
      : `/** The type of ${comment(sampleText(found.sample))}${found.sample.isWhole ? "" : ": others may have other fields"}. */\n${typeOfSample(found.sample)}`,
    MAP,
    optionsText(typed),
    MORE,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

const MAP = `/**
 * Called for each record, on all cores. What it returns is printed; undefined prints nothing. It may be async, or a
 * generator (\`function*\`), of which each value that it yields is printed.
 */
export default function map(row: Row, ctx: Context) {
  // Counters are summed over all workers, and shown at the end.
  ctx.count("records");
  return row;
}`;

const MORE = `// Only records for which it returns true are mapped:
// export const filter = (row: Row): boolean => true;

// One answer out of all values, instead of a line each. It has to be associative: (a + b) + c is a + (b + c).
// export const reduce = (a: number, b: number): number => a + b;

// More: pmap help script`;

/** How the data is read, where flags say so: the script then needs none. */
function optionsText({ flags }: Typed): string {
  const entries = [...flags].filter(
    ([name]) => (SCRIPT_OPTIONS as readonly string[]).includes(name) && name !== "limit",
  );
  const said = entries.map(([name, value]) => {
    const option = name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    return `${option}: ${JSON.stringify(value)}`;
  });
  return said.length === 0
    ? '// Defaults for flags:\n// export const options = { concurrency: 50, onError: "skip" };'
    : `/** Defaults for flags. */\nexport const options = { ${said.join(", ")} };`;
}

/** A name must not end a comment. */
function comment(text: string): string {
  return printable(text).replaceAll("*/", "*\\/").replaceAll("\n", " ");
}

/** A word of a shell. */
function quoted(word: string): string {
  return /^[\w./:@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
