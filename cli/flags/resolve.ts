/** From the command line as typed to the options of a job: what can be known before any worker runs. */

import { fileURLToPath } from "node:url";
import { loaderFor } from "../../adapters/node/command.ts";
import { countCores } from "../../adapters/system/cores.ts";
import type { JobOptions } from "../../api/options.ts";
import { DEFAULTS, readSettings, SCRIPT_FLAGS } from "../../api/script-options.ts";
import {
  parseChoice,
  parseCores,
  parseCount,
  parseLoad,
  parseMaxMemory,
  parseRange,
  parseSize,
} from "../../api/values.ts";
import { UsageError } from "../../core/errors.ts";
import type { RuntimeName } from "../../core/platform/runtime.ts";
import type { Typed } from "./parse.ts";
import { resolveScript } from "./script-source.ts";

const RUNTIMES = ["node", "deno", "bun"] as const;
const MODES = ["process", "thread", "inline"] as const;
const PROGRESS_MODES = ["auto", "bar", "plain", "json", "off"] as const;
/** Outputs that are stdout. */
const STDOUT_NAMES = new Set(["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]);

/**
 * @param own the runtime that runs us
 * @throws {UsageError} for what cannot be meant, and a script that is not there
 */
export function resolveTyped(
  typed: Typed,
  own: RuntimeName,
  folder: string,
  stdinIsTerminal: () => boolean,
): JobOptions {
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
    progress: parseChoice("progress", text("progress") ?? "auto", PROGRESS_MODES),
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
