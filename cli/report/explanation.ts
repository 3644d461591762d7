/** What `--explain` says: what a record costs, how the work would be shared out and why, and whether that pays. */

import type { Estimate, Explained } from "../../api/explain.ts";
import { countText, LEAST_MS, sizeText, timeText } from "../../api/units.ts";
import { recommendation } from "./recommendation.ts";

/** Less work than this says nothing about more of it, in milliseconds. */
const TELLING_MS = 20;

/** Sentences, a line each. */
export function explanation(setting: Explained): string {
  const { cost, estimate, format } = setting;
  const lines = format === undefined ? [] : [`Input format: ${format.from}, ${format.reason}.`];
  lines.push(...compressionLines(setting.job));
  lines.push(
    ...(cost === undefined || estimate === undefined
      ? ["There is no record to time."]
      : costLines(cost, estimate, setting)),
  );
  lines.push(...fieldLines(setting), chunkLine(setting), workerLine(setting));
  if (estimate !== undefined) lines.push(...verdictLines(estimate, setting));
  const recommended = recommendation(setting);
  if (recommended !== undefined) lines.push(recommended);
  return lines.map((line) => `pmap: ${line}\n`).join("");
}

function compressionLines({ sources }: Explained["job"]): string[] {
  const ranged = sources.filter((source) => source.kind === "file" && source.compressed !== undefined).length;
  const streamed = sources.filter((source) => source.kind === "stream" && source.compressedFile !== undefined).length;
  if (ranged === 0 && streamed === 0) return [];
  if (streamed === 0) return ["Compressed input: by ranges; workers decompress what they read."];
  if (ranged === 0) return ["Compressed input: one stream a file, decompressed beside the coordinator."];
  return [`Compressed input: ${countText(ranged, "file")} by ranges, ${streamed} as streams.`];
}

function costLines(
  cost: NonNullable<Explained["cost"]>,
  { timedMs }: Estimate,
  { calibration, job }: Explained,
): string[] {
  const all = calibration.allRecords === undefined ? "" : ", all that there are";
  const isWarm = timedMs >= TELLING_MS && cost.warmUpMs > 0;
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

const MOST_FIELDS = 8;

function fieldLines({ fields, fieldCount, job }: Explained): string[] {
  if (fields === undefined || !["jsonl", "csv", "tsv"].includes(job.from)) return [];
  const rest = fields.length - MOST_FIELDS;
  const names = `${fields.slice(0, MOST_FIELDS).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}` || "none";
  const of = fieldCount === undefined ? "" : ` of ${countText(fieldCount, "field")}`;
  return [`Fields: the script reads ${names}${of}; in long inputs the others are checked and not made.`];
}

function chunkLine({ job, chunks }: Explained): string {
  const { input } = job;
  const unit = input.cut === "units" ? input.unit : "byte";
  const text = (n: number) => (input.cut === "units" || n < 1024 ? countText(n, unit) : sizeText(n));
  switch (chunks.tag) {
    case "blocks of a stream":
      return "Chunks: blocks of whole records, as the stream brings them.";
    case "growing":
      return `Chunks: from ${text(chunks.least)} to ${text(chunks.most)}, growing with the offset, so that every input of the same bytes is cut alike.`;
    case "parts": {
      const why = `the input in about ${countText(chunks.parts, "part")}, enough to share out evenly`;
      return `Chunks: ${text(chunks.size)}, ${why}. Quick ones go to a worker many at a time.`;
    }
    case "even": {
      if (chunks.why === "given") return `Chunks: ${text(chunks.size)}, as --chunk says.`;
      const why =
        chunks.why === "the most" ? "the most that one has: longer ones are slower" : "the least that one has";
      return `Chunks: ${text(chunks.size)}, ${why}. Quick ones go to a worker many at a time.`;
    }
  }
}

function workerLine({ plan: { cores, coresSaid }, cores: found, firstWorkers: first }: Explained): string {
  const { usable, system, affinity, quota } = found;
  const limits = [`the system has ${system}`];
  if (affinity !== undefined && affinity < system) limits.push(`this process may run on ${affinity}`);
  if (quota !== undefined) limits.push(`its quota is ${Math.round(quota * 100) / 100}`);
  const why = coresSaid
    ? `as --cores says (usable: ${usable}; ${limits.join(", ")})`
    : `the usable cores (${limits.join(", ")})`;
  const begin = first < cores ? `; ${first} to begin with, more when the input keeps them busy` : "";
  return `Workers: ${cores}, ${why}${begin}.`;
}

const NOT_COUNTED: Readonly<Record<Explained["notCounted"][number], string>> = {
  decompressing: "decompressing the input",
  merging: "merging the groups, when all records have been read",
  compressing: "compressing the output",
  encoding: "making row groups of the rows",
};

function verdictLines(
  { timedMs, breakEvenRecords, whole }: Estimate,
  { calibration, job, notCounted, plan: { cores: workers } }: Explained,
): string[] {
  const lines: string[] = [];
  if (whole === undefined) {
    const isStream = job.sources.some(({ kind }) => kind === "stream");
    const why = isStream ? "cannot be known before it has been read" : "is not known: no chunk was done in the time";
    lines.push(`How many records the input has ${why}.`);
  } else {
    const { records, serialMs, parallelMs } = whole;
    const about = calibration.allRecords === undefined ? "about " : "";
    lines.push(
      `Estimate for ${about}${countText(records, "record")}: ${timeText(serialMs)} in one process, ` +
        `${timeText(parallelMs)} with ${countText(workers, "worker")}, ${timeText(calibration.startMs)} of it to start pmap and them.`,
    );
    if (notCounted.length > 0) lines.push(`Not in it: ${notCounted.map((what) => NOT_COUNTED[what]).join("; ")}.`);
  }
  if (timedMs < TELLING_MS) {
    const here = calibration.allRecords === undefined ? "" : "Serial would be faster here; ";
    const few = `${timeText(timedMs)} of work are too few to tell from which number of records on workers pay.`;
    lines.push(`${here}${few}`);
  } else if (breakEvenRecords === Number.POSITIVE_INFINITY) {
    const why = workers === 1 ? "there is only one worker" : "the messages take what the workers save";
    lines.push(`Serial would be faster at any length: ${why}.`);
  } else {
    const here = whole === undefined ? "" : whole.records < breakEvenRecords ? ", and so here" : "; not here";
    lines.push(`Serial would be faster below about ${countText(roundUp(breakEvenRecords), "record")}${here}.`);
  }
  return lines;
}

/** Two digits: an estimate has no more. */
function roundUp(n: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, n))) - 1);
  return Math.ceil(n / unit) * unit;
}
