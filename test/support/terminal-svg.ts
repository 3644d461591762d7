/** A terminal's lines as an SVG, which follows the reader's light or dark. */

export interface TerminalLine {
  readonly text: string;
  readonly style?: "prompt" | "comment" | "error" | undefined;
}

const CHARACTER = 7.8;
const LINE = 19;
const MARGIN = 16;
const BAR = 28;

const STYLE = `
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328; white-space: pre }
.window { fill: #f6f8fa; stroke: #d1d9e0 } .light { fill: #d1d9e0 }
.prompt { fill: #0550ae; font-weight: 600 } .comment { fill: #59636e } .error { fill: #b42318 } .bar { fill: #116329 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.window { fill: #161b22; stroke: #3d444d } .light { fill: #3d444d }
.prompt { fill: #79c0ff } .comment { fill: #9198a1 } .error { fill: #ff8a80 } .bar { fill: #56d364 }
}`;

/** @param title what can be seen, for readers who do not see it */
export function terminalSvg(lines: readonly TerminalLine[], columns: number, title: string): string {
  const width = Math.ceil(columns * CHARACTER) + 2 * MARGIN;
  const height = BAR + lines.length * LINE + MARGIN;
  const rows = lines.flatMap(({ text, style }, row) => {
    if (text === "") return [];
    const y = BAR + (row + 0.75) * LINE;
    // The grid is the same whatever font the reader has.
    const length = ` textLength="${rounded([...text].length * CHARACTER)}"`;
    const open = `<text x="${MARGIN}" y="${rounded(y)}"${length}${style === undefined ? "" : ` class="${style}"`}>`;
    return [`${open}${withBar(text)}</text>`];
  });
  const lights = [0, 1, 2].map((i) => `<circle class="light" cx="${MARGIN + 5 + 18 * i}" cy="15" r="5"/>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" xml:space="preserve">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="window" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    ...lights,
    ...rows,
    "</svg>",
    "",
  ].join("\n");
}

/** A progress bar is green, as it is in a terminal. */
function withBar(text: string): string {
  const [, open, bar = "", rest = ""] = /^(\[)(=*>?)( *\].*)$/.exec(text) ?? [];
  return open === undefined ? escaped(text) : `[<tspan class="bar">${escaped(bar)}</tspan>${escaped(rest)}`;
}

function rounded(n: number): string {
  return String(Math.round(n * 10) / 10);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
