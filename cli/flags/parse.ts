/** The command line as typed: which flags, which words. What they mean is resolve.ts's business. */
import { cac } from "cac";
import { UsageError } from "../../core/errors.ts";
import { EXAMPLES, FLAGS, type Flag } from "./table.ts";

export interface Typed {
  readonly words: readonly string[];
  /** What follows `--`. */
  readonly rest: readonly string[];
  /** By flag name: the value as text, all of them where a flag repeats, true for a switch. */
  readonly flags: ReadonlyMap<string, string | readonly string[] | true>;
}

const BY_NAME = new Map(FLAGS.map((flag) => [flag.name, flag]));
const BY_SHORT = new Map(FLAGS.filter(({ short }) => short !== undefined).map((flag) => [flag.short as string, flag]));

/**
 * cac would take a value for a number (`-o 2024.10`) or for another flag (`--cores -1`). Behind this mark it is neither.
 */
const MARK = "=";

/**
 * Parses a command line.
 * @throws {UsageError} for an unknown flag (with the nearest one), a missing value, or a value where none belongs
 */
export async function parseArguments(argv: readonly string[]): Promise<Typed> {
  const { normal, words, rest } = await normalize(argv);
  const { options } = createParser(normal).parse(["pmap", "pmap", ...normal], { run: false });
  const flags = new Map<string, string | readonly string[] | true>();
  for (const { name, value, repeats } of FLAGS) {
    // cac takes --no-x for an x that is false.
    const typed: unknown = name.startsWith("no-")
      ? normal.includes(`--${name}`) || undefined
      : options[name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    if (typed === undefined) continue;
    const last: unknown = Array.isArray(typed) ? typed.at(-1) : typed;
    if (value === undefined || last === true) flags.set(name, true);
    else {
      const all = (Array.isArray(typed) ? typed : [typed]).map((text) => String(text).slice(MARK.length));
      flags.set(name, repeats ? all : (all.at(-1) as string));
    }
  }
  return { words, rest, flags };
}

/** A parser that knows the flags that were typed: to tell it of all the others would take longer than the parsing. */
function createParser(normal: readonly string[]): ReturnType<typeof cac> {
  const parser = cac("pmap");
  const typed = new Set(normal.map((word) => word.replace(/^--|=.*$/gs, "")));
  for (const { name, short, value, optional, help, group } of FLAGS.filter((flag) => typed.has(flag.name))) {
    const names = short === undefined ? `--${name}` : `-${short}, --${name}`;
    const wanted = value === undefined ? "" : optional === true ? ` [${value}]` : ` <${value}>`;
    parser.option(`${names}${wanted}`, `${group}: ${help}`);
  }
  return parser;
}

/** Flags in the one form that leaves nothing to guess: `--name` or `--name==value`. */
async function normalize(argv: readonly string[]): Promise<{ normal: string[]; words: string[]; rest: string[] }> {
  const normal: string[] = [];
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    if (word === "--") return { normal, words, rest: argv.slice(i + 1) };
    if (!word.startsWith("-") || word === "-") {
      words.push(word);
      continue;
    }
    const { flag, inline } = word.startsWith("--") ? await longFlag(word) : await shortFlag(word, normal);
    if (flag.value === undefined) {
      if (inline !== undefined) throw new UsageError(`Cannot use "${word}": --${flag.name} takes no value`);
      normal.push(`--${flag.name}`);
      continue;
    }
    if (flag.optional === true && inline === undefined) {
      normal.push(`--${flag.name}`);
      continue;
    }
    const value = inline ?? argv[++i];
    if (value === undefined || (inline === undefined && flag.value !== "FILE" && isFlag(value))) {
      const next = value === undefined ? "" : `\nTo give it the text "${value}", write --${flag.name}=${value}`;
      throw new UsageError(`Cannot use "${word}": it needs a value: ${valueText(flag)}${next}`);
    }
    if (flag.repeats !== true && normal.some((before) => before.startsWith(`--${flag.name}=`)) && CODE.has(flag.name))
      throw new UsageError(`Cannot use "${word}" twice: there is one function for it\nPut both into one`);
    normal.push(`--${flag.name}=${MARK}${value}`);
  }
  return { normal, words, rest: [] };
}

/** What a flag's value may look like, in words. */
function valueText({ name, value = "" }: Flag): string {
  return name === "cores" ? "N, N%, +N or -N" : value;
}

/** Whether a word where a value should stand is the next flag. */
function isFlag(word: string): boolean {
  return word.startsWith("--") ? BY_NAME.has(word.slice(2)) : /^-[A-Za-z]$/.test(word) && BY_SHORT.has(word.slice(1));
}

async function longFlag(word: string): Promise<{ flag: Flag; inline: string | undefined }> {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals === -1 ? undefined : equals);
  const flag = BY_NAME.get(name);
  if (flag === undefined) throw await unknownFlag(`--${name}`);
  return { flag, inline: equals === -1 ? undefined : word.slice(equals + 1) };
}

/** `-e CODE`, `-c4`, `-c=4`, `-qv`: switches before the last letter are pushed to `normal`. */
async function shortFlag(word: string, normal: string[]): Promise<{ flag: Flag; inline: string | undefined }> {
  for (let i = 1; ; i++) {
    const letter = word[i] as string;
    const flag = BY_SHORT.get(letter);
    if (flag === undefined) throw await unknownFlag(`-${letter}`);
    const after = word.slice(i + 1);
    if (flag.value !== undefined) return { flag, inline: after === "" ? undefined : after.replace(/^=/, "") };
    if (after === "") return { flag, inline: undefined };
    normal.push(`--${flag.name}`);
  }
}

/** Flags whose value is a function: a second one would replace the first in silence. */
const CODE = new Set(["eval", "filter", "key", "reduce", "initial", "merge", "finish"]);

/** Names that other programs have for a flag. */
const CALLED_ELSEWHERE: Readonly<Record<string, string>> = {
  "--jobs": "--cores",
  "--workers": "--cores",
  "--threads": "--cores",
  "--processes": "--cores",
  "-j": "--cores",
  "-P": "--cores",
  "-n": "--cores",
  "--dry-run": "--explain",
  "-V": "--version",
  "--map": "-e",
  "--input": "an input as a word of its own",
};
/** And what needs none. */
const NOT_NEEDED: Readonly<Record<string, string>> = {
  "--keep-order": "Output is in input order unless --unordered is given",
  "--ordered": "Output is in input order unless --unordered is given",
  "-k": "Output is in input order unless --unordered is given",
};

async function unknownFlag(typed: string): Promise<UsageError> {
  const known = CALLED_ELSEWHERE[typed];
  if (known !== undefined) return new UsageError(`Unknown flag "${typed}"\nDid you mean ${known}?`);
  const why = NOT_NEEDED[typed];
  if (why !== undefined) return new UsageError(`Unknown flag "${typed}"\n${why}`);
  const { default: leven } = await import("leven");
  const nearest = FLAGS.map(({ name }) => ({ name, distance: leven(typed, `--${name}`) })).sort(
    (a, b) => a.distance - b.distance,
  )[0];
  const hint =
    nearest !== undefined && nearest.distance <= 3
      ? `Did you mean --${nearest.name}?`
      : "See them all with: pmap --help";
  return new UsageError(`Unknown flag "${typed}"\n${hint}`);
}

/** The help, by groups. */
export function helpText(version: string): string {
  const groups = [...new Set(FLAGS.map(({ group }) => group))];
  const label = ({ name, short, value, optional }: Flag) =>
    `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : optional === true ? `[=${value}]` : ` ${value}`}`;
  const width = Math.max(...FLAGS.map((flag) => label(flag).length));
  const sections = groups.map((group) => {
    const lines = FLAGS.filter((flag) => flag.group === group).map(
      (flag) => `  ${label(flag).padEnd(width)}  ${flag.help}`,
    );
    return `${group}\n${lines.join("\n")}`;
  });
  return [
    `pmap ${version}: map and reduce records with a TypeScript function, on every core`,
    "usage\n  pmap [options] <script> [input...]\n  pmap [options] -e CODE [input...]",
    ...sections,
    `examples\n${EXAMPLES.map((example) => `  ${example}`).join("\n")}`,
    "Without an input, stdin is read; - is stdin, too. Sizes are 64K, 10M, 2G; durations 500ms, 5s, 2m.",
  ].join("\n\n");
}
