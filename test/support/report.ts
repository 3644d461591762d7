/** A report as a test reads it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { ReportData } from "../../api/report/report-data.ts";

export interface ReadReport {
  /** The page as it is written. */
  readonly page: string;
  /** What stands in it for programs. */
  readonly data: Omit<ReportData, "slowest" | "about" | "failure">;
  /** The text of a section, without its markup. */
  textOf(section: string): string;
}

export const MOST_REPORT_BYTES = 400 * 1024;

export function readReport(path: string): ReadReport {
  const page = readFileSync(path, "utf8");
  assert.ok(Buffer.byteLength(page) <= MOST_REPORT_BYTES, `${Buffer.byteLength(page)} bytes`);
  const [, json = ""] = /<script type="application\/json" id="report-data">(.*?)<\/script>/s.exec(page) ?? [];
  return {
    page,
    data: JSON.parse(json),
    textOf(section) {
      const start = page.indexOf(section === "header" ? "<header>" : `<section id="${section}"`);
      assert.ok(start >= 0, `there is no section ${section}`);
      return asText(page.slice(start, page.indexOf(section === "header" ? "</header>" : "</section>", start)));
    },
  };
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };

function asText(html: string): string {
  return html
    .replace(/<[^>]*>/g, " ")
    .replace(/&(#?\w+);/g, (_, name: string) => ENTITIES[name] ?? "?")
    .replace(/\s+/g, " ");
}

export interface ReadTrace {
  readonly traceEvents: readonly {
    readonly ph: string;
    readonly name: string;
    readonly pid: number;
    readonly tid: number;
    readonly ts: number;
    readonly dur?: number;
    readonly args?: Readonly<Record<string, unknown>>;
  }[];
}

/** Reads a trace, and finds out whether it is one. */
export function readTrace(path: string): ReadTrace {
  const trace = JSON.parse(readFileSync(path, "utf8")) as ReadTrace;
  const ends = new Map<string, number>();
  for (const { ph, name, pid, tid, ts, dur = 0 } of trace.traceEvents) {
    assert.ok(["X", "M", "i", "C"].includes(ph), ph);
    assert.equal(typeof name, "string");
    for (const n of [pid, tid, ts, dur]) assert.ok(Number.isSafeInteger(n) && n >= 0, `${name}: ${n}`);
    if (ph !== "X") continue;
    // Slices of one thread neither overlap nor go back.
    assert.ok(ts >= (ends.get(`${pid}:${tid}`) ?? 0), `${name} at ${ts}`);
    ends.set(`${pid}:${tid}`, ts + dur);
  }
  return trace;
}
