// As much SVG as two plots need. Colours follow the reader's light or dark.

/** Whatever can be drawn; coordinates in pixels. */
export interface Canvas {
  line(from: Point, to: Point, style: string): void;
  path(points: readonly Point[], style: string): void;
  bar(at: Point, width: number, height: number, style: string): void;
  dot(at: Point, style: string): void;
  text(at: Point, text: string, style?: string): void;
  /** The whole picture. */
  svg(width: number, height: number, title: string): string;
}

export type Point = readonly [x: number, y: number];

/** One palette for light, one for dark; series colours are legible on both (Okabe and Ito's, who see them all apart). */
const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 13px }
.small { font-size: 11px; fill: #59636e }
.end { text-anchor: end } .middle { text-anchor: middle }
.axis { stroke: #59636e; stroke-width: 1 }
.grid { stroke: #8c959f; stroke-width: 1; opacity: .35 }
.ideal { stroke: #8c959f; stroke-width: 1.5; stroke-dasharray: 2 4; fill: none }
.series { fill: none; stroke-width: 2.5 } .limit { stroke-width: 1.5; stroke-dasharray: 6 4 }
.c0 { stroke: #d55e00 } .c1 { stroke: #0072b2 } .c2 { stroke: #009e73 }
.f0 { fill: #d55e00 } .f1 { fill: #0072b2 } .f2 { fill: #009e73 }
.pmap { fill: #d55e00 } .peer { fill: #8c959f } .bound { fill: #0072b2 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .small { fill: #9198a1 } .axis { stroke: #9198a1 }
.c0 { stroke: #f0883e } .c1 { stroke: #58a6ff } .c2 { stroke: #3fb950 }
.f0 { fill: #f0883e } .f1 { fill: #58a6ff } .f2 { fill: #3fb950 }
.pmap { fill: #f0883e } .peer { fill: #6e7681 } .bound { fill: #58a6ff }
}`;

export function createCanvas(): Canvas {
  const elements: string[] = [];
  const n = (value: number) => String(Math.round(value * 10) / 10);
  return {
    line([x1, y1], [x2, y2], style) {
      elements.push(`<line class="${style}" x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}"/>`);
    },
    path(points, style) {
      elements.push(`<polyline class="${style}" points="${points.map(([x, y]) => `${n(x)},${n(y)}`).join(" ")}"/>`);
    },
    bar([x, y], width, height, style) {
      elements.push(
        `<rect class="${style}" x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" rx="2"/>`,
      );
    },
    dot([x, y], style) {
      elements.push(`<circle class="${style}" cx="${n(x)}" cy="${n(y)}" r="3.5"/>`);
    },
    text([x, y], text, style = "") {
      elements.push(`<text class="${style}" x="${n(x)}" y="${n(y)}">${escapeText(text)}</text>`);
    },
    svg(width, height, title) {
      const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`;
      return [open, `<title>${escapeText(title)}</title>`, `<style>${STYLE}\n</style>`, ...elements, "</svg>", ""].join(
        "\n",
      );
    },
  };
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
