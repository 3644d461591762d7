// The tables of docs/performance.md.
import { median, ratiosOf, secondsOf } from "../figures.ts";
import type { Measurement, Result } from "../results.ts";
import { fixed, grouped, runtimeNames, table } from "./table.ts";

const NOT_MEASURED = "*Not measured yet.*";
export const MAPS = ["cpu", "proj", "ident"];
/** What is also measured in jobs that last: beside them the start is nothing. */
export const LONG = ["cpu", "proj"];
const LONG_RECORDS = 2_000_000;

/** Of each result what was measured of long jobs. */
export function longOf(results: readonly Result[]): Result[] {
  return results.map((result) => ({
    ...result,
    measurements: result.measurements.filter(({ records }) => records >= LONG_RECORDS),
  }));
}

/** Seconds and ratios by contender and workload, a table for each runtime, from the newest result that has all the workloads. */
export function secondsTables(results: readonly Result[], workloads: readonly string[], digits = 2): string {
  const result = newestWith(results, workloads);
  if (result === undefined) return NOT_MEASURED;
  const measured = result.measurements.filter(({ workload }) => workloads.includes(workload));
  const tables = unique(measured.map(({ runtime }) => runtime)).map((runtime) =>
    secondsTable(measured, runtime, workloads, digits),
  );
  return [sourceOf(result, measured), ...tables].join("\n\n");
}

function secondsTable(
  measured: readonly Measurement[],
  runtime: string,
  workloads: readonly string[],
  digits: number,
): string {
  const ofRuntime = measured.filter((one) => one.runtime === runtime);
  const cores = mostCores(measured);
  const seconds = unique(ofRuntime.map(({ contender }) => contender)).map((contender) => [
    contender,
    ...workloads.map((workload) => fixed(secondsOf(ofRuntime, { workload, runtime, cores, contender }), digits)),
  ]);
  const ratios = runtime === "any" ? [] : ratioRows(measured, { runtime, cores }, workloads);
  return table([runtimeNames[runtime] ?? runtime, ...workloads], [...seconds, ...ratios]);
}

function ratioRows(
  measured: readonly Measurement[],
  on: { runtime: string; cores: number },
  workloads: readonly string[],
): string[][] {
  const found = workloads.map((workload) => new Map(ratiosOf(measured, { ...on, workload })));
  const names = unique(found.flatMap((ratios) => [...ratios.keys()]));
  return names.map((name) => [`**${name}**`, ...found.map((ratios) => fixed(ratios.get(name)))]);
}

/** By how much more cores are faster than the best single-threaded loop. */
export function speedUpTable(results: readonly Result[]): string {
  const result = speedUpResult(results);
  if (result === undefined) return NOT_MEASURED;
  const measured = result.measurements.filter(({ workload }) => MAPS.includes(workload));
  const rows = speedUps(measured).map(({ runtime, workload, contender, points }) => [
    runtimeNames[runtime] ?? runtime,
    workload,
    contender,
    ...points.map(({ speedUp }) => fixed(speedUp)),
  ]);
  const heads = coreCounts(measured).map((cores) => (cores === 1 ? "1 core" : `${cores} cores`));
  return [sourceOf(result, measured), table(["", "", "", ...heads], rows)].join("\n\n");
}

export interface SpeedUp {
  runtime: string;
  workload: string;
  contender: string;
  points: { cores: number; speedUp: number }[];
}

/** The newest result with pmap on more than one number of cores. */
export function speedUpResult(results: readonly Result[]): Result | undefined {
  return results.find((result) => newestWith([result], MAPS) && coreCounts(result.measurements).length > 1);
}

export function speedUps(measured: readonly Measurement[]): SpeedUp[] {
  const runtimes = unique(measured.map(({ runtime }) => runtime)).filter((runtime) => runtime !== "any");
  return runtimes.flatMap((runtime) =>
    MAPS.flatMap((workload) =>
      ["limit", "pmap -o"].map((contender) => {
        const loop = secondsOf(measured, { workload, runtime, cores: 1, contender: "loop" });
        const points = coreCounts(measured).map((cores) => {
          const seconds = secondsOf(measured, { workload, runtime, cores, contender });
          return { cores, speedUp: (loop ?? Number.NaN) / (seconds ?? Number.NaN) };
        });
        return { runtime, workload, contender, points };
      }),
    ),
  );
}

/** CPU time of the coordinator beside the whole, and peak memory. */
export function usageTable(results: readonly Result[]): string {
  const result = results.find(({ usages }) => usages !== undefined && usages.length > 0);
  if (result?.usages === undefined) return NOT_MEASURED;
  const cores = Math.max(...result.usages.map((usage) => usage.cores));
  const rows = result.usages
    .filter((usage) => usage.cores === cores)
    .map((usage) => [
      runtimeNames[usage.runtime] ?? usage.runtime,
      usage.workload,
      usage.contender,
      fixed(usage.coordinatorCpuSeconds),
      fixed(usage.totalCpuSeconds),
      `${fixed((usage.coordinatorCpuSeconds / usage.totalCpuSeconds) * 100, 1)} %`,
      fixed(usage.coordinatorBytes / 1e6, 0),
      fixed(usage.largestWorkerBytes / 1e6, 0),
    ]);
  const head = ["", "", "", "coordinator, CPU s", "all, CPU s", "coordinator's share", "coordinator, MB", "worker, MB"];
  return [sourceOf(result, result.usages), table(head, rows)].join("\n\n");
}

export function newestWith(results: readonly Result[], workloads: readonly string[]): Result | undefined {
  return results.find(({ measurements }) =>
    workloads.every((wanted) => measurements.some(({ workload }) => workload === wanted)),
  );
}

export function mostCores(measured: readonly { cores: number }[]): number {
  return Math.max(...measured.map(({ cores }) => cores));
}

/** Numbers of cores on which pmap was measured. */
function coreCounts(measured: readonly Measurement[]): number[] {
  return unique(measured.filter(({ contender }) => contender === "pmap -o").map(({ cores }) => cores));
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}

/** When, where and how: what a figure needs to be compared later. */
function sourceOf(
  { date, machine, versions, command }: Result,
  measured: readonly { records: number; cores: number; runtime: string; seconds?: number[] }[],
): string {
  const records = unique(measured.map((one) => one.records))
    .map(grouped)
    .join(" and ");
  const runs = median(measured.flatMap(({ seconds }) => (seconds ? [seconds.length] : [])));
  const used = Object.entries(versions).map(([name, version]) => versionOf(name, version));
  const workers = mostCores(measured);
  const medians = Number.isNaN(runs) ? "" : `; median of ${runs} interleaved runs`;
  return [
    `${date.slice(0, 10)}, ${machine.cpu}, ${machine.cores} cores, ${Math.round(machine.memoryBytes / 1024 ** 3)} GiB; ${used.join(", ")};`,
    `${records} ${records === "1" ? "record" : "records"}; ${workers === 1 ? "1 worker" : `${workers} workers`}${medians}. \`${command.trim()}\``,
  ].join("\n");
}

function versionOf(name: string, version: string): string {
  const number = /\d+(\.\d+)+/.exec(version)?.[0] ?? version;
  return `${(runtimeNames[name] ?? name).replace(/ \d+$/, "")} ${number}`;
}
