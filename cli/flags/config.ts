/**
 * Values of flags that do not stand on the command line: PMAP_OPTIONS, a file of --config, `pmap.config.json` and `"pmap"` in the
 * `package.json` of the folder in which pmap is started. All of them are data: none can name code.
 *
 * A file that is found may be another person's, who wrote it for the person who starts pmap there. So it sets only how records are read
 * and how the work is shared out: no code, no file that is written or read, no program that is started. What it sets is said on
 * stderr. A file of another user is not used at all. The folders above are not looked at.
 */
import { readFileSync, type Stats, statSync } from "node:fs";
import { reasonOf, UsageError } from "../../api/errors.ts";
import { excludedBy } from "../../api/exclusive-options.ts";
import { DEFAULT_VALUES, OPTIONS, type OptionName, readOptions, SCRIPT_OPTIONS } from "../../api/options-table.ts";
import { didYouMean } from "../../api/suggestion.ts";
import { checkBoolean, typedValue } from "../../api/typed-values.ts";
import { parseArguments, type Typed } from "./parse.ts";
import { splitWords } from "./split-words.ts";
import { CODE_FLAGS, FLAGS, type Flag } from "./table.ts";

type Values = ReadonlyMap<string, string | readonly string[] | true>;

export interface ConfigTools {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly notice: (message: string) => void;
  readonly warning: (message: string) => void;
}

const OWN_FILE = "pmap.config.json";
const PACKAGE_FILE = "package.json";

/** What no file may set: it is the command's, or code. */
const OF_THE_COMMAND: readonly string[] = [
  ...Object.values(CODE_FLAGS),
  "module",
  "help",
  "version",
  "dry-run",
  "config",
  "explain",
];
/** What a file may set that was found, besides what a script may set. */
const OF_FOUND_FILES: readonly string[] = [
  "cores",
  "mode",
  "max-memory",
  "recycle",
  "min-free",
  "max-load",
  "nice",
  "sandbox",
  "verbose",
];

/**
 * The command line with what stands elsewhere: what is typed wins over PMAP_OPTIONS, that over a script's `options`, these over
 * a file.
 * @throws {UsageError} for what cannot be read, and for names and values that there are not
 */
export function withConfig(typed: Typed, tools: ConfigTools): Typed {
  const flags = new Map(typed.flags);
  const origins = new Map(typed.origins);
  const configured = new Map<string, string | true>();
  const add = (values: Values, origin: string) => {
    const excluded = excludedBy(flags);
    for (const [name, value] of values) {
      if (flags.has(name) || excluded.has(name)) continue;
      flags.set(name, value);
      origins.set(name, origin);
    }
  };
  add(fromEnvironment(tools.environment.PMAP_OPTIONS ?? ""), "PMAP_OPTIONS");
  for (const { values, origin } of filesOf(flags.get("config") as string | undefined, flags, tools)) {
    for (const [name, value] of values) {
      if (flags.has(name) || configured.has(name) || excludedBy(flags).has(name)) continue;
      origins.set(name, origin);
      // A script's own options are nearer to the work.
      if ((SCRIPT_OPTIONS as readonly string[]).includes(name)) configured.set(name, value);
      else flags.set(name, value);
    }
  }
  return { ...typed, flags, origins, configured };
}

function fromEnvironment(text: string): Values {
  const where = "PMAP_OPTIONS";
  const { words, rest, flags } = told(where, () => parseArguments(splitWords(text)));
  const extra = [...words, ...rest][0];
  if (extra !== undefined) throw new UsageError(`Cannot use "${extra}" in ${where}: it holds flags only`);
  for (const name of ["help", "version"])
    if (flags.has(name)) throw new UsageError(`Cannot use --${name} in ${where}: it is for the command line`);
  check(new Map([...flags].flatMap(([name, value]) => (isPlain(value) ? [[name, value] as const] : []))), where);
  return flags;
}

function isPlain(value: string | readonly string[] | true): value is string | true {
  return typeof value === "string" || value === true;
}

interface Layer {
  readonly origin: string;
  readonly values: ReadonlyMap<string, string | true>;
}

/** The file that is named, and no other; else those that are found. */
function filesOf(named: string | undefined, flags: Values, tools: ConfigTools): Layer[] {
  if (named === "none") return [];
  if (named !== undefined) {
    const text = told(`--config "${named}"`, () => readFileSync(named, "utf8"));
    return [
      { origin: named, values: valuesOf(parseObject(text, named), named, (name) => !OF_THE_COMMAND.includes(name)) },
    ];
  }
  const layers: Layer[] = [];
  for (const file of [OWN_FILE, PACKAGE_FILE]) {
    const text = foundText(file, tools);
    if (text === undefined || (file === PACKAGE_FILE && !text.includes('"pmap"'))) continue;
    const config = file === OWN_FILE ? parseObject(text, file) : packageConfig(text);
    if (config === undefined) continue;
    const origin = file === OWN_FILE ? file : `"pmap" in ${file}`;
    const maySet = (name: string) =>
      (SCRIPT_OPTIONS as readonly string[]).includes(name) || OF_FOUND_FILES.includes(name);
    layers.push({ origin, values: valuesOf(config, origin, maySet) });
  }
  if (!flags.has("quiet"))
    for (const { origin, values } of layers.filter((layer) => layer.values.size > 0))
      tools.notice(
        `${origin} sets ${[...values].map(([name, value]) => `--${name}${value === true ? "" : ` ${value}`}`).join(", ")}`,
      );
  return layers;
}

/** What a file in this folder holds; undefined where there is none, or where it is another user's. */
function foundText(file: string, { warning }: ConfigTools): string | undefined {
  let stats: Stats | undefined;
  try {
    stats = statSync(file, { throwIfNoEntry: false });
  } catch {
    // The folder cannot be entered.
  }
  if (stats?.isFile() !== true) return undefined;
  const own = process.getuid?.();
  if (own !== undefined && stats.uid !== own && stats.uid !== 0) {
    if (file === OWN_FILE)
      warning(`${file} is not used: it belongs to another user\nTo use it all the same: --config ${file}`);
    return undefined;
  }
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (file === PACKAGE_FILE) return undefined;
    throw new UsageError(`Cannot use ${file}: ${reasonOf(error)}`);
  }
}

function parseObject(text: string, file: string): Readonly<Record<string, unknown>> {
  const value = told(file, () => JSON.parse(text) as unknown);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new UsageError(`Cannot use ${file}: expected an object of options, such as { "cores": 4 }`);
}

/** Of a package.json that is broken, others complain. */
function packageConfig(text: string): Readonly<Record<string, unknown>> | undefined {
  let pmap: unknown;
  try {
    pmap = (JSON.parse(text) as { pmap?: unknown }).pmap;
  } catch {
    return undefined;
  }
  // Other programs may have a key of that name.
  return typeof pmap === "object" && pmap !== null && !Array.isArray(pmap)
    ? (pmap as Record<string, unknown>)
    : undefined;
}

/** An object's values, as they would be typed; names may be written as in a script's options, or as flags. */
function valuesOf(
  config: Readonly<Record<string, unknown>>,
  origin: string,
  maySet: (name: string) => boolean,
): ReadonlyMap<string, string | true> {
  const values = new Map<string, string | true>();
  for (const [key, value] of Object.entries(config)) {
    const name = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const flag = FLAGS.find((each) => each.name === name);
    // For editors.
    if (key === "$schema") continue;
    if (flag === undefined)
      throw new UsageError(
        `Cannot use "${key}" of ${origin}: there is no such option${didYouMean(name, FLAGS.map((each) => each.name).filter(maySet))}`,
      );
    if (!maySet(name))
      throw new UsageError(
        `Cannot use "${key}" of ${origin}: ${OF_THE_COMMAND.includes(name) ? "a file cannot set it" : "only a file of --config may set it"}\nGive it on the command line`,
      );
    const typed = asTyped(flag, value, `"${key}" of ${origin}`);
    if (typed !== undefined) values.set(name, typed);
  }
  check(values, origin);
  return values;
}

/** As it would be typed; undefined where the flag would not be. */
function asTyped(flag: Flag, value: unknown, what: string): string | true | undefined {
  if (flag.name in OPTIONS) return typedValue(flag.name as OptionName, value, what);
  if (flag.value === undefined) return checkBoolean(value, what) || undefined;
  if (value === undefined || value === null || value === false) return undefined;
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new UsageError(`Cannot use ${what}: expected a string or a number`);
}

/** @throws {UsageError} that names the place of a value that is none */
function check(values: ReadonlyMap<string, string | true>, origin: string): void {
  const options = new Map([...values].filter(([name]) => name in OPTIONS && OPTIONS[name as OptionName] !== undefined));
  told(origin, () => readOptions(options, { usableCores: 1, mode: DEFAULT_VALUES.mode }));
}

/** @throws {UsageError} with the place in which it happened */
function told<T>(where: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${error.message}\nIt stands in ${where}`);
    throw new UsageError(`Cannot use ${where}: ${error instanceof SyntaxError ? error.message : reasonOf(error)}`);
  }
}
