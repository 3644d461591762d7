/** The page's script: draws the charts from the data that stands in the page. */
import "uplot/dist/uPlot.min.css";
import "./page.css";
import type { ChartData } from "../chart-data.ts";
import { drawHistogram } from "./histogram.ts";
import { drawMemory, drawThroughput } from "./over-time.ts";
import { TimeRange } from "./time-range.ts";
import { drawTimeline } from "./timeline.ts";

const text = document.getElementById("report-data")?.textContent ?? "{}";
const { charts } = JSON.parse(text) as { charts: ChartData };
const range = new TimeRange(charts.endMs);

draw("timeline-chart", (place) => drawTimeline(place, charts, range));
draw("throughput-chart", (place) => drawThroughput(place, charts, range));
draw("memory-chart", (place) => drawMemory(place, charts, range));
draw("record-times-chart", (place) => drawHistogram(place, charts.recordTimes, { what: "records", colour: "compute" }));
draw("batch-times-chart", (place) => drawHistogram(place, charts.batchTimes, { what: "batches", colour: "parse" }));

/** Only a chart that there is room for: its section may have nothing to show. */
function draw(id: string, action: (place: HTMLElement) => void): void {
  const place = document.getElementById(id);
  const figure = place?.closest("figure");
  if (place === null || !figure) return;
  figure.hidden = false;
  action(place);
}
