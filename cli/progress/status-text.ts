/** How far a job is, in words: the parts of the line on a terminal, and of the lines in a log. */

import { printable } from "../../api/errors.ts";
import { durationText, countText as nounText, rateText, sizeText } from "../../api/units.ts";
import type { ClusterSnapshot } from "./cluster-model.ts";
import type { RunningPlace, Snapshot } from "./job-model.ts";

/** A record that takes longer is named. */
export const LONG_RECORD_MS = 60_000;

export interface Part {
  readonly text: string;
  /** Where there is no room for all, the parts with the highest number go first. */
  readonly rank: number;
  readonly colour?: "red" | "yellow" | undefined;
}

/** @param memoryBytes of all processes; undefined where the system does not tell */
export function partsOf(snapshot: Snapshot, memoryBytes: number | undefined, verbose: boolean): Part[] {
  const { phase, plan, share, etaMs, rejected, deaths, waiting, bytesOut, workers, cluster } = snapshot;
  const { elapsedMs, recordsPerSecond, bytesPerSecond } = snapshot;
  const [longest] = snapshot.running;
  const isMapping = phase === "mapping";
  const hasRate = isMapping && recordsPerSecond > 0;
  const ofNumbers = plan?.unit === "numbers";
  const parts: Part[] = [];
  const add = (isShown: boolean, rank: number, text: () => string, colour?: Part["colour"]) => {
    if (isShown) parts.push({ text: text(), rank, colour });
  };
  add(share !== undefined, 0, () => `${String(Math.floor((share ?? 0) * 100)).padStart(3)}%`);
  add(!isMapping, 1, () => phase);
  add(plan !== undefined, 3, () => countOf(snapshot));
  add(hasRate, 6, () => `${rateText(recordsPerSecond)}/s`);
  add(plan !== undefined && !ofNumbers, 5, () => bytesOf(snapshot));
  const isEnding = isMapping && etaMs !== undefined;
  add(isEnding, 2, () => `ETA ${durationText(etaMs ?? 0)}`);
  add(!isEnding, 4, () => durationText(elapsedMs));
  add(rejected > 0, 1, () => `${countText(rejected)} rejected`, "red");
  add(deaths > 0 && cluster === undefined, 2, () => `${countText(deaths)} died`, "red");
  if (cluster !== undefined) parts.push(...partsOfCluster(cluster));
  add(waiting !== undefined, 1, () => "waiting", "yellow");
  add(longest !== undefined && longest.ms > LONG_RECORD_MS, 2, () => runningText(longest as RunningPlace), "yellow");
  add(workers > 0 && phase !== "starting", 7, () => `${snapshot.busy.toFixed(1)}/${plan?.cores ?? workers} busy`);
  // Most of it is on other machines.
  add(memoryBytes !== undefined && cluster === undefined, 8, () => `${sizeText(memoryBytes ?? 0)}B memory`);
  add(verbose && hasRate && !ofNumbers, 9, () => `${sizeText(Math.round(bytesPerSecond))}B/s`);
  add(verbose && bytesOut > 0, 10, () => `${sizeText(bytesOut)}B out`);
  add(verbose && isEnding, 11, () => `${durationText(elapsedMs)} so far`);
  return parts;
}

function partsOfCluster({ tasks, tasksPlanned, attemptsFailed, executors, executorsLost }: ClusterSnapshot): Part[] {
  const parts: Part[] = [
    { text: `${ofAll(tasks, tasksPlanned, countText)} tasks`, rank: 6 },
    { text: nounText(executors, "executor"), rank: 7 },
  ];
  if (attemptsFailed > 0) parts.push({ text: `${nounText(attemptsFailed, "attempt")} failed`, rank: 3, colour: "red" });
  if (executorsLost > 0) parts.push({ text: `${nounText(executorsLost, "executor")} lost`, rank: 2, colour: "red" });
  return parts;
}

/** One line for a log. */
export function statusLine(snapshot: Snapshot, memoryBytes: number | undefined): string {
  const parts = partsOf(snapshot, memoryBytes, true).map(({ text }) => text.trim());
  return `pmap: ${parts.join(", ")}\n`;
}

/** One line for who asks with a signal: how far the job is, and what each worker is on. */
export function askedLine(snapshot: Snapshot, memoryBytes: number | undefined): string {
  const running = snapshot.running.map((each) => `; ${runningText(each)}`).join("");
  return `${statusLine(snapshot, memoryBytes).trimEnd()}${running}\n`;
}

export function runningText({ worker, place, ms }: RunningPlace): string {
  return printable(`worker ${worker} on ${place} for ${durationText(ms)}`);
}

/** Where records are counted, they are what the plan counts. */
function countOf({ plan, records, bytesIn }: Snapshot): string {
  if (plan?.unit === "numbers")
    return `${ofAll(bytesIn, plan.limit ?? plan.total, countText)} ${plan.unitName ?? "number"}s`;
  return `${ofAll(records, plan?.limit, countText)} records`;
}

function bytesOf({ plan, bytesIn }: Snapshot): string {
  // How much of the input a limit is, is not known.
  return ofAll(bytesIn, plan?.limit === undefined ? plan?.total : undefined, (n) => `${sizeText(n)}B`);
}

function ofAll(n: number, all: number | undefined, text: (n: number) => string): string {
  return all === undefined ? text(n) : `${text(n)} of ${text(all)}`;
}

function countText(n: number): string {
  return n.toLocaleString("en-US");
}
