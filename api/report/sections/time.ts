/** Where the time went: by worker, over time, and in what was no work. */
import type { WorkerTime } from "../../../core/protocol/worker-stats.ts";
import { STAGES } from "../../job-stats.ts";
import type { JobStats, WorkerRow, WorkerStats } from "../../job-stats-types.ts";
import { percentText, rateText, sizeText, timeText } from "../../units.ts";
import { type Html, html } from "../html.ts";
import { MOST_WORKERS } from "../recording.ts";
import type { ReportData } from "../report-data.ts";
import type { Section } from "../section.ts";
import { table, tableBehind } from "../tables.ts";
import { secondsText } from "../texts.ts";
import { chart } from "./chart.ts";

/** With more workers their table is behind the bars. */
const MOST_TABLE_ROWS = 8;
/** Workers that have a bar of their own. */
const MOST_BARS = 32;
const LONGEST_BATCHES = 50;
const MOST_TIMES = 60;

export function timeSections(data: ReportData): Section[] {
  return [
    { id: "time", title: "Where the time went", body: timeSection(data) },
    { id: "losses", title: "What was no work", body: lossSection(data) },
    { id: "timeline", title: "Batches over time", body: timelineSection(data) },
    { id: "throughput", title: "Throughput over time", body: throughputSection(data) },
  ];
}

/** The stages that any worker has spent time on. */
function stagesOf({ total }: JobStats): (keyof WorkerTime)[] {
  return STAGES.filter((stage) => total.ms[stage] > 0);
}

function timeSection({ stats }: ReportData): Html {
  const stages = stagesOf(stats);
  const { perWorker, total, wallMs } = stats;
  if (perWorker.length === 0) return html`<p>No worker has told where its time went.</p>`;
  const legend = stages.map((stage) => html`<span class="key"><i class="s-${stage}"></i>${stage}</span> `);
  const bars = perWorker.slice(0, MOST_BARS).map((row) => bar(`worker ${row.worker}`, row, stages, wallMs));
  const more =
    perWorker.length > MOST_BARS
      ? html`<p class="note">The first ${MOST_BARS} of ${perWorker.length} workers.</p>`
      : undefined;
  const cells = (name: string, { records, bytesIn, bytesOut, batches, ms }: WorkerStats) => [
    name,
    records.toLocaleString("en-US"),
    `${sizeText(bytesIn)}B`,
    `${sizeText(bytesOut)}B`,
    batches.toLocaleString("en-US"),
    ...stages.map((stage) => (ms[stage] === 0 ? "-" : secondsText(ms[stage]))),
  ];
  const rows = perWorker.slice(0, MOST_WORKERS).map((row) => cells(nameOf(row), row));
  const empty = stats.cluster === undefined ? "the worker was not there" : "nothing has told where the time went";
  return html`<p class="note">Each bar is the time from pmap's start to its end (${secondsText(wallMs)}); where it is empty ${empty}.</p>
<p class="legend">${legend}</p>
<div class="bars" aria-hidden="true">${bars}</div>${more}
${(rows.length > MOST_TABLE_ROWS ? tableBehind : table)({
  caption: "Time of each worker",
  head: ["worker", "records", "in", "out", "batches", ...stages],
  rows: [...rows, cells("all", total)],
  hasSum: true,
})}`;
}

/** On a cluster a worker is a slot of an executor. */
function nameOf({ worker, executor, host }: WorkerRow): string {
  return executor === undefined ? String(worker) : `${worker}, executor ${executor} on ${host}`;
}

function bar(name: string, { ms }: WorkerStats, stages: readonly (keyof WorkerTime)[], wallMs: number): Html {
  const parts = stages.map((stage) => {
    const share = Math.min(1, ms[stage] / wallMs);
    const width = (100 * share).toFixed(2);
    return html`<i class="s-${stage}" style="width:${width}%" title="${stage}: ${timeText(ms[stage])}, ${percentText(share)}"></i>`;
  });
  return html`<div class="bar-row"><span>${name}</span><div class="bar">${parts}</div></div>
`;
}

function lossSection({ verdict, stats }: ReportData): Html {
  const all = stats.workers * stats.wallMs;
  const rows = verdict.losses.map(({ what, ms, share }) => [what, secondsText(ms), percentText(share)]);
  const useful = ["the records: efficiency", secondsText(stats.efficiency * all), percentText(stats.efficiency)];
  const { coordinator } = stats;
  const own =
    coordinator === undefined
      ? undefined
      : html`<p class="note">Beside the workers pmap's own process took ${secondsText(coordinator.cpuMs)} of CPU, ${percentText(coordinator.cpuMs / stats.wallMs)} of a core: ${stats.cluster === undefined ? "reading streams, giving out batches, writing to pipes" : "giving out tasks, writing what comes back"}.</p>`;
  return html`${table({
    caption: `${stats.workers} x ${secondsText(stats.wallMs)} = ${secondsText(all)} of worker time went to`,
    head: ["what", "time", "share"],
    rows: [useful, ...rows],
  })}
${own}`;
}

function timelineSection({ charts, workersStarted, stats }: ReportData): Html {
  if (charts.spans.length === 0) return html`<p>No batch has come to its end.</p>`;
  const longest = [...charts.spans].sort((a, b) => b[2] - a[2]).slice(0, LONGEST_BATCHES);
  const rows = longest.map(([worker, start, ms, batches, busy, records, bytes, how, source, offset]) => [
    String(worker),
    secondsText(start),
    timeText(ms),
    batches.toLocaleString("en-US"),
    `${Math.min(100, Math.round((100 * busy) / Math.max(ms, 0.1)))} %`,
    records.toLocaleString("en-US"),
    charts.unit === "bytes" ? `${sizeText(bytes)}B` : bytes.toLocaleString("en-US"),
    ["done", "failed", "died"][how],
    charts.unit === "bytes"
      ? `${charts.sources[source] ?? source}, byte ${offset.toLocaleString("en-US")}`
      : `number ${offset + 1}`,
  ]);
  const omitted =
    workersStarted > MOST_WORKERS
      ? html`<p class="note">Shown are the first ${MOST_WORKERS} of ${workersStarted} workers.</p>`
      : undefined;
  const label = `When each of ${stats.perWorker.length} workers was busy. Arrow keys move, plus and minus zoom, 0 shows all; the longest batches are in the table below.`;
  const what =
    stats.cluster === undefined
      ? "A row is a worker, a block one batch"
      : "A row is a slot of an executor, a block one task";
  return html`<p class="note">${what} or a few that follow each other. Drag to zoom, double-click to see all; with the keyboard: arrows, +, −, 0.</p>
${chart("timeline-chart", label, true)}${omitted}
${tableBehind({
  caption: "The longest blocks",
  head: ["worker", "from", "length", "batches", "busy", "records", charts.unit, "end", "begins at"],
  rows,
  texts: [0, 7, 8],
})}`;
}

function throughputSection({ charts }: ReportData): Html {
  const { binMs, records, bytes, busyMs } = charts;
  // Bins of the chart, joined to as many rows as a table can have.
  const joined = Math.ceil(records.length / MOST_TIMES);
  const sum = (values: readonly number[], from: number) =>
    values.slice(from, from + joined).reduce((total, n) => total + n, 0);
  const seconds = (joined * binMs) / 1000;
  const rows = Array.from({ length: Math.ceil(records.length / Math.max(1, joined)) }, (_, i) => [
    secondsText(i * joined * binMs),
    rateText(sum(records, i * joined) / seconds),
    `${sizeText(Math.round(sum(bytes, i * joined) / seconds))}${charts.unit === "bytes" ? "B" : ""}`,
    (sum(busyMs, i * joined) / (joined * binMs)).toFixed(2),
  ]);
  return html`<p class="note">Records that workers have run, and how many workers were on batches.</p>
${chart("throughput-chart", "Records a second and busy workers over time; the figures are in the table below.", true)}
${tableBehind({ caption: "Throughput", head: ["from", "records/s", `${charts.unit}/s`, "workers busy"], rows })}`;
}
