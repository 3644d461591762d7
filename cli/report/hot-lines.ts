/** The lines of the script that took the most time, as `-v` prints them where the script was profiled. */
import type { HotLine, HotLines } from "../../api/execution.ts";
import { percentText, timeText } from "../../api/units.ts";

export function hotLinesText({ scriptMs, otherMs, lines }: HotLines, path: string): string[] {
  if (lines.length === 0) return [`  profile: ${path}; no time of the script was sampled`];
  const rows = lines.map((line) => [percentText(line.share), line.place, codeOf(line)] as const);
  const width = Math.max(...rows.map(([, place]) => place.length));
  return [
    `  hottest lines, of ${timeText(scriptMs)} in the script (${timeText(otherMs)} were pmap's and the runtime's):`,
    ...rows.map(([share, place, code]) => `  ${share.padStart(8)}  ${place.padEnd(width)}  ${code}`.trimEnd()),
    `  profile: ${path} (for https://speedscope.app, VS Code, or the developer tools of Chrome)`,
  ];
}

function codeOf({ text, functionName, called }: HotLine): string {
  return called === undefined ? (text ?? functionName) : `${called}, called by ${functionName}`;
}
