/** A histogram of times: a bar for each bucket, two for each doubling. */
import uPlot from "uplot";
import { bucketStartMs, type TimeCounts } from "../../../core/protocol/time-histogram.ts";
import { AXIS_PX, axis, colourOf, countLabel, createPlot, durationLabel } from "./plot.ts";

export function drawHistogram(
  place: HTMLElement,
  counts: TimeCounts,
  { what, colour }: { readonly what: string; readonly colour: string },
): void {
  const first = Math.max(0, counts.findIndex((n) => n > 0) - 1);
  // An empty one on each side: a bar stands in the middle of its place.
  const buckets = Array.from({ length: counts.length - first + 1 }, (_, i) => first + i);
  const values = buckets.map((bucket) => counts[bucket] ?? 0);
  const all = values.reduce((sum, n) => sum + n, 0);
  const min = (buckets[0] as number) - 0.5;
  const max = (buckets.at(-1) as number) + 0.5;
  createPlot(
    place,
    {
      height: 220,
      scales: {
        x: { time: false, range: () => [min, max] },
        y: { range: (_, __, most) => [0, Math.max(1, most) * 1.05] },
      },
      axes: [
        axis({
          // Where a bucket begins, between two bars.
          splits: () => buckets.map((bucket) => bucket - 0.5),
          filter: (self, splits) =>
            splits.map((at, i) => (i % Math.ceil(splits.length / Math.max(2, self.width / 75)) === 0 ? at : null)),
          values: (_, splits) => splits.map((at) => (at === null ? null : durationLabel(bucketStartMs(at + 0.5)))),
          grid: { show: false },
          size: AXIS_PX,
        }),
        axis({ values: (_, splits) => splits.map((n) => (Number.isInteger(n) ? countLabel(n) : "")), size: 48 }),
      ],
      series: [
        {
          label: "time",
          value: (_, bucket) =>
            bucket == null
              ? "-"
              : `${durationLabel(bucketStartMs(bucket))} to ${durationLabel(bucketStartMs(bucket + 1))}`,
        },
        {
          label: what,
          fill: () => colourOf(colour),
          stroke: () => colourOf(colour),
          width: 0,
          points: { show: false },
          paths: (uPlot.paths.bars as uPlot.Series.BarsPathBuilderFactory)({ size: [0.92] }),
          value: (_, n) => (n == null ? "-" : `${n.toLocaleString("en-US")} (${((100 * n) / all).toFixed(1)} %)`),
        },
      ],
    },
    [buckets, values],
  );
}
