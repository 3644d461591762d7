/** The line on a terminal: as much of the status as fits, and never more than one row. */
import { styleText } from "node:util";
import stringWidth from "string-width";
import type { Part } from "./status-text.ts";

const LEAST_BAR = 8;
const MOST_BAR = 30;
/** Parts of this rank and higher give way to the bar. */
const BELOW_BAR = 7;
const GAP = "  ";

/**
 * @param share 0 to 1, for a bar in front; undefined where the end is not known
 * @param columns the width of the terminal: the last three stay empty, so that `^C` has room behind the cursor
 */
export function barLine(parts: readonly Part[], share: number | undefined, columns: number, colours: boolean): string {
  const room = Math.max(1, columns - 3);
  let shown = [...parts];
  const roomBesideBar = share === undefined ? room : room - LEAST_BAR - GAP.length - 2;
  while (widthOf(shown) > roomBesideBar && shown.some(({ rank }) => rank >= BELOW_BAR)) shown = withoutLeast(shown);
  while (shown.length > 1 && widthOf(shown) > room) shown = withoutLeast(shown);
  const left = room - widthOf(shown) - GAP.length - 2;
  const bar = share === undefined || left < LEAST_BAR ? "" : drawBar(share, Math.min(MOST_BAR, left), colours);
  const text = shown.map((part) => paint(cut(part.text, room), part.colour, colours)).join(GAP);
  return bar === "" ? text : `${bar}${GAP}${text}`;
}

export function widthOf(parts: readonly Pick<Part, "text">[]): number {
  return stringWidth(parts.map(({ text }) => text).join(GAP));
}

function withoutLeast(parts: readonly Part[]): Part[] {
  const least = Math.max(...parts.map(({ rank }) => rank));
  return parts.filter(({ rank }) => rank !== least || least === Math.min(...parts.map((part) => part.rank)));
}

function cut(text: string, room: number): string {
  let short = text;
  while (stringWidth(short) > room) short = short.slice(0, -1);
  return short;
}

function drawBar(share: number, width: number, colours: boolean): string {
  const full = Math.floor(share * width);
  const head = full < width ? ">" : "";
  return `[${paint("=".repeat(full) + head, "green", colours)}${" ".repeat(width - full - head.length)}]`;
}

function paint(text: string, colour: "red" | "yellow" | "green" | undefined, colours: boolean): string {
  if (colour === undefined || !colours) return text;
  return styleText(colour, text, { validateStream: false });
}
