// Kept results: what was measured, with all it takes to compare it later.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Runtime } from "./runtimes.ts";

export interface Result {
  date: string;
  command: string;
  machine: { cpu: string | undefined; cores: number; memoryBytes: number };
  /** By the name of the runtime. */
  versions: Record<string, string>;
  measurements: Measurement[];
  /** What single runs used, sampled; such runs are not timed. */
  usages?: Usage[];
}

/** What was run: `runtime` is `any` and `cores` is 1 where they make no difference. */
export interface Subject {
  workload: string;
  records: number;
  runtime: string;
  cores: number;
  /** Its label. */
  contender: string;
}

export interface Measurement extends Subject {
  /** Wall clock of every run. */
  seconds: number[];
}

export interface Usage extends Subject {
  coordinatorCpuSeconds: number;
  /** The whole tree: the coordinator, its workers and what they started. */
  totalCpuSeconds: number;
  /** Peak resident memory. */
  coordinatorBytes: number;
  largestWorkerBytes: number;
}

const folder = fileURLToPath(new URL("results/", import.meta.url));

/** Writes a result to its own file and returns the path. */
export function keepResult(
  runtimes: readonly Runtime[],
  measured: Pick<Result, "date" | "command" | "measurements" | "usages">,
): string {
  const { date, command, ...rest } = measured;
  const [cpu] = cpus();
  const machine = { cpu: cpu?.model, cores: cpus().length, memoryBytes: totalmem() };
  const versions = Object.fromEntries(runtimes.map(({ name, version }) => [name, version]));
  const result: Result = { date, command, machine, versions, ...rest };
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${date.replaceAll(":", "-")}.json`);
  writeFileSync(path, `${JSON.stringify(result, null, 1)}\n`);
  return path;
}

/** All that were kept, the newest first. */
export function keptResults(): Result[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Result)
    .sort((a, b) => (a.date < b.date ? 1 : -1));
}
