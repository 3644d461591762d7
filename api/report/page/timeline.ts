/** The timeline: a row for each worker, a block for each batch, or for a few that follow each other. */
import type uPlot from "uplot";
import type { ChartData, SpanRow } from "../chart-data.ts";
import { AXIS_PX, axis, colourOf, createPlot, durationLabel, timeAxis, timeScales } from "./plot.ts";
import type { TimeRange } from "./time-range.ts";

const ROW_PX = 22;
const LEAST_PX = 80;
const MOST_PX = 560;
const COLOURS = ["compute", "failed", "bad"];

interface Row {
  readonly worker: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly spans: SpanRow[];
}

export function drawTimeline(place: HTMLElement, charts: ChartData, range: TimeRange): void {
  const rows = rowsOf(charts);
  const height = Math.min(MOST_PX, Math.max(LEAST_PX, rows.length * ROW_PX + AXIS_PX + 16));
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  // One at each end: uPlot wants points, and draws none of them.
  const data: uPlot.AlignedData = [
    [0, charts.endMs],
    [null, null],
  ];
  const plot = createPlot(
    place,
    {
      height,
      range,
      legend: { show: false },
      scales: { ...timeScales(range), y: { dir: -1, range: () => [0, rows.length] } },
      axes: [
        timeAxis(range),
        axis({
          size: 76,
          splits: () => rows.map((_, i) => i + 0.5),
          filter: (_, splits) => splits.map((at, i) => (i % Math.ceil((rows.length * 14) / height) === 0 ? at : null)),
          values: (_, splits) => splits.map((at) => (at === null ? null : `worker ${rows[Math.floor(at)]?.worker}`)),
          grid: { show: false },
          ticks: { show: false },
        }),
      ],
      series: [{}, {}],
      hooks: {
        draw: [(self) => drawRows(self, rows, charts)],
        setCursor: [(self) => showTip(self, tip, rows, charts)],
      },
    },
    data,
  );
  plot.over.append(tip);
  plot.over.addEventListener("mouseleave", () => {
    tip.hidden = true;
  });
}

function rowsOf({ workers, spans, endMs }: ChartData): Row[] {
  const rows = new Map<number, Row>();
  for (const { worker, fromMs, toMs } of workers) rows.set(worker, { worker, fromMs, toMs: toMs ?? endMs, spans: [] });
  for (const span of spans) rows.get(span[0])?.spans.push(span);
  return [...rows.values()];
}

function drawRows(plot: uPlot, rows: readonly Row[], { phases }: ChartData): void {
  const { ctx, bbox } = plot;
  const rowPx = bbox.height / Math.max(1, rows.length);
  const gapPx = Math.min(4 * devicePixelRatio, rowPx * 0.2);
  const x = (ms: number) => plot.valToPos(ms, "x", true);
  const idle = colourOf("idle");
  const colours = COLOURS.map(colourOf);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  rows.forEach(({ fromMs, toMs, spans }, i) => {
    const top = bbox.top + i * rowPx + gapPx / 2;
    const height = Math.max(1, rowPx - gapPx);
    ctx.fillStyle = idle;
    ctx.fillRect(x(fromMs), top, x(toMs) - x(fromMs), height);
    for (const [, start, ms, , busy, , , how] of spans) {
      const left = x(start);
      const width = x(start + ms) - left;
      if (left > bbox.left + bbox.width || left + width < bbox.left) continue;
      // Of blocks that stand for several batches: the more the worker was busy, the fuller the colour.
      ctx.globalAlpha = 0.35 + 0.65 * Math.min(1, busy / Math.max(ms, 0.1));
      ctx.fillStyle = colours[how] ?? colours[0] ?? "";
      // A hair between two, where there is room for it.
      ctx.fillRect(left, top, Math.max(1, width > 4 ? width - 1 : width), height);
    }
    ctx.globalAlpha = 1;
  });
  ctx.strokeStyle = colourOf("quiet");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4, 4]);
  for (const { name, fromMs } of phases) {
    if (name !== "merging" && name !== "finishing") continue;
    ctx.beginPath();
    ctx.moveTo(x(fromMs), bbox.top);
    ctx.lineTo(x(fromMs), bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

function showTip(plot: uPlot, tip: HTMLElement, rows: readonly Row[], charts: ChartData): void {
  const { left = -1, top = -1 } = plot.cursor;
  const row = left < 0 ? undefined : rows[Math.floor(plot.posToVal(top, "y"))];
  const ms = plot.posToVal(left, "x");
  const span = row?.spans.find(([, start, length]) => start <= ms && ms <= start + length);
  tip.hidden = row === undefined;
  if (row === undefined) return;
  tip.textContent = span === undefined ? `worker ${row.worker}\n${idleText(row, ms, charts)}` : spanText(span, charts);
  const { clientWidth } = plot.over;
  const x = Math.max(0, Math.min(left + 12, clientWidth - tip.offsetWidth));
  tip.style.left = `${x}px`;
  tip.style.top = `${top + 16}px`;
}

function idleText({ fromMs, toMs }: Row, ms: number, { waits }: ChartData): string {
  if (ms < fromMs) return "not there yet";
  if (ms > toMs) return "has ended";
  const wait = waits.find((each) => each.fromMs <= ms && ms <= each.toMs);
  return wait === undefined ? "on no batch" : `on no batch: ${wait.name}`;
}

function spanText(span: SpanRow, { sources, unit }: ChartData): string {
  const [worker, start, ms, batches, busy, records, bytes, how, source, offset] = span;
  const count = (n: number) => n.toLocaleString("en-US");
  const size = unit === "bytes" ? `${count(bytes)} bytes` : `${count(bytes)} numbers`;
  const place = unit === "bytes" ? `${sources[source] ?? ""}, byte ${count(offset)}` : `number ${count(offset + 1)}`;
  return [
    `worker ${worker}: ${batches === 1 ? "one batch" : `${count(batches)} batches`}${["", ", failed", ", the worker died"][how]}`,
    `${durationLabel(ms)} from ${(start / 1000).toFixed(3)} s, busy ${Math.min(100, Math.round((100 * busy) / Math.max(ms, 0.1)))} %`,
    `${count(records)} records, ${size}`,
    `from ${place} on`,
  ].join("\n");
}
