/** A line of code with a caret below the place that is meant: shortened, and with nothing that would move a cursor. */
import { printable } from "../../core/errors.ts";

const MAX_SHOWN = 100;

/**
 * @param column from 1
 * @param label stands before the line
 */
export function codeFrame(text: string, column: number, label = ""): string[] {
  const from = column > MAX_SHOWN ? column - MAX_SHOWN / 2 : 0;
  const before = printable(text.slice(from, column - 1)).replaceAll(/[^\t]/g, " ");
  return [
    `  ${label}${printable(text.slice(from, from + MAX_SHOWN))}`.trimEnd(),
    `  ${" ".repeat(label.length)}${before}^`,
  ];
}
