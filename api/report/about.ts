/** What ran where, in words: the command line, the script, the machine and the versions. */
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { countCores } from "../../adapters/system/cores.ts";
import { memoryOf } from "../../adapters/system/machine.ts";
import type { Runtime } from "../../core/platform/runtime.ts";
import type { ScriptSource } from "../../core/script/types.ts";
import type { FoundFormat } from "../input-format.ts";
import type { ClusterStats } from "../job-stats-types.ts";
import type { JobOptions } from "../options.ts";
import { countText, sizeText } from "../units.ts";
import type { About } from "./report-data.ts";
import { commandText, shortened } from "./texts.ts";

export interface AboutTools {
  readonly runtime: Pick<Runtime, "name" | "version">;
  readonly version: string;
  readonly argv: readonly string[] | undefined;
  readonly format: FoundFormat | undefined;
  /** What has run the job on other machines. */
  readonly cluster: ClusterStats | undefined;
}

/** A script that is longer is cut: the page stays small. */
const MOST_SCRIPT_CHARACTERS = 12 * 1024;
const MOST_COMMAND_CHARACTERS = 2 * 1024;

export function aboutOf(plan: JobOptions, { runtime, version, argv, format, cluster }: AboutTools): About {
  const { script } = plan;
  const command = argv === undefined ? "a program that uses pmap's library" : `pmap ${commandText(argv)}`;
  const text = scriptText(script);
  const rest = text.length - MOST_SCRIPT_CHARACTERS;
  return {
    made: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    version,
    commandLine: shortened(command, MOST_COMMAND_CHARACTERS),
    script: {
      name: script.name,
      text: rest > 0 ? `${shortened(text, MOST_SCRIPT_CHARACTERS)}\n(${countText(rest, "character")} more)` : text,
    },
    facts: [
      ["pmap", version],
      [
        "runtime",
        `${runtime.name} ${runtime.version}${plan.runtime === runtime.name ? "" : `, workers on ${plan.runtime}`}`,
      ],
      ["workers", cluster === undefined ? workersText(plan) : `stages on Spark ${cluster.version}, ${cluster.master}`],
      ["input", inputText(plan, format)],
      ["output", plan.outputPath ?? "stdout"],
      ...(cluster === undefined ? machineFacts() : []),
      ["folder", process.cwd()],
    ],
  };
}

function workersText({ cores, mode }: JobOptions): string {
  return `${cores} as ${mode === "inline" ? "calls in pmap itself" : mode === "thread" ? "threads" : "processes"}`;
}

function inputText({ inputs, range }: JobOptions, format: FoundFormat | undefined): string {
  if (range !== undefined) return `${countText(range.count, "number")} of a range`;
  const names = inputs.slice(0, 5).map((input) => (typeof input === "string" ? commandText([input]) : input.name));
  const more = inputs.length > names.length ? ` and ${inputs.length - names.length} more` : "";
  const how = format === undefined ? "" : ` (${format.from}, ${format.reason})`;
  return shortened(`${names.join(", ")}${more}${how}`, 500);
}

function machineFacts(): [string, string][] {
  const { usable, system, quota } = countCores();
  const { totalBytes, availableBytes, limitBytes } = memoryOf();
  const model = cpus()[0]?.model.trim();
  const limit = quota === undefined ? "" : `, the quota is ${Math.round(quota * 100) / 100}`;
  const container = limitBytes === undefined ? "" : `, the container's limit is ${sizeText(limitBytes)}B`;
  return [
    ["machine", `${process.platform} ${process.arch}${model ? `, ${model}` : ""}`],
    ["cores", `${usable} usable of ${system}${limit}`],
    ["memory", `${sizeText(availableBytes)}B of ${sizeText(totalBytes)}B can be had${container}`],
    ["load", `${(loadavg()[0] ?? 0).toFixed(1)} processes wanted a core in the last minute`],
  ];
}

/** The module's text, and code from the command line. */
function scriptText({ url, code, codeNames, initial }: ScriptSource): string {
  const parts = Object.entries(code).map(([name, text]) => `${codeNames?.[name] ?? name}: ${text}`);
  if (initial !== undefined) parts.push(`initial: ${initial}`);
  if (url !== undefined) parts.unshift(moduleText(url));
  return parts.join("\n\n");
}

function moduleText(url: string): string {
  try {
    return readFileSync(fileURLToPath(url), "utf8");
  } catch {
    return `(${url} cannot be read)`;
  }
}
