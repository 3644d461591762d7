/** The command line as typed: which flags, which words. What they mean is resolve.ts's business. */
import { cac } from "cac";
import { UsageError } from "../../api/errors.ts";
import { didYouMean } from "../../api/suggestion.ts";
import { CODE_FLAGS, FLAGS, type Flag } from "./table.ts";

export interface Typed {
  readonly words: readonly string[];
  /** What follows `--`. */
  readonly rest: readonly string[];
  /** By flag name: the value as text, all of them where a flag repeats, true for a switch. */
  readonly flags: ReadonlyMap<string, string | readonly string[] | true>;
  /** Where the value of a flag comes from that does not stand on the command line. */
  readonly origins: ReadonlyMap<string, string>;
  /** What a file sets that a script's own options win over. */
  readonly configured?: ReadonlyMap<string, string | true>;
}

/** Output is in input order without a flag. GNU parallel's flag for it says that no script, and no file, has it otherwise. */
export const KEEP_ORDER: Flag = { name: "keep-order", short: "k", aliases: ["ordered"], group: "output", help: "" };

const ALL: readonly Flag[] = [...FLAGS, KEEP_ORDER];
const BY_NAME = new Map<string, Flag>();
const BY_SHORT = new Map<string, Flag>();
for (const flag of ALL) {
  BY_NAME.set(flag.name, flag);
  if (flag.short !== undefined) BY_SHORT.set(flag.short, flag);
  for (const alias of flag.aliases ?? []) (alias.length === 1 ? BY_SHORT : BY_NAME).set(alias, flag);
}

/**
 * cac would take a value for a number (`-o 2024.10`) or for another flag (`--cores -1`). Behind this mark it is neither.
 */
const MARK = "=";

/**
 * Parses a command line.
 * @throws {UsageError} for an unknown flag (with the nearest one), a missing value, or a value where none belongs
 */
export function parseArguments(argv: readonly string[]): Typed {
  const { normal, words, rest } = normalize(argv);
  if (normal.includes(`--${KEEP_ORDER.name}`) && normal.includes("--unordered"))
    throw new UsageError("Cannot use --keep-order with --unordered: one is the opposite of the other");
  const { options } = createParser(normal).parse(["pmap", "pmap", ...normal], { run: false });
  const flags = new Map<string, string | readonly string[] | true>();
  for (const { name, value, repeats } of ALL) {
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
  return { words, rest, flags, origins: new Map() };
}

/** A parser that knows the flags that were typed: to tell it of all the others would take longer than the parsing. */
function createParser(normal: readonly string[]): ReturnType<typeof cac> {
  const parser = cac("pmap");
  const typed = new Set(normal.map((word) => word.replace(/^--|=.*$/gs, "")));
  for (const { name, short, value, optional, help, group } of ALL.filter((flag) => typed.has(flag.name))) {
    const names = short === undefined ? `--${name}` : `-${short}, --${name}`;
    const wanted = value === undefined ? "" : optional === true ? ` [${value}]` : ` <${value}>`;
    parser.option(`${names}${wanted}`, `${group}: ${help}`);
  }
  return parser;
}

/** Flags in the one form that leaves nothing to guess: `--name` or `--name==value`. */
function normalize(argv: readonly string[]): { normal: string[]; words: string[]; rest: string[] } {
  const normal: string[] = [];
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    if (word === "--") return { normal, words, rest: argv.slice(i + 1) };
    if (!word.startsWith("-") || word === "-") {
      words.push(word);
      continue;
    }
    const { flag, inline } = word.startsWith("--") ? longFlag(word) : shortFlag(word, normal);
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

function longFlag(word: string): { flag: Flag; inline: string | undefined } {
  const equals = word.indexOf("=");
  const name = word.slice(2, equals === -1 ? undefined : equals);
  const flag = BY_NAME.get(name);
  if (flag === undefined) throw unknownFlag(`--${name}`);
  return { flag, inline: equals === -1 ? undefined : word.slice(equals + 1) };
}

/** `-e CODE`, `-c4`, `-c=4`, `-qv`: switches before the last letter are pushed to `normal`. */
function shortFlag(word: string, normal: string[]): { flag: Flag; inline: string | undefined } {
  for (let i = 1; ; i++) {
    const letter = word[i] as string;
    const flag = BY_SHORT.get(letter);
    if (flag === undefined) throw unknownFlag(`-${letter}`);
    const after = word.slice(i + 1);
    if (flag.value !== undefined) return { flag, inline: after === "" ? undefined : after.replace(/^=/, "") };
    if (after === "") return { flag, inline: undefined };
    normal.push(`--${flag.name}`);
  }
}

/** Flags whose value is a function: a second one would replace the first in silence. */
const CODE: ReadonlySet<string> = new Set(Object.values(CODE_FLAGS));

/** Names that other programs have for a flag, where their values differ from ours. */
export const CALLED_ELSEWHERE: Readonly<Record<string, string>> = {
  "-n": "--cores",
  "-V": "--version",
  "--map": "-e",
  "--input": "an input as a word of its own",
  "--bar": "--progress bar",
  "--eta": "--progress bar",
  "--halt": "--on-error",
  "--halt-on-error": "--on-error",
  "--delay": "--rate",
  "--results": "--output",
  "-a": "--files-from",
  "--arg-file": "--files-from",
  "-0": "--from nul",
  "--null": "--from nul",
  "-r": "--to text",
  "--raw-output": "--to text",
  "-u": "--unordered",
  "--ungroup": "--unordered",
  "--line-buffer": "--unordered",
  "--block": "--chunk",
  "--load": "--max-load",
  "--memfree": "--min-free",
  "--dryrun": "--dry-run",
  "--resume-failed": "--from rejects",
};

function unknownFlag(typed: string): UsageError {
  const known = CALLED_ELSEWHERE[typed];
  if (known !== undefined && isKnown(known)) return new UsageError(`Unknown flag "${typed}"\nDid you mean ${known}?`);
  const meant = didYouMean(typed.replace(/^-+/, ""), BY_NAME.keys(), (name) => `--${name}`);
  return new UsageError(`Unknown flag "${typed}"${meant || "\nSee them all with: pmap help flags"}`);
}

/** Whether a suggestion can be typed. */
function isKnown(suggested: string): boolean {
  const [word = ""] = suggested.split(" ");
  return word.startsWith("--") ? BY_NAME.has(word.slice(2)) : true;
}
