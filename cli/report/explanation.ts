/** What `--explain` says: what a record costs, how the work would be shared out and why, and whether that pays. */

import { countCores } from "../../adapters/system/cores.ts";
import { MAX_CHUNK_BYTES, MAX_CHUNK_NUMBERS } from "../../api/create-job.ts";
import type { Explained } from "../../api/explain.ts";
import { countText, LEAST_MS, sizeText, timeText } from "../../api/units.ts";
import type { Calibration } from "../../core/coordinator/estimate/calibrate.ts";
import { breakEven, type RecordCost, recordCost, timesOf } from "../../core/coordinator/estimate/cost-model.ts";
import type { Job } from "../../core/coordinator/job/job.ts";
import { CHUNKS_WANTED, chunkSize } from "../../core/coordinator/schedule/chunk-plan.ts";
import { chunkUse, mostOf } from "../../core/protocol/chunk-grid.ts";

/** Less work than this says nothing about more of it, in milliseconds. */
const TELLING_MS = 20;

/** Sentences, a line each. */
export function explanation(setting: Explained): string {
  const { calibration, job, format } = setting;
  const cost = recordCost(calibration.observations);
  const lines = format === undefined ? [] : [`Input format: ${format.from}, ${format.reason}.`];
  lines.push(...(cost === undefined ? ["There is no record to time."] : costLines(cost, calibration, job)));
  lines.push(chunkLine(setting), workerLine(setting));
  if (cost !== undefined) lines.push(...verdictLines(cost, setting));
  return lines.map((line) => `pmap: ${line}\n`).join("");
}

function costLines(cost: RecordCost, calibration: Calibration, job: Job): string[] {
  const all = calibration.allRecords === undefined ? "" : ", all that there are";
  const isWarm = timedMs(calibration) >= TELLING_MS && cost.warmUpMs > 0;
  const warm = isWarm ? "; what follows is of the second half of the time, the first is warm-up" : "";
  const { stages, workMs, transferMs, recordsPerBatch } = cost;
  const script = job.reduces ? "in the script and its reduce" : "in the script";
  const split =
    stages === undefined
      ? `, with up to ${job.concurrency} in flight; not split, because the script is asynchronous`
      : `: ${timeText(stages.parse)} to read and parse it, ${timeText(stages.compute)} ${script}, ${timeText(stages.print)} to print`;
  return [
    `Timed ${countText(calibration.timed, "record")} in one worker${all}${warm}.`,
    `Work: ${timeText(workMs)} a record${split}.`,
    `Transfer: at most ${timeText(Math.max(LEAST_MS, transferMs))} a record, the messages for a batch of ${countText(Math.round(recordsPerBatch), "record")} shared out.`,
  ];
}

function timedMs({ observations }: Calibration): number {
  return observations.reduce((sum, { busyMs }) => sum + busyMs, 0);
}

function chunkLine({ job, plan }: Explained): string {
  const { grid, sources, range } = job;
  const use = chunkUse(job);
  if (use === "unseen" && sources.some(({ kind }) => kind === "stream")) {
    return "Chunks: blocks of whole records, as the stream brings them.";
  }
  const isRange = range !== undefined;
  const unit = job.from === "file" ? "file" : "number";
  const most = mostOf(grid);
  const text = (n: number) => (isRange || n < 1024 ? countText(n, isRange ? unit : "byte") : sizeText(n));
  if (grid.doublings > 0) {
    return `Chunks: from ${text(grid.least)} to ${text(most)}, growing with the offset, so that every input of the same bytes is cut alike.`;
  }
  if (plan.given.has("chunk")) return `Chunks: ${text(most)}, as --chunk says.`;
  const [least, limit] = isRange ? [1, MAX_CHUNK_NUMBERS] : [chunkSize(0, MAX_CHUNK_BYTES), MAX_CHUNK_BYTES];
  const why =
    most >= limit
      ? "the most that one has: longer ones are slower"
      : most === least
        ? "the least that one has"
        : `the input in about ${countText(CHUNKS_WANTED, "part")}, enough to share out evenly`;
  return `Chunks: ${text(most)}, ${why}. Quick ones go to a worker many at a time.`;
}

function workerLine({ plan: { cores, coresSaid }, firstWorkers: first }: Explained): string {
  const { usable, system, affinity, quota } = countCores();
  const limits = [`the system has ${system}`];
  if (affinity !== undefined && affinity < system) limits.push(`this process may run on ${affinity}`);
  if (quota !== undefined) limits.push(`its quota is ${Math.round(quota * 100) / 100}`);
  const why = coresSaid
    ? `as --cores says (usable: ${usable}; ${limits.join(", ")})`
    : `the usable cores (${limits.join(", ")})`;
  const begin = first < cores ? `; ${first} to begin with, more when the input keeps them busy` : "";
  return `Workers: ${cores}, ${why}${begin}.`;
}

function verdictLines(cost: RecordCost, { calibration, job, plan: { cores: workers } }: Explained): string[] {
  const { startMs } = calibration;
  const least = breakEven(cost, { workers, startMs });
  const total = totalRecords(cost, job, calibration);
  const lines: string[] = [];
  if (total === undefined) {
    const isStream = job.sources.some(({ kind }) => kind === "stream");
    const why = isStream ? "cannot be known before it has been read" : "is not known: no chunk was done in the time";
    lines.push(`How many records the input has ${why}.`);
  } else {
    const { serialMs, parallelMs } = timesOf(total, cost, { workers, startMs });
    const about = calibration.allRecords === undefined ? "about " : "";
    lines.push(
      `Estimate for ${about}${countText(total, "record")}: ${timeText(serialMs)} in one process, ` +
        `${timeText(parallelMs)} with ${countText(workers, "worker")}, ${timeText(startMs)} of it to start pmap and them.`,
    );
    if (job.keyed) lines.push("Not in it: merging the groups, when all records have been read.");
  }
  if (timedMs(calibration) < TELLING_MS) {
    const here = calibration.allRecords === undefined ? "" : "Serial would be faster here; ";
    const few = `${timeText(timedMs(calibration))} of work are too few to tell from which number of records on workers pay.`;
    lines.push(`${here}${few}`);
  } else if (least === Number.POSITIVE_INFINITY) {
    const why = workers === 1 ? "there is only one worker" : "the messages take what the workers save";
    lines.push(`Serial would be faster at any length: ${why}.`);
  } else {
    const here = total === undefined ? "" : total < least ? ", and so here" : "; not here";
    lines.push(`Serial would be faster below about ${countText(roundUp(least), "record")}${here}.`);
  }
  return lines;
}

/** Undefined where it cannot be told. */
function totalRecords(
  { bytes }: RecordCost,
  { sources, range, limit }: Job,
  { allRecords }: Calibration,
): number | undefined {
  const most = limit ?? Number.POSITIVE_INFINITY;
  if (allRecords !== undefined) return Math.min(most, allRecords);
  if (range !== undefined) return Math.min(most, range.count);
  let size = 0;
  for (const source of sources) {
    if (source.kind === "stream") return undefined;
    size += source.end - source.begin;
  }
  return bytes === undefined ? undefined : Math.min(most, Math.round(size / bytes));
}

/** Two digits: an estimate has no more. */
function roundUp(n: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, n))) - 1);
  return Math.ceil(n / unit) * unit;
}
