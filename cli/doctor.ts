/** `pmap doctor`: what this machine offers, and what does not work here and why. */

import { UsageError } from "../api/errors.ts";
import { type Cores, lookAtMachine, type Machine, type Memory, type OfferedRuntime } from "../api/machine.ts";
import type { RuntimeName } from "../api/options.ts";
import { sizeText } from "../api/units.ts";

/** With less space in TMPDIR a large job with groups may fail. */
const LITTLE_SPACE_BYTES = 1024 ** 3;

/** @throws {UsageError} for words: there is nothing to choose */
export async function doctor(words: readonly string[], own: RuntimeName, version: string): Promise<string> {
  if (words.length > 0) throw new UsageError(`Cannot use "${words[0]}" with doctor: it takes no words`);
  const machine = await lookAtMachine(own);
  const { runtimes, cores, allCores, memory, load, compileCache } = machine;
  const self = runtimes.find(({ name }) => name === own);
  const rows: [string, readonly string[]][] = [
    ["cores", coresLines(cores, allCores)],
    ["memory", memoryLines(memory)],
    ["load", [loadText(load)]],
    ["runtimes", runtimes.map((found) => runtimeText(found, own))],
    ["TypeScript", [typeScriptText(own)]],
    ["cache", [compileCache ?? `none: ${own} has none that pmap uses`]],
    ["TMPDIR", folderLines(machine)],
    ["formats", [formatsText(machine)]],
    ["locks", [locksText(machine)]],
  ];
  const problems = problemsOf(machine);
  return [
    `pmap ${version} on ${own} ${self?.version ?? ""}, ${process.platform} ${process.arch}`,
    rows
      .map(([name, lines]) => lines.map((line, i) => `${(i === 0 ? name : "").padEnd(12)}${line}`).join("\n"))
      .join("\n"),
    problems.length === 0
      ? "Everything works here."
      : `does not work here\n${problems.map(({ what, why }) => `  ${what}: ${why}`).join("\n")}`,
  ].join("\n\n");
}

/** @param all cores of the machine: what the system counts for us may be less already */
export function coresLines({ usable, affinity, quota }: Cores, all: number): string[] {
  const byQuota = quota !== undefined && Math.max(1, Math.ceil(quota)) === usable && usable < all;
  const byAffinity = affinity === usable && usable < all;
  const reason = byQuota ? ", because of the CPU quota" : byAffinity ? ", because of the affinity mask" : "";
  const sources = [`the machine has ${all}`];
  if (affinity !== undefined) sources.push(`the affinity mask allows ${affinity}`);
  sources.push(quota === undefined ? "there is no CPU quota" : `the CPU quota allows ${quota}`);
  return [`${usable} usable${reason}`, sources.join(", ")];
}

function memoryLines({ totalBytes, availableBytes, limitBytes }: Memory): string[] {
  const all = `${sizeText(availableBytes)} of ${sizeText(totalBytes)} can be had`;
  return limitBytes === undefined ? [all] : [all, `the container's limit is ${sizeText(limitBytes)}`];
}

function loadText(load: number): string {
  return `${load.toFixed(1)} processes want a core (the last minute)`;
}

function runtimeText({ name, version, path }: OfferedRuntime, own: RuntimeName): string {
  if (path === undefined) return `${name.padEnd(5)}not on the PATH`;
  return `${name.padEnd(5)}${(version ?? "does not start").padEnd(10)}${path}${name === own ? " (runs pmap)" : ""}`;
}

function typeScriptText(own: RuntimeName): string {
  if (own !== "node") return `by ${own} itself`;
  const { typescript } = process.features as { typescript?: string | false };
  return typescript ? "by Node itself; enums and parameter properties by tsx" : "by tsx: this Node strips no types";
}

function folderLines({ temporary: { path, notWritable, executes, freeBytes } }: Machine): string[] {
  const space = freeBytes === undefined ? "" : `, ${sizeText(freeBytes)} free`;
  if (notWritable !== undefined) return [`${path}${space}, cannot be written: ${notWritable}`];
  return [`${path}${space}, can be written, programs in it ${executes ? "can" : "cannot"} be executed`];
}

function formatsText({ decompressors: { there } }: Machine): string {
  return `compressed input: gzip, brotli${there.length === 0 ? "" : `, ${there.join(", ")}`}`;
}

function locksText({ hasFlock }: Machine): string {
  return hasFlock ? "by the system (flock)" : "by a file beside the output: there is no program flock";
}

function problemsOf({
  runtimes,
  temporary,
  decompressors,
}: Machine): { readonly what: string; readonly why: string }[] {
  const problems: { what: string; why: string }[] = [];
  const { path: folder, notWritable, freeBytes } = temporary;
  for (const { name, path, version, install } of runtimes) {
    if (path === undefined) {
      problems.push({ what: `--runtime ${name}`, why: `it is not on the PATH. ${install}` });
    } else if (version === undefined) problems.push({ what: `--runtime ${name}`, why: `${path} --version fails` });
  }
  if (!runtimes.some(({ hasSandbox, version }) => hasSandbox && version !== undefined))
    problems.push({ what: "--sandbox", why: "it needs Deno" });
  if (notWritable !== undefined) {
    const why = `${folder} cannot be written. Set TMPDIR to a folder that can`;
    problems.push({ what: "a key without -o, and --explain with a key", why });
  } else if (freeBytes !== undefined && freeBytes < LITTLE_SPACE_BYTES) {
    const why = `${folder} has ${sizeText(freeBytes)}. Set TMPDIR to a folder with more space`;
    problems.push({ what: "large groups (key) without -o", why });
  }
  for (const name of decompressors.missing)
    problems.push({ what: `reading ${name} files`, why: `there is no program "${name}" on the PATH` });
  return problems;
}
