/** Tables and lists of a report's page. */
import { bucketStartMs, type TimeCounts } from "../../core/protocol/time-histogram.ts";
import { timeText } from "../units.ts";
import { type Html, html } from "./html.ts";

type Cell = string | number | Html | undefined;

export interface TableOptions {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Columns of text, by their number; others are of numbers, which stand on the right. */
  readonly texts?: readonly number[];
  /** What the last row is a sum of: it stands out. */
  readonly hasSum?: boolean;
}

export function table({ caption, head, rows, texts = [0], hasSum = false }: TableOptions): Html {
  // Most cells are numbers: only the others have a class.
  const kind = (column: number) => (texts.includes(column) ? html` class="t"` : undefined);
  const row = (cells: readonly Cell[], i: number) => {
    const [first, ...rest] = cells;
    const others = rest.map((cell, j) => html`<td${kind(j + 1)}>${cell}</td>`);
    const name = html`<th scope="row"${kind(0)}>${first}</th>`;
    return html`<tr${hasSum && i === rows.length - 1 ? html` class="sum"` : undefined}>${name}${others}</tr>
`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${head.map((name, column) => html`<th scope="col"${kind(column)}>${name}</th>`)}</tr></thead>
<tbody>${rows.map(row)}</tbody></table></div>`;
}

/** A table that stands behind a chart. */
export function tableBehind(options: TableOptions): Html {
  return html`<details><summary>${options.caption}</summary>${table(options)}</details>`;
}

/** `1.4 ms to 2.0 ms`. */
function bucketText(bucket: number): string {
  const end = timeText(bucketStartMs(bucket + 1));
  return bucket === 0 ? `below ${end}` : `${timeText(bucketStartMs(bucket))} to ${end}`;
}

/** The part of a histogram that has something in it. */
export function timeRows(counts: TimeCounts): [string, string, string][] {
  const all = counts.reduce((sum, n) => sum + n, 0);
  const first = counts.findIndex((n) => n > 0);
  return counts.flatMap((n, bucket): [string, string, string][] =>
    first === -1 || bucket < first
      ? []
      : [[bucketText(bucket), n.toLocaleString("en-US"), `${((100 * n) / all).toFixed(1)} %`]],
  );
}

/** `half take less than 2.0 ms, 99 % less than 5.7 ms, the longest less than 8.0 ms`. */
export function timesText(counts: TimeCounts): string {
  const all = counts.reduce((sum, n) => sum + n, 0);
  const below = (share: number) => {
    let sum = 0;
    const bucket = counts.findIndex((n) => {
      sum += n;
      return sum >= share * all;
    });
    return timeText(bucketStartMs(bucket + 1));
  };
  return `half take less than ${below(0.5)}, 99 % less than ${below(0.99)}, the longest less than ${below(1)}`;
}
