/** The lines of a log of batches: their columns, and which of them a run that goes on keeps. */
import { readFileSync, truncateSync } from "node:fs";
import { statsOf } from "../adapters/system/file-stats.ts";

/** The first nine are GNU parallel's. */
const COLUMNS = [
  ...["Seq", "Host", "Starttime", "JobRuntime", "Send", "Receive", "Exitval", "Signal", "Command"],
  ...["Worker", "Records", "Emitted", "Filtered", "Rejected"],
];
const EXIT = COLUMNS.indexOf("Exitval");
const SIGNAL = COLUMNS.indexOf("Signal");
const RECORDS = COLUMNS.indexOf("Records");

/** The first line. */
export const HEAD = `${COLUMNS.join("\t")}\n`;

/**
 * Cuts the log of an interrupted run behind the batches that its output has.
 * @param records how many records of the output are kept
 * @returns how many lines are left; undefined where the log starts anew
 */
export function keepLines(path: string, records: number): number | undefined {
  if (records === 0 || statsOf(path)?.isFile() !== true) return undefined;
  const bytes = readFileSync(path);
  const kept = linesOf(bytes.toString("latin1"), records);
  if (kept.lines > 0) truncateSync(path, kept.length);
  return kept.lines === 0 ? undefined : kept.lines;
}

/** The lines up to the one with which the batches that are done have this number of records; a character a byte. */
function linesOf(text: string, records: number): { readonly lines: number; readonly length: number } {
  const kept = { lines: 0, length: 0 };
  if (!text.startsWith(HEAD)) return kept;
  let end = HEAD.length;
  let sum = 0;
  for (const line of text.slice(end).match(/.*\n/g) ?? []) {
    const cells = line.split("\t");
    if (sum === records) break;
    // What has failed is no part of the output.
    if (cells[EXIT] === "0" && cells[SIGNAL] === "0") sum += Number(cells[RECORDS]);
    if (sum > records) break;
    end += line.length;
    kept.lines++;
    kept.length = end;
  }
  return kept;
}
