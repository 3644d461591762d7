/** A chart of uPlot's that follows the page: its width, its colours, light and dark, and paper. */
import uPlot from "uplot";
import type { TimeRange } from "./time-range.ts";

/** A colour of the page's style, as it is now. */
export function colourOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export interface PlotOptions extends Omit<uPlot.Options, "width"> {
  /** For a chart over time. */
  readonly range?: TimeRange;
}

export function createPlot(place: HTMLElement, { range, ...options }: PlotOptions, data: uPlot.AlignedData): uPlot {
  const widthOf = () => Math.max(200, Math.floor(place.clientWidth));
  const drag = { x: range !== undefined, y: false, setScale: false };
  const plot = new uPlot(
    {
      ...options,
      width: widthOf(),
      cursor: { y: false, points: { show: false }, ...options.cursor, drag },
      hooks: {
        ...options.hooks,
        setSelect: [
          (self) => {
            if (range === undefined || self.select.width < 3) return;
            const { left, width } = self.select;
            range.set(self.posToVal(left, "x"), self.posToVal(left + width, "x"));
            self.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    },
    data,
    place,
  );
  if (range !== undefined) {
    range.listenTo(place);
    range.onChange((min, max) => plot.setScale("x", { min, max }));
    plot.over.addEventListener("dblclick", () => range.change("all"));
  }
  new ResizeObserver(() => {
    if (widthOf() !== plot.width) plot.setSize({ width: widthOf(), height: options.height });
  }).observe(place);
  const redraw = () => plot.redraw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  matchMedia("print").addEventListener("change", redraw);
  return plot;
}

export function axis(options: uPlot.Axis = {}): uPlot.Axis {
  return {
    stroke: () => colourOf("quiet"),
    font: "12px system-ui, sans-serif",
    grid: { stroke: () => colourOf("line"), width: 1 },
    ticks: { stroke: () => colourOf("line"), width: 1, size: 4 },
    ...options,
  };
}

/** The height of what stands below a chart. */
export const AXIS_PX = 32;

/** Steps of a time axis, in milliseconds: of an hour they are minutes, not thousands of seconds. */
const TIME_STEPS = [
  ...[0.01, 0.1, 1, 10, 100, 1000].flatMap((unit) => [unit, 2 * unit, 5 * unit]),
  ...[10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400].map((seconds) => seconds * 1000),
];

export function timeAxis(range: TimeRange): uPlot.Axis {
  return axis({ values: (_, splits) => timeLabels(splits, range), incrs: TIME_STEPS, space: 70, size: AXIS_PX });
}

/** Scales of a chart over time: x is milliseconds, and shows what the range says. */
export function timeScales(range: TimeRange): uPlot.Scales {
  return { x: { time: false, range: () => [range.fromMs, range.toMs] } };
}

/** Moments of an axis: as many digits as tell them apart. */
function timeLabels(atMs: readonly number[], { toMs }: TimeRange): string[] {
  const isExact = (n: number, digits: number) => Math.abs(n * 10 ** digits - Math.round(n * 10 ** digits)) < 1e-6;
  const digits = [0, 1, 2, 3, 4].find((d) => atMs.every((ms) => isExact(ms / 1000, d))) ?? 4;
  const two = (n: number) => String(n).padStart(2, "0");
  return atMs.map((ms) => {
    const seconds = ms / 1000;
    if (toMs < 600_000) return `${seconds.toFixed(digits)} s`;
    const minutes = Math.floor(seconds / 60);
    const rest = (seconds - 60 * minutes).toFixed(digits).padStart(digits > 0 ? 3 + digits : 2, "0");
    return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
  });
}

/** `12.5k`, `3.1M`. */
export function countLabel(n: number): string {
  const [scaled, unit] =
    Math.abs(n) >= 1e9
      ? [n / 1e9, "G"]
      : Math.abs(n) >= 1e6
        ? [n / 1e6, "M"]
        : Math.abs(n) >= 1e3
          ? [n / 1e3, "k"]
          : [n, ""];
  return `${Number(scaled.toPrecision(3))}${unit}`;
}

/** `850 us`, `12.3 ms`, `4.56 s`. */
export function durationLabel(ms: number): string {
  const [scaled, unit] = ms < 1 ? [ms * 1000, "us"] : ms < 1000 ? [ms, "ms"] : [ms / 1000, "s"];
  return `${Number(scaled.toPrecision(3))} ${unit}`;
}
