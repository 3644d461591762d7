/** Figures of a report as people read them. */
import { timeText } from "../units.ts";

/** `850 ms`, `12.3 s`, `2 min 5 s`, `1 h 10 min`. */
export function secondsText(ms: number): string {
  if (ms < 9995) return timeText(ms);
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${(ms / 1000).toFixed(1)} s`;
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h} h ${m} min` : `${m} min ${s} s`;
}

/** The beginning of a text, with a sign that there is more. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}

/** A command line as a shell takes it, without the passwords of URLs. */
export function commandText(words: readonly string[]): string {
  return words
    .map((word) => word.replace(/(\w+:\/\/)[^/@\s]+@/g, "$1***@"))
    .map((word) => (/^[\w./:@%+,=*-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}
