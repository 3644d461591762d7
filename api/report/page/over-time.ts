/** Lines over time: throughput, and the memory of each process. */
import type uPlot from "uplot";
import type { ChartData } from "../chart-data.ts";
import { axis, colourOf, countLabel, createPlot, timeAxis, timeScales } from "./plot.ts";
import type { TimeRange } from "./time-range.ts";

const seconds = (ms: number | null) => (ms == null ? "-" : `${(ms / 1000).toFixed(2)} s`);

export function drawThroughput(place: HTMLElement, charts: ChartData, range: TimeRange): void {
  const { binMs, records, busyMs, endMs } = charts;
  const length = Math.ceil(endMs / binMs);
  // Each point stands in the middle of its bin. The last bin may be shorter.
  const at = Array.from({ length }, (_, i) => Math.min(endMs, (i + 0.5) * binMs));
  const widthOf = (i: number) => Math.max(1, Math.min(binMs, endMs - i * binMs));
  const rate = at.map((_, i) => ((records[i] ?? 0) / widthOf(i)) * 1000);
  const busy = at.map((_, i) => (busyMs[i] ?? 0) / widthOf(i));
  createPlot(
    place,
    {
      height: 240,
      range,
      scales: {
        ...timeScales(range),
        y: { range: (_, __, most) => [0, Math.max(1, most ?? 1) * 1.05] },
        busy: { range: (_, __, most) => [0, Math.max(1, Math.ceil((most ?? 1) - 0.1)) * 1.05] },
      },
      axes: [
        timeAxis(range),
        axis({
          values: (_, splits) => splits.map(countLabel),
          size: 52,
          label: "records/s",
          labelSize: 18,
          labelFont: "12px system-ui, sans-serif",
        }),
        axis({
          scale: "busy",
          side: 1,
          grid: { show: false },
          size: 34,
          label: "workers busy",
          labelSize: 18,
          labelFont: "12px system-ui, sans-serif",
          values: (_, splits) => splits.map((n) => (Number.isInteger(n) ? String(n) : "")),
        }),
      ],
      series: [
        { label: "time", value: (_, ms) => seconds(ms) },
        {
          label: "records/s",
          stroke: () => colourOf("compute"),
          fill: () => `${colourOf("compute")}26`,
          width: 1.5,
          points: { show: false },
          value: (_, n) => (n == null ? "-" : countLabel(n)),
        },
        {
          label: "workers busy",
          scale: "busy",
          stroke: () => colourOf("write"),
          width: 1.5,
          dash: [5, 3],
          points: { show: false },
          value: (_, n) => (n == null ? "-" : n.toFixed(2)),
        },
      ],
    },
    [at, rate, busy],
  );
}

const LINES = ["parse", "compute", "write", "print", "unsplit", "merge", "send", "bad"];

export function drawMemory(place: HTMLElement, { memory, memoryAtMs }: ChartData, range: TimeRange): void {
  const series = memory.map(
    ({ worker }, i): uPlot.Series => ({
      label: worker < 0 ? "pmap" : `worker ${worker}`,
      stroke: () => colourOf(worker < 0 ? "quiet" : (LINES[i % LINES.length] as string)),
      width: 1.5,
      ...(worker < 0 ? { dash: [5, 3] } : {}),
      points: { show: memoryAtMs.length < 3, size: 5 },
      value: (_, mib) => (mib == null ? "-" : `${Math.round(mib)} MB`),
    }),
  );
  createPlot(
    place,
    {
      height: 240,
      range,
      // With many processes the legend would be longer than the chart.
      legend: { show: memory.length <= 8 },
      scales: { ...timeScales(range), y: { range: (_, __, most) => [0, Math.max(1, most ?? 1) * 1.05] } },
      axes: [timeAxis(range), axis({ values: (_, splits) => splits.map((mib) => `${countLabel(mib)} MB`), size: 62 })],
      series: [{ label: "time", value: (_, ms) => seconds(ms) }, ...series],
    },
    [[...memoryAtMs], ...memory.map(({ mib }) => [...mib])],
  );
}
