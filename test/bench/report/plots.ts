import { secondsOf } from "../figures.ts";
import type { Measurement, Result } from "../results.ts";
import { MAPS, mostCores, newestWith, type SpeedUp, speedUpResult, speedUps } from "./bench-tables.ts";
import { type Canvas, createCanvas } from "./svg.ts";
import { fixed, runtimeNames } from "./table.ts";

const PANEL = 250;

/** Speed-up against cores, a panel for each runtime: pmap, the limit, and the line that none is above. */
export function speedUpPlot(results: readonly Result[]): string | undefined {
  const result = speedUpResult(results);
  if (result === undefined) return undefined;
  const all = speedUps(result.measurements.filter(({ workload }) => MAPS.includes(workload)));
  const runtimes = [...new Set(all.map(({ runtime }) => runtime))];
  const canvas = createCanvas();
  for (const [i, runtime] of runtimes.entries()) {
    drawSpeedUps(
      canvas,
      50 + i * (PANEL + 50),
      runtime,
      all.filter((one) => one.runtime === runtime),
    );
  }
  for (const [i, workload] of MAPS.entries()) {
    const x = 50 + i * 90;
    canvas.path(
      [
        [x, 330],
        [x + 22, 330],
      ],
      `series c${i}`,
    );
    canvas.text([x + 28, 334], workload);
  }
  canvas.text([50, 356], "solid: pmap -o; dashed: the limit; dotted: as many times as cores", "small");
  const width = Math.max(50 + runtimes.length * (PANEL + 50), 460);
  return canvas.svg(width, 372, "Speed-up of pmap against a single-threaded loop, by cores");
}

function drawSpeedUps(canvas: Canvas, left: number, runtime: string, lines: readonly SpeedUp[]): void {
  const [top, bottom] = [40, 40 + PANEL];
  const cores = lines[0]?.points.map((point) => point.cores) ?? [];
  const most = Math.max(...cores);
  const x = (n: number) => left + (n / most) * (PANEL - 20);
  const y = (speedUp: number) => bottom - (speedUp / most) * (PANEL - 20);
  canvas.text([left, 22], runtimeNames[runtime] ?? runtime, "title");
  for (let n = 1; n <= most; n *= 2) {
    canvas.line([left, y(n)], [left + PANEL, y(n)], "grid");
    canvas.text([left - 8, y(n) + 4], `${n}×`, "small end");
    canvas.text([x(n), bottom + 16], n === 1 ? "1 core" : `${n} cores`, "small middle");
  }
  canvas.line([left, bottom], [left + PANEL, bottom], "axis");
  canvas.line([left, top], [left, bottom], "axis");
  canvas.line([x(0), y(0)], [x(most), y(most)], "ideal");
  for (const { workload, contender, points } of lines) {
    const colour = MAPS.indexOf(workload);
    const style = contender === "limit" ? `series limit c${colour}` : `series c${colour}`;
    canvas.path(
      points.map((point) => [x(point.cores), y(point.speedUp)]),
      style,
    );
    if (contender === "limit") continue;
    for (const point of points) canvas.dot([x(point.cores), y(point.speedUp)], `f${colour}`);
  }
}

/** Seconds of all contenders on all cores, the fastest first, a panel for each workload. */
export function peersPlot(results: readonly Result[]): string | undefined {
  const result = newestWith(results, MAPS);
  if (result === undefined) return undefined;
  const canvas = createCanvas();
  let top = 0;
  for (const workload of MAPS) {
    const bars = barsOf(
      result.measurements.filter((one) => one.workload === workload),
      workload,
    );
    top = drawBars(canvas, top, workload, bars);
  }
  return canvas.svg(720, top, "Seconds of pmap and its peers, by workload");
}

interface Bar {
  label: string;
  seconds: number;
  style: string;
}

function barsOf(measured: readonly Measurement[], workload: string): Bar[] {
  const cores = mostCores(measured);
  const names = new Set(measured.map(({ runtime, contender }) => JSON.stringify([runtime, contender])));
  return [...names]
    .map((name) => {
      const [runtime, contender] = JSON.parse(name) as [string, string];
      const seconds = secondsOf(
        measured.filter((one) => one.runtime === runtime),
        { workload, runtime, cores, contender },
      );
      const label = runtime === "any" ? contender : `${contender}, ${runtimeNames[runtime] ?? runtime}`;
      const style = contender.startsWith("pmap") ? "pmap" : contender === "limit" ? "bound" : "peer";
      return { label, seconds: seconds ?? Number.NaN, style };
    })
    .sort((a, b) => a.seconds - b.seconds);
}

function drawBars(canvas: Canvas, top: number, workload: string, bars: readonly Bar[]): number {
  const [left, width, height] = [190, 460, 18];
  const most = Math.max(...bars.map(({ seconds }) => seconds));
  canvas.text([left, top + 22], `${workload}, seconds`, "title");
  for (const [i, { label, seconds, style }] of bars.entries()) {
    const y = top + 34 + i * height;
    canvas.text([left - 8, y + 11], label, "end");
    canvas.bar([left, y], (seconds / most) * width, height - 5, style);
    canvas.text([left + (seconds / most) * width + 6, y + 11], fixed(seconds), "small");
  }
  return top + 34 + bars.length * height + 14;
}
