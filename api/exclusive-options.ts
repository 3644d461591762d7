/** Options that exclude each other: where they are said in different places, the place that is nearer to the user wins. */
import type { Source } from "../core/coordinator/job/source.ts";
import { UsageError } from "../core/errors.ts";
import { formatNamed } from "../core/formats/registry.ts";
import type { ScriptFacts } from "../core/script/types.ts";
import { type FoundFormat, formatOfFiles } from "./input-format.ts";
import type { Given, JobOptions } from "./options.ts";
import { givenByScript, resolveSettings, type ScriptSettings } from "./script-options.ts";

type Facts = Pick<ScriptFacts, "options" | "keyed" | "reduces">;
type Said = ReadonlyMap<string, unknown>;

/** The flags that are void where they stand in a place that is farther from the user than these. */
export function excludedBy(said: Said): ReadonlySet<string> {
  const excluded: string[] = [];
  if (said.get("on-error") === "fail") excluded.push("max-errors", "errors");
  if (said.has("resume") || said.has("keep-order")) excluded.push("unordered");
  if (said.has("unordered")) excluded.push("keep-order", "resume");
  const from = said.get("from");
  if (from === undefined && said.has("records-at")) excluded.push("from");
  if (from === undefined) return new Set(excluded);
  if (formatNamed(String(from))?.input?.cut !== "converted") excluded.push("records-at");
  if (formatOfFiles(String(from)) !== undefined) excluded.push("encoding");
  return new Set(excluded);
}

/**
 * The settings of a job: what is typed wins over the script's options, also where the two exclude each other, and these win over
 * a configuration file.
 * @throws {UsageError} for settings that cannot be, with the place of those that are not typed
 */
export function settingsOfJob(
  plan: JobOptions,
  facts: Facts,
  sources: readonly Source[],
): { readonly settings: ScriptSettings; readonly format: FoundFormat | undefined } {
  const { name } = plan.script;
  const typed = excludedBy(typedIn(plan));
  const options = Object.fromEntries(Object.entries(facts.options).filter(([option]) => !typed.has(flagOf(option))));
  const byScript = givenByScript(options, name);
  const script = excludedBy(byScript);
  const configured = without(without(plan.configured ?? new Map(), typed), script);
  return withPlaces(plan.given, [`"${name}"`, byScript], ["the configuration", configured], () =>
    resolveSettings({ ...plan, configured }, { ...facts, options }, sources),
  );
}

function typedIn({ given, resume, keepsOrder }: JobOptions): Given {
  const typed = new Map(given);
  if (resume) typed.set("resume", true);
  if (keepsOrder === true) typed.set("keep-order", true);
  return typed;
}

function without(given: Given, names: ReadonlySet<string>): Given {
  return new Map([...given].filter(([name]) => !names.has(name)));
}

type Place = readonly [place: string, given: Given];

/** Adds to a message about flags that are not typed where they are said. */
function withPlaces<T>(typed: Given, script: Place, configuration: Place, task: () => T): T {
  try {
    return task();
  } catch (error) {
    if (!(error instanceof UsageError) || error.message.includes(script[0])) throw error;
    const places = flagsIn(error.message).flatMap((flag) => {
      if (typed.has(flag)) return [];
      const place = [script, configuration].find(([, given]) => given.has(flag));
      return place === undefined ? [] : [`\n--${flag} is set by ${place[0]}`];
    });
    throw places.length === 0 ? error : new UsageError(`${error.message}${places.join("")}`, { about: error.about });
  }
}

/** Those that are named in the first line; a format that is named there (`with parquet: ...`) is that of --from. */
function flagsIn(message: string): string[] {
  const [first = ""] = message.split("\n");
  const flags = (first.match(/--[a-z-]+/g) ?? []).map((flag) => flag.slice(2));
  return / with \w+:/.test(first) ? [...flags, "from"] : flags;
}

function flagOf(option: string): string {
  return option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
