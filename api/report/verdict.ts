/** What a report says first: whether the workers were worth it, and what slowed them. */
import type { WorkerTime } from "../../core/protocol/worker-stats.ts";
import { USEFUL } from "../job-stats.ts";
import type { JobStats } from "../job-stats-types.ts";
import { countText, percentText } from "../units.ts";
import { secondsText } from "./texts.ts";

export type Outcome = "done" | "failed" | "interrupted" | "stopped";

export interface Judged {
  readonly outcome: Outcome;
  readonly stats: JobStats;
  /** Milliseconds of worker time, by what kept workers from the records. */
  readonly heldMs: number;
  readonly tailMs: number;
  readonly mergingMs: number;
  readonly diedMs: number;
  /** Records of an earlier run, which this one goes on from. */
  readonly doneBefore: number;
  /** Whether the input comes from a stream, and whether the output goes to one. */
  readonly readsStream: boolean;
  readonly writesStream: boolean;
  /** Where the slowest record is, and how long it took. */
  readonly slowest: { readonly place: string; readonly ms: number } | undefined;
}

/** Worker time that did not go to the records, and why. */
export interface Loss {
  readonly what: string;
  readonly ms: number;
  /** Of all that workers could have had. */
  readonly share: number;
}

export interface Verdict {
  readonly headline: string;
  /** Sentences: what slowed it. */
  readonly reasons: readonly string[];
  /** How many times as fast as one process; undefined where there is nothing to compare. */
  readonly speedUp: number | undefined;
  /** What one process would have needed: one start, and all of the work. */
  readonly serialMs: number;
  readonly losses: readonly Loss[];
}

/** Less work than this is not worth a word, in milliseconds. */
const TELLING_MS = 1;
/** What is lost is told from this share of the workers' time on. */
const TELLING_SHARE = 0.05;
/** What is less is not even listed. */
const LEAST_SHARE = 0.0005;
const MOST_REASONS = 3;
/** From this share of the time on pmap's own process is what others wait for. */
const BUSY_COORDINATOR = 0.7;

export function judge(judged: Judged): Verdict {
  const { stats } = judged;
  const useful = usefulMs(stats);
  // It would have to start, too.
  const serialMs = useful + stats.total.ms.start / Math.max(1, stats.perWorker.length);
  const speedUp = useful < TELLING_MS || stats.wallMs <= 0 ? undefined : serialMs / stats.wallMs;
  const losses = lossesOf(judged);
  return {
    headline: `${incomplete(judged)}${headlineOf(judged, serialMs, speedUp)}`,
    reasons: reasonsOf(judged, losses),
    speedUp,
    serialMs,
    losses,
  };
}

function usefulMs({ total }: JobStats): number {
  return USEFUL.reduce((sum, stage) => sum + total.ms[stage], 0);
}

function incomplete({ outcome }: Judged): string {
  if (outcome === "failed") return "Incomplete, because the job failed. ";
  if (outcome === "interrupted") return "Incomplete, because the job was interrupted. ";
  return outcome === "stopped" ? "Ended early, because the reader of the output has closed it. " : "";
}

function headlineOf({ stats, doneBefore }: Judged, serialMs: number, speedUp: number | undefined): string {
  const { total, records, wallMs, workers } = stats;
  const took = `${countText(records - doneBefore, "record")} in ${secondsText(wallMs)}`;
  if (speedUp === undefined) return `There is nothing to judge: ${took}, and next to no work.`;
  const process = total.ms.unsplit > 0 ? "one process with the same concurrency" : "one process";
  const alone = `${process}, which would have needed about ${secondsText(serialMs)}`;
  if (workers === 1) return `Only one worker: ${took}. It worked on them for ${secondsText(usefulMs(stats))}.`;
  const times = speedUp.toFixed(1);
  if (speedUp >= 1.3) return `Worth it: ${took} with ${workers} workers, about ${times} times as fast as ${alone}.`;
  if (speedUp >= 0.95) return `Hardly worth it: ${took} with ${workers} workers, about as fast as ${alone}.`;
  return `Not worth it: ${took} with ${workers} workers, slower than ${alone}.`;
}

function lossesOf({ stats, heldMs, tailMs, mergingMs, diedMs }: Judged): Loss[] {
  const { wallMs, workers, total } = stats;
  const all = workers * wallMs;
  const life = Object.values(total.ms).reduce((sum, ms) => sum + ms, 0);
  // Each part of the waiting is one of these, and no more than there was.
  let waitMs = total.ms.wait;
  const take = (ms: number) => {
    const taken = Math.max(0, Math.min(ms, waitMs));
    waitMs -= taken;
    return taken;
  };
  const held = take(heldMs);
  const merging = take(mergingMs);
  const tail = take(tailMs);
  const gone = Math.max(0, all - life - diedMs);
  const isOnCluster = stats.cluster !== undefined;
  const parts: [string, number][] = [
    [
      isOnCluster ? "starting Spark and its stages, and having no task left" : "starting and ending workers",
      total.ms.start + gone,
    ],
    ["waiting because --min-free or --max-load held work back", held],
    ["waiting while results were merged", merging],
    ["waiting at the end for the last batches of others", tail],
    ["waiting for work", waitMs],
    ["answering", total.ms.send],
    [isOnCluster ? "attempts that failed or were overtaken" : "work that was lost when workers died", diedMs],
  ];
  return parts
    .filter(([, ms]) => ms > all * LEAST_SHARE)
    .map(([what, ms]) => ({ what, ms, share: all <= 0 ? 0 : ms / all }))
    .sort((a, b) => b.ms - a.ms);
}

function reasonsOf(judged: Judged, losses: readonly Loss[]): string[] {
  const { stats } = judged;
  const large = losses.filter(({ share }) => share >= TELLING_SHARE).slice(0, MOST_REASONS);
  const lost = large.map(({ what, share }) => `${percentText(share)} went to ${what}${becauseOf(what, judged)}`);
  const first =
    lost.length === 0
      ? `Little slowed it: ${percentText(stats.efficiency)} of the workers' time went to the records.`
      : `What slowed it: of the workers' time ${listed(lost)}.`;
  return [first, ...workSentence(stats), ...coresSentence(stats)];
}

function becauseOf(what: string, { stats, slowest, readsStream, writesStream }: Judged): string {
  if (what.startsWith("starting") && stats.wallMs < 2000) return " (the job is short)";
  if (what.startsWith("waiting at the end") && slowest !== undefined && slowest.ms > stats.wallMs / 20)
    return ` (the slowest record, ${slowest.place}, took ${secondsText(slowest.ms)})`;
  if (what !== "waiting for work") return "";
  const share = (stats.coordinator?.cpuMs ?? 0) / stats.wallMs;
  if (share >= BUSY_COORDINATOR) return ` (pmap's own process was busy for ${percentText(share)} of the time)`;
  const streams = [readsStream ? "the input" : "", writesStream ? "the reader of the output" : ""].filter(Boolean);
  return streams.length === 0 ? "" : ` (${streams.join(" or ")} may have been slower)`;
}

const WORK: readonly (readonly [keyof WorkerTime, string])[] = [
  ["compute", "the script"],
  ["parse", "reading and parsing"],
  ["print", "printing"],
  ["unsplit", "asynchronous records, their waiting included"],
  ["merge", "merging"],
  ["write", "writing"],
];

/** What the work itself consists of. */
function workSentence(stats: JobStats): string[] {
  const all = usefulMs(stats);
  if (all < TELLING_MS) return [];
  const parts = WORK.map(([stage, name]) => ({ name, share: stats.total.ms[stage] / all }))
    .filter(({ share }) => share >= 0.01)
    .sort((a, b) => b.share - a.share)
    .map(({ name, share }) => `${percentText(share)} ${name}`);
  return [`The work itself was ${listed(parts)}.`];
}

/** Workers that are busy and have no core: then the work would have taken less time, had the machine been free. */
function coresSentence({ total, coresUsed, wallMs }: JobStats): string[] {
  if (coresUsed === undefined || total.ms.unsplit > 0 || wallMs < 1000) return [];
  const { wait, ...busy } = total.ms;
  const busyWorkers = Object.values(busy).reduce((sum, ms) => sum + ms, 0) / wallMs;
  if (busyWorkers < 1 || coresUsed > 0.75 * busyWorkers) return [];
  return [
    `On average ${busyWorkers.toFixed(1)} workers were busy and had ${coresUsed.toFixed(1)} cores: other programs had the rest, or the script waited (for files, say).`,
  ];
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
