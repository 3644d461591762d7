// Kept results: what was measured, with all it takes to compare it later.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Runtime } from "./runtimes.ts";
import type { CoordinatorCost } from "./simulation/coordinator.ts";
import type { Tail } from "./simulation/tail.ts";

export interface Result {
  date: string;
  command: string;
  machine: Machine;
  /** By the name of the runtime. */
  versions: Record<string, string>;
  measurements: Measurement[];
  /** What single runs used, sampled; such runs are not timed. */
  usages?: Usage[];
}

export interface Machine {
  cpu: string | undefined;
  cores: number;
  memoryBytes: number;
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

/** What `npm run simulate` found. */
export interface Scale {
  date: string;
  machine: Machine;
  runtime: string;
  coordinator: CoordinatorCost[];
  /** What the coordinator was made to take for a frame in the tails. */
  coordinatorMsPerFrame: number;
  tails: Tail[];
}

const folder = fileURLToPath(new URL("results/", import.meta.url));

/** Writes a result to its own file and returns the path. */
export function keepResult(
  runtimes: readonly Runtime[],
  measured: Pick<Result, "date" | "command" | "measurements" | "usages">,
): string {
  const { date, command, ...rest } = measured;
  const versions = Object.fromEntries(runtimes.map(({ name, version }) => [name, version]));
  return keep<Result>("bench", { date, command, machine: thisMachine(), versions, ...rest });
}

export function keepScale({ date, ...rest }: Omit<Scale, "machine">): string {
  return keep<Scale>("scale", { date, machine: thisMachine(), ...rest });
}

function keep<T extends { date: string }>(kind: "bench" | "scale", result: T): string {
  mkdirSync(join(folder, kind), { recursive: true });
  const path = join(folder, kind, `${result.date.replaceAll(":", "-")}.json`);
  writeFileSync(path, `${JSON.stringify(result, null, 1)}\n`);
  return path;
}

function thisMachine(): Machine {
  const all = cpus();
  return { cpu: all[0]?.model, cores: all.length, memoryBytes: totalmem() };
}

/** All that were kept, the newest first. */
export const keptResults = (): Result[] => kept<Result>("bench");
export const keptScales = (): Scale[] => kept<Scale>("scale");

function kept<T extends { date: string }>(kind: "bench" | "scale"): T[] {
  if (!existsSync(join(folder, kind))) return [];
  return readdirSync(join(folder, kind))
    .map((name) => JSON.parse(readFileSync(join(folder, kind, name), "utf8")) as T)
    .sort((a, b) => (a.date < b.date ? 1 : -1));
}
