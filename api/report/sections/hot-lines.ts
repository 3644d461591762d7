/** The lines of the script that took the most time, where it was profiled. */
import type { HotLine } from "../../profile/hot-lines.ts";
import { percentText, timeText } from "../../units.ts";
import { type Html, html } from "../html.ts";
import type { ReportData } from "../report-data.ts";
import type { Section } from "../section.ts";
import { table } from "../tables.ts";
import { secondsText } from "../texts.ts";

export function hotLineSections({ hotLines }: ReportData): Section[] {
  if (hotLines === undefined) return [];
  const { scriptMs, otherMs, lines } = hotLines;
  const body =
    lines.length === 0
      ? html`<p>No time of the script was sampled.</p>`
      : html`<p class="note">Of ${secondsText(scriptMs)} in the script, in all workers together. pmap and the runtime had ${secondsText(otherMs)}. The file of --profile has all of it.</p>
${table({
  caption: "The hottest lines",
  head: ["place", "share", "time", "function", "line"],
  rows: lines.map((line) => [line.place, percentText(line.share), timeText(line.ms), line.functionName, codeOf(line)]),
  texts: [0, 3, 4],
})}`;
  return [{ id: "hot-lines", title: "Hottest lines", body }];
}

function codeOf({ text, called }: HotLine): Html | string {
  if (called !== undefined) return `${called}, which it called`;
  return text === undefined ? "cannot be read" : html`<code>${text}</code>`;
}
