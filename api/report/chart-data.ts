/** What the charts of the page are drawn from. It is read by the page's script, in a browser. */
import type { TimeCounts } from "../../core/protocol/time-histogram.ts";

export interface Period {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface WorkerLife {
  readonly worker: number;
  readonly pid: number | undefined;
  readonly fromMs: number;
  /** Undefined while it is there. */
  toMs: number | undefined;
}

/** Numbers for the charts, as the page's script reads them. */
export interface ChartData {
  readonly endMs: number;
  readonly sources: readonly string[];
  readonly unit: "bytes" | "numbers";
  readonly phases: readonly Period[];
  readonly waits: readonly Period[];
  readonly workers: readonly WorkerLife[];
  readonly spans: readonly SpanRow[];
  readonly binMs: number;
  readonly records: readonly number[];
  readonly bytes: readonly number[];
  readonly busyMs: readonly number[];
  readonly recordTimes: TimeCounts;
  readonly batchTimes: TimeCounts;
  readonly memoryAtMs: readonly number[];
  /** By process: MiB; null while it was not there. */
  readonly memory: readonly { readonly worker: number; readonly mib: readonly (number | null)[] }[];
}

/** Worker, start, length, batches, busy, records, bytes, how (0 done, 1 failed, 2 died), source, offset. Milliseconds. */
export type SpanRow = readonly [number, number, number, number, number, number, number, number, number, number];
