/** The line on a terminal: as much of the status as fits, and never more than one row. */
import { styleText } from "node:util";
import type { Part } from "./status-text.ts";

const LEAST_BAR = 8;
const MOST_BAR = 30;
/** Parts of this rank and higher give way to the bar. */
const BELOW_BAR = 7;
const GAP = "  ";

export interface BarLine {
  readonly text: string;
  /** Columns that it takes. */
  readonly width: number;
}

/**
 * @param share 0 to 1, for a bar in front; undefined where the end is not known
 * @param columns the width of the terminal: the last three stay empty, so that `^C` has room behind the cursor
 */
export function barLine(parts: readonly Part[], share: number | undefined, columns: number, colours: boolean): BarLine {
  const room = Math.max(1, columns - 3);
  let shown = [...parts];
  const roomBesideBar = share === undefined ? room : room - LEAST_BAR - GAP.length - 2;
  while (widthOf(shown) > roomBesideBar && shown.some(({ rank }) => rank >= BELOW_BAR)) shown = withoutLeast(shown);
  while (shown.length > 1 && widthOf(shown) > room) shown = withoutLeast(shown);
  const left = room - widthOf(shown) - GAP.length - 2;
  const bar = share === undefined || left < LEAST_BAR ? "" : drawBar(share, Math.min(MOST_BAR, left), colours);
  const text = shown.map((part) => paint(cut(part.text, room), part.colour, colours)).join(GAP);
  const width = Math.min(room, widthOf(shown));
  if (bar === "") return { text, width };
  return { text: `${bar}${GAP}${text}`, width: width + GAP.length + 2 + Math.min(MOST_BAR, left) };
}

function widthOf(parts: readonly Part[]): number {
  return columnsOf(parts.map(({ text }) => text).join(GAP));
}

function withoutLeast(parts: readonly Part[]): Part[] {
  const least = Math.max(...parts.map(({ rank }) => rank));
  return parts.filter(({ rank }) => rank !== least || least === Math.min(...parts.map((part) => part.rank)));
}

/** Ten milliseconds to load, and names are seldom anything but ASCII. */
let measure: ((text: string) => number) | undefined;

function columnsOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  if (measure !== undefined) return measure(text);
  // Detached: until it is there the text counts as wide as it can be.
  void import("string-width").then((loaded) => {
    measure = loaded.default;
  });
  return 2 * text.length;
}

function cut(text: string, room: number): string {
  let short = text;
  while (columnsOf(short) > room) short = short.slice(0, -1);
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
