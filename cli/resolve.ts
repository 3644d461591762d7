/**
 * From typed to complete: first what can be known before any worker runs, then, with the script's own options, the rest.
 * The command line wins over the script, the script over the defaults.
 */
import { existsSync, realpathSync, statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { countCores } from "../adapters/cores.ts";
import { loaderFor } from "../adapters/workers.ts";
import type { MaxErrors } from "../core/coordinator/job/job.ts";
import type { Source } from "../core/coordinator/job/source.ts";
import { UsageError } from "../core/errors.ts";
import { INPUT_FORMATS, type InputFormatName } from "../core/formats/input.ts";
import { OUTPUT_FORMATS, type OutputFormatName } from "../core/formats/output.ts";
import type { Mode, RuntimeName } from "../core/platform/runtime.ts";
import type { NumberRange } from "../core/protocol/messages.ts";
import { CODE_FLAGS } from "../core/script/inline-code.ts";
import type { ScriptSource } from "../core/script/types.ts";
import type { Typed } from "./arguments.ts";
import { formatOf } from "./input-format.ts";
import {
  parseChoice,
  parseCores,
  parseCount,
  parseDuration,
  parseLoad,
  parseMaxErrors,
  parseMaxMemory,
  parseModule,
  parseRange,
  parseSize,
} from "./values.ts";

/** What is known before the script is loaded. */
export interface Plan {
  readonly script: ScriptSource;
  readonly inputs: readonly string[];
  readonly range: NumberRange | undefined;
  readonly outputPath: string | undefined;
  readonly resume: boolean;
  /** What an interrupted run has left is not wanted. */
  readonly restart: boolean;
  readonly errorsPath: string | undefined;
  readonly cores: number;
  readonly runtime: RuntimeName;
  readonly mode: Mode;
  readonly maxMemoryBytes: number | undefined;
  readonly sandbox: boolean;
  readonly recycle: number | undefined;
  readonly minFreeBytes: number | undefined;
  readonly maxLoad: number | undefined;
  readonly args: readonly string[];
  readonly summary: "never" | "when there is something to say" | "always";
  /** Only to be timed and told about. */
  readonly explains: boolean;
  readonly coresSaid: boolean;
  /** Where the workers' time is told: on stderr, or in a file. */
  readonly stats: { readonly path: string | undefined } | undefined;
  /** Flags that a script may set, as typed on the command line. */
  readonly given: Given;
}

type Given = ReadonlyMap<string, string | true>;

/** What a script's `options` may also say. */
export interface ScriptSettings {
  readonly from: InputFormatName;
  readonly to: OutputFormatName;
  readonly unordered: boolean;
  readonly bigints: boolean;
  readonly limit: number | undefined;
  readonly maxRecordBytes: number;
  readonly concurrency: number;
  readonly onError: "fail" | "skip";
  readonly maxErrors: MaxErrors | undefined;
  readonly retries: number;
  readonly timeoutMs: number | undefined;
  readonly chunkBytes: number | undefined;
  readonly seed: number;
}

/** The one place that holds defaults. */
const DEFAULTS: ScriptSettings = {
  from: "jsonl",
  to: "jsonl",
  unordered: false,
  bigints: false,
  limit: undefined,
  maxRecordBytes: 64 * 1024 * 1024,
  concurrency: 8,
  onError: "fail",
  maxErrors: undefined,
  retries: 2,
  timeoutMs: undefined,
  chunkBytes: undefined,
  seed: 0,
};

const SCRIPT_FLAGS = [
  "from",
  "to",
  "unordered",
  "bigints",
  "limit",
  "max-record",
  "concurrency",
  "on-error",
  "max-errors",
  "retries",
  "timeout",
  "chunk",
  "seed",
] as const;
const RUNTIMES = ["node", "deno", "bun"] as const;
const MODES = ["process", "thread", "inline"] as const;
const SCRIPT_EXTENSIONS = new Set([".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"]);
/** Outputs that are stdout. */
const STDOUT_NAMES = new Set(["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]);

/**
 * @param own the runtime that runs us
 * @throws {UsageError} for what cannot be meant, and a script that is not there
 */
export function resolveTyped(typed: Typed, own: RuntimeName, folder: string, stdinIsTerminal: () => boolean): Plan {
  const { flags } = typed;
  const text = (name: string) => flags.get(name) as string | undefined;
  const script = resolveScript(typed, folder);
  const range = text("range") === undefined ? undefined : parseRange(text("range") as string);
  const words = script.url === undefined ? typed.words : typed.words.slice(1);
  if (range !== undefined && words.length > 0) {
    throw new UsageError(`Cannot read "${words[0]}" with --range: the range is the input`);
  }
  if (range === undefined && words.length === 0 && stdinIsTerminal()) {
    throw new UsageError("Cannot start: there is no input, and stdin is a terminal\nName a file, or pipe something in");
  }
  const given = new Map<string, string | true>();
  for (const name of SCRIPT_FLAGS) if (flags.has(name)) given.set(name, flags.get(name) as string | true);
  // Checked now, used later: a wrong flag is found before anything is started.
  readSettings(given, DEFAULTS);
  const usable = countCores().usable;
  if (text("errors") !== undefined && text("on-error") === "fail") {
    throw new UsageError("Cannot use --errors with --on-error fail: there are no rejects to write");
  }
  if (flags.has("resume") && text("output") === undefined)
    throw new UsageError("Cannot use --resume without -o: stdout cannot be gone back to");
  if (flags.has("resume") && flags.has("unordered"))
    throw new UsageError("Cannot use --resume with --unordered: nothing tells what is written");
  if (flags.has("resume") && flags.has("restart"))
    throw new UsageError("Cannot use --resume with --restart: one goes on, the other starts over");
  const runtime = parseChoice("runtime", text("runtime") ?? own, RUNTIMES);
  const mode = parseChoice("mode", text("mode") ?? "process", MODES);
  return {
    script:
      script.url === undefined ? script : { ...script, loader: loaderFor(fileURLToPath(script.url), runtime, own) },
    inputs: range !== undefined ? [] : words.length > 0 ? words : ["-"],
    range,
    outputPath: STDOUT_NAMES.has(text("output") ?? "-") ? undefined : text("output"),
    resume: flags.has("resume"),
    restart: flags.has("restart"),
    errorsPath: text("errors"),
    cores: text("cores") === undefined ? usable : parseCores(text("cores") as string, usable),
    runtime,
    mode,
    maxMemoryBytes: text("max-memory") === undefined ? undefined : parseMaxMemory(text("max-memory") as string, mode),
    sandbox: flags.has("sandbox"),
    recycle: text("recycle") === undefined ? undefined : parseCount("recycle", text("recycle") as string, 1),
    minFreeBytes: text("min-free") === undefined ? undefined : parseSize("min-free", text("min-free") as string),
    maxLoad: text("max-load") === undefined ? undefined : parseLoad(text("max-load") as string, usable),
    args: typed.rest,
    summary: flags.has("quiet") ? "never" : flags.has("verbose") ? "always" : "when there is something to say",
    explains: flags.has("explain"),
    coresSaid: flags.has("cores"),
    stats: flags.has("stats") ? { path: optionalFile("stats", typed) } : undefined,
    given,
  };
}

/** The file that a flag names, when it names one. */
function optionalFile(name: string, { flags }: Typed): string | undefined {
  const value = flags.get(name);
  if (value === "") throw new UsageError(`Cannot use "--${name}=": it needs a FILE, or no "="`);
  return typeof value === "string" ? value : undefined;
}

function resolveScript({ words, flags }: Typed, folder: string): ScriptSource {
  const code: Record<string, string> = {};
  for (const [name, flag] of Object.entries(CODE_FLAGS)) {
    const text = flags.get(flag === "-e" ? "eval" : flag.slice(2));
    if (typeof text === "string") code[name] = text;
  }
  const modules = ((flags.get("module") ?? []) as readonly string[]).map(parseModule);
  const [word] = words;
  const suffices = code.reduce !== undefined || code.filter !== undefined;
  const isScript =
    code.map === undefined && (!suffices || (word !== undefined && SCRIPT_EXTENSIONS.has(extname(word))));
  if (!isScript) {
    const name = code.map !== undefined ? "-e" : code.reduce !== undefined ? "--reduce" : "--filter";
    return { name, url: undefined, code, modules, loader: "native", folder };
  }
  if (word === undefined)
    throw new UsageError("Cannot start: there is no script\nName one, or give code with -e\nSee: pmap --help");
  const path = resolve(folder, word);
  if (!existsSync(path)) throw new UsageError(`Cannot load "${word}": there is no such file`);
  if (statSync(path).isDirectory()) throw new UsageError(`Cannot load "${word}": it is a folder, not a script`);
  if (extname(path) === ".json" || extname(path) === ".jsonl") {
    throw new UsageError(
      `Cannot load "${word}": it is data, not a script\nName the script first, or give code with -e`,
    );
  }
  // A command may be a link to the script: what it imports lies beside the script.
  return { name: word, url: pathToFileURL(realpathSync(path)).href, code, modules, loader: "native", folder };
}

/**
 * The settings, complete.
 * @param options the script's `options` export
 * @throws {UsageError} when one of them is not what it has to be
 */
export function resolveSettings(
  plan: Plan,
  options: Readonly<Record<string, unknown>>,
  sources: readonly Source[],
): { readonly settings: ScriptSettings; readonly formatReason: string } {
  const fromScript = new Map<string, string | true>();
  for (const [name, value] of Object.entries(options)) {
    const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (!(SCRIPT_FLAGS as readonly string[]).includes(flag)) {
      throw new UsageError(
        `Cannot use the option "${name}" of "${plan.script.name}": a script can set ${SCRIPT_FLAGS.join(", ")}`,
      );
    }
    if (value === undefined || value === false) continue;
    fromScript.set(flag, value === true ? true : String(value));
  }
  const said = plan.given.has("from") ? "as --from says" : fromScript.has("from") ? "as the script says" : undefined;
  const found = said === undefined ? formatOf(sources) : { from: DEFAULTS.from, reason: said };
  const byInput = { ...DEFAULTS, from: found.from };
  const settings = readSettings(plan.given, readSettings(fromScript, byInput));
  if (settings.maxErrors !== undefined && settings.onError === "fail") {
    throw new UsageError(
      "Cannot use --max-errors with --on-error fail: the first failure ends the job\nSay --on-error skip",
    );
  }
  return { settings, formatReason: found.reason };
}

function readSettings(given: Given, base: ScriptSettings): ScriptSettings {
  const read = <T>(name: (typeof SCRIPT_FLAGS)[number], otherwise: T, parse: (text: string) => T): T => {
    const text = given.get(name);
    return text === undefined ? otherwise : parse(String(text));
  };
  return {
    from: read("from", base.from, (text) => parseChoice("from", text, Object.keys(INPUT_FORMATS) as InputFormatName[])),
    to: read("to", base.to, (text) => parseChoice("to", text, Object.keys(OUTPUT_FORMATS) as OutputFormatName[])),
    unordered: given.has("unordered") || base.unordered,
    bigints: given.has("bigints") || base.bigints,
    limit: read("limit", base.limit, (text) => parseCount("limit", text, 0)),
    maxRecordBytes: read("max-record", base.maxRecordBytes, (text) => parseSize("max-record", text)),
    concurrency: read("concurrency", base.concurrency, (text) => parseCount("concurrency", text, 1)),
    onError: read("on-error", base.onError, (text) => parseChoice("on-error", text, ["fail", "skip"])),
    maxErrors: read("max-errors", base.maxErrors, parseMaxErrors),
    retries: read("retries", base.retries, (text) => parseCount("retries", text, 0)),
    timeoutMs: read("timeout", base.timeoutMs, (text) => parseDuration("timeout", text)),
    chunkBytes: read("chunk", base.chunkBytes, (text) => parseSize("chunk", text)),
    seed: read("seed", base.seed, (text) => parseCount("seed", text, 0)),
  };
}
