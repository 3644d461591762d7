/** What became of records: how long they took, which were the slowest, which failed, what the script counted. */
import { countText, timeText } from "../../units.ts";
import { type Html, html } from "../html.ts";
import type { ReportData } from "../report-data.ts";
import type { Section } from "../section.ts";
import { table, tableBehind, timeRows, timesText } from "../tables.ts";
import { chart } from "./chart.ts";

export function recordSections(data: ReportData): Section[] {
  return [
    { id: "durations", title: "How long records and batches took", body: durationSection(data) },
    { id: "slowest", title: "Slowest records", body: slowSection(data) },
    { id: "rejects", title: "Rejects", body: rejectSection(data) },
    { id: "counters", title: "Counters", body: counterSection(data) },
  ];
}

function durationSection({ charts, stats }: ReportData): Html {
  const { recordTimes, batchTimes } = charts;
  const isOnCluster = stats.cluster !== undefined;
  const sampled = recordTimes.reduce((sum, n) => sum + n, 0);
  const batches = batchTimes.reduce((sum, n) => sum + n, 0);
  const noRecords =
    stats.total.ms.unsplit > 0
      ? "Asynchronous records are not timed one by one: a moment belongs to no single one."
      : "No record was timed.";
  return html`<div class="two"><div><h3>Records</h3>
${
  sampled === 0
    ? html`<p>${noRecords}</p>`
    : html`<p class="note">The script's filter and map, of ${countText(sampled, "record")} that were timed (a sample): ${timesText(recordTimes)}.</p>
${chart("record-times-chart", "How many of the sampled records took how long; the counts are in the table below.", false)}
${tableBehind({ caption: "Times of sampled records", head: ["time", "records", "share"], rows: timeRows(recordTimes) })}`
}
</div><div><h3>${isOnCluster ? "Tasks" : "Batches"}</h3>
${
  batches === 0
    ? html`<p>No batch has come to its end.</p>`
    : html`<p class="note">${isOnCluster ? `${countText(batches, "task")}, the time that its worker was on each` : `${batches === 1 ? "One batch" : `${batches.toLocaleString("en-US")} batches`}, from a request's arrival at the worker to its answer`}: ${timesText(batchTimes)}.</p>
${chart("batch-times-chart", "How many batches took how long; the counts are in the table below.", false)}
${tableBehind({ caption: "Times of batches", head: ["time", "batches", "share"], rows: timeRows(batchTimes) })}`
}
</div></div>`;
}

function slowSection({ slowest }: ReportData): Html {
  if (slowest.length === 0)
    return html`<p>No clock has seen a record: those that take less than 5 ms are timed in samples only.</p>`;
  const isOfSeveral = slowest.some(({ within }) => within > 1);
  const note = html`<p class="note">Where a place has several lines, one of these records took the time, and the text is that of the last.</p>`;
  const rows = table({
    caption: "The slowest that a clock has seen",
    head: ["place", "time", "record"],
    rows: slowest.map(({ place, ms, text }) => [
      place,
      timeText(ms),
      text === undefined ? "cannot be read again" : html`<code>${text}</code>`,
    ]),
    texts: [0, 2],
  });
  return html`${isOfSeveral ? note : undefined}${rows}`;
}

function rejectSection({ rejects, rejected }: ReportData): Html {
  if (rejected === 0) return html`<p>None.</p>`;
  return html`${rejects.map(
    ({ kind, count, samples }) => html`<h3>${kind}: ${count.toLocaleString("en-US")}</h3>
${
  samples.length === 0
    ? html`<p>Those were rejected by an earlier run.</p>`
    : table({
        caption: samples.length < count ? `The first ${samples.length}, in input order` : "All of them",
        head: ["place", "what failed", "record"],
        rows: samples.map(({ place, message, text }) => [
          place,
          html`<pre>${message}</pre>`,
          html`<code>${text}</code>`,
        ]),
        texts: [0, 1, 2],
      })
}
`,
  )}`;
}

function counterSection({ counters }: ReportData): Html {
  if (counters.length === 0) return html`<p>The script has counted nothing (<code>ctx.count</code>).</p>`;
  return table({
    caption: "What the script has counted",
    head: ["name", "count"],
    rows: counters.map(([name, n]) => [name, n.toLocaleString("en-US")]),
  });
}
