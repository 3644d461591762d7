/** All that a report shows, put together: figures for its tables, and series for its charts. */
import type { Summary } from "../../core/coordinator/job/job.ts";
import type { TimeCounts } from "../../core/protocol/time-histogram.ts";
import type { JobStats } from "../job-stats-types.ts";
import type { HotLines } from "../profile/hot-lines.ts";
import type { ChartData, Period } from "./chart-data.ts";
import type { RecordedCluster } from "./cluster-recording.ts";
import type { MemorySeries } from "./memory-samples.ts";
import { MOST_WORKERS, type Recorded } from "./recording.ts";
import { shortened } from "./texts.ts";
import { judge, type Outcome, type Verdict } from "./verdict.ts";

export interface Gathered {
  readonly outcome: Outcome;
  /** What the job has failed with. */
  readonly failure: string | undefined;
  readonly stats: JobStats;
  readonly summary: Summary;
  readonly recorded: Recorded;
  readonly memory: MemorySeries;
  readonly recordTimes: TimeCounts;
  /** How the slowest records begin, in the order of the stats; undefined where they cannot be read again. */
  readonly slowTexts: readonly (string | undefined)[];
  /** Where the script was profiled. */
  readonly hotLines?: HotLines | undefined;
  readonly readsStream: boolean;
  readonly writesStream: boolean;
  readonly about: About;
}

/** What a job was, in words. */
export interface About {
  readonly made: string;
  readonly version: string;
  readonly commandLine: string;
  readonly script: { readonly name: string; readonly text: string };
  readonly facts: readonly (readonly [name: string, value: string])[];
}

export interface SlowRow {
  readonly place: string;
  /** One of these records took the time; the place's last is the one whose text this is. */
  readonly within: number;
  readonly ms: number;
  readonly text: string | undefined;
}

export interface RejectRow {
  readonly kind: string;
  readonly count: number;
  readonly samples: readonly { readonly place: string; readonly message: string; readonly text: string }[];
}

export interface ReportData {
  readonly version: 1;
  readonly outcome: Outcome;
  readonly failure: string | undefined;
  readonly verdict: Verdict;
  /** The same as --stats tells. */
  readonly stats: JobStats;
  readonly kept: number;
  readonly filtered: number;
  readonly rejected: number;
  readonly doneBefore: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly slowest: readonly SlowRow[];
  readonly rejects: readonly RejectRow[];
  readonly counters: readonly (readonly [string, number])[];
  readonly deaths: Recorded["deaths"];
  readonly deathCount: number;
  readonly diedBatches: number;
  readonly diedMs: number;
  readonly workersStarted: number;
  /** Undefined where workers of this machine have run the job. */
  readonly recordedCluster: RecordedCluster | undefined;
  readonly peaks: readonly { readonly worker: number; readonly bytes: number }[];
  readonly hotLines: HotLines | undefined;
  readonly charts: ChartData;
  readonly about: About;
}

const MOST_MESSAGE_CHARACTERS = 250;
export const MOST_RECORD_CHARACTERS = 250;
const MOST_COUNTERS = 50;
const MOST_NAME_CHARACTERS = 80;
const HOWS = ["done", "failed", "died"];

export function reportData(gathered: Gathered): ReportData {
  const { stats, summary, recorded, memory, outcome } = gathered;
  const { emittedFrom: kept, filtered, rejected, bytesIn, bytesOut } = summary;
  const slowest = slowRows(gathered);
  const doneBefore = recorded.plan?.done.records ?? 0;
  return {
    version: 1,
    outcome,
    failure: gathered.failure === undefined ? undefined : shortened(gathered.failure, 4 * MOST_MESSAGE_CHARACTERS),
    verdict: judge({
      ...gathered,
      ...timesOf(recorded, stats),
      diedMs: recorded.diedMs,
      doneBefore,
      slowest: slowest[0],
    }),
    stats: { ...stats, perWorker: stats.perWorker.slice(0, MOST_WORKERS) },
    kept,
    filtered,
    rejected,
    doneBefore,
    bytesIn,
    // What a job that has not come to its end has printed is known to the workers.
    bytesOut: bytesOut > 0 ? bytesOut : stats.total.bytesOut,
    slowest,
    rejects: rejectRows(summary, recorded),
    counters: [...summary.counters]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, MOST_COUNTERS)
      .map(([name, n]) => [shortened(name, MOST_NAME_CHARACTERS), n]),
    deaths: recorded.deaths,
    deathCount: recorded.deathCount,
    diedBatches: recorded.diedBatches,
    diedMs: recorded.diedMs,
    workersStarted: recorded.workersStarted,
    recordedCluster: stats.cluster === undefined ? undefined : recorded.cluster,
    peaks: [...memory.peaks]
      .sort(([a], [b]) => a - b)
      .slice(0, MOST_WORKERS)
      .map(([worker, bytes]) => ({ worker, bytes })),
    hotLines: gathered.hotLines,
    charts: chartData(gathered),
    about: gathered.about,
  };
}

/** How long workers waited for what is known, in milliseconds of worker time. */
function timesOf({ waits, phases, spans, plan }: Recorded, { workers, cluster }: JobStats) {
  // A worker of a cluster tells of its time up to its last answer.
  if (cluster !== undefined) return { heldMs: 0, tailMs: 0, mergingMs: 0 };
  const lengthOf = (periods: readonly Period[]) => periods.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const lastEnds = new Map<number, number>();
  for (const { worker, endMs } of spans) lastEnds.set(worker, endMs);
  const ends = [...lastEnds.values()].sort((a, b) => b - a).slice(0, workers);
  const lastMs = ends[0] ?? 0;
  // Those that never had a batch had nothing to do from the beginning.
  const tailMs = ends.reduce((sum, endMs) => sum + lastMs - endMs, 0);
  const mergingMs = plan === undefined ? 0 : lengthOf(phases.filter(({ name }) => name === "merging")) * (workers - 1);
  return { heldMs: lengthOf(waits) * workers, tailMs, mergingMs };
}

function slowRows({ stats, slowTexts }: Gathered): SlowRow[] {
  return stats.slowest.map(({ source, line, within, ms }, i) => {
    const text = slowTexts[i];
    return {
      place: within > 1 ? `${source}:${Math.max(1, line - within + 1)}-${line}` : `${source}:${line}`,
      within,
      ms,
      text: text === undefined ? undefined : shortened(text, MOST_RECORD_CHARACTERS),
    };
  });
}

function rejectRows({ rejectsByKind }: Summary, { rejects }: Recorded): RejectRow[] {
  return [...rejectsByKind].map(([kind, count]) => ({
    kind,
    count,
    samples: (rejects.get(kind) ?? []).map(({ sourceName, line, failure }) => ({
      place: `${sourceName}:${line}`,
      message: shortened([failure.message, failure.stack].filter(Boolean).join("\n"), MOST_MESSAGE_CHARACTERS),
      text: `${failure.base64 ? "base64: " : ""}${shortened(failure.raw, MOST_RECORD_CHARACTERS)}`,
    })),
  }));
}

function chartData({ stats, recorded, memory, recordTimes }: Gathered): ChartData {
  const { plan, phases, waits, workers, spans, throughput, batchTimes } = recorded;
  const { sums } = throughput;
  return {
    endMs: rounded(stats.wallMs),
    sources: (plan?.sources ?? []).slice(0, 100).map(({ name }) => shortened(name, 200)),
    unit: plan?.unit ?? "bytes",
    phases: phases.map(roundedPeriod),
    waits: waits.map(roundedPeriod),
    workers: workers.map((life) => ({
      ...life,
      fromMs: rounded(life.fromMs),
      toMs: life.toMs === undefined ? undefined : rounded(life.toMs),
    })),
    spans: spans.map(({ worker, startMs, endMs, batches, busyMs, records, bytes, how, source, offset }) => [
      worker,
      rounded(startMs),
      rounded(endMs - startMs),
      batches,
      rounded(busyMs),
      records,
      bytes,
      HOWS.indexOf(how),
      source,
      offset,
    ]),
    binMs: throughput.widthMs,
    records: sums.records.map(Math.round),
    bytes: sums.bytes.map(Math.round),
    busyMs: sums.busyMs.map(rounded),
    recordTimes,
    batchTimes,
    memoryAtMs: memory.atMs.map(Math.round),
    memory: [...memory.bytes].map(([worker, series]) => ({
      worker,
      mib: series.map((bytes) => (bytes === undefined ? null : rounded(bytes / 1024 ** 2))),
    })),
  };
}

function roundedPeriod({ name, fromMs, toMs }: Period): Period {
  return { name, fromMs: rounded(fromMs), toMs: rounded(toMs) };
}

function rounded(n: number): number {
  return Math.round(n * 10) / 10;
}
