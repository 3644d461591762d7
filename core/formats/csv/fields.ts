/** From the text of one CSV record to its fields. */
import { isBlank } from "./characters.ts";

export interface Fields {
  readonly fields: string[];
  /** Which of them stood in quotes; undefined when none did. */
  readonly quoted: boolean[] | undefined;
}

/**
 * The fields of a record, without its line end.
 * @throws {SyntaxError} when a quote is not closed, or text follows a closing one
 */
export function splitFields(text: string, delimiter: string, quotes = true, trims = false): Fields {
  if (!quotes || !text.includes('"')) {
    const fields = text.split(delimiter);
    return { fields: trims ? fields.map(trimmed) : fields, quoted: undefined };
  }
  const fields: string[] = [];
  const quoted: boolean[] = [];
  let at = 0;
  for (;;) {
    if (trims) at = behindBlanks(text, at, delimiter);
    const isQuoted = text.charCodeAt(at) === 34;
    let end: number;
    if (isQuoted) {
      const closing = closingQuote(text, at, { delimiter, trims, index: fields.length });
      fields.push(text.slice(at + 1, closing).replaceAll('""', '"'));
      end = trims ? behindBlanks(text, closing + 1, delimiter) : closing + 1;
    } else {
      end = endOfPlain(text, at, delimiter);
      fields.push(trims ? trimmed(text.slice(at, end)) : text.slice(at, end));
    }
    quoted.push(isQuoted);
    if (end >= text.length) return { fields, quoted };
    at = end + 1;
  }
}

function endOfPlain(text: string, at: number, delimiter: string): number {
  const end = text.indexOf(delimiter, at);
  return end === -1 ? text.length : end;
}

/** Where the field that begins with a quote has its closing one: behind it stands a delimiter, or nothing. */
function closingQuote(
  text: string,
  start: number,
  { delimiter, trims, index }: { readonly delimiter: string; readonly trims: boolean; readonly index: number },
): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 2)) {
    if (text.charCodeAt(at + 1) === 34) continue;
    const behind = trims ? behindBlanks(text, at + 1, delimiter) : at + 1;
    if (behind === text.length || text[behind] === delimiter) return at;
    const backslash = text[at - 1] === "\\" ? ": a quote in quotes is doubled, not escaped by a backslash" : "";
    throw new SyntaxError(`field ${index + 1} goes on behind its closing quote${backslash}`);
  }
  throw new SyntaxError(`the quote that opens field ${index + 1} is not closed`);
}

function behindBlanks(text: string, from: number, delimiter: string): number {
  let at = from;
  while (at < text.length && text[at] !== delimiter && isBlank(text.charCodeAt(at))) at++;
  return at;
}

/** A field without the spaces and tabs around it. */
export function trimmed(field: string): string {
  let from = 0;
  let to = field.length;
  while (from < to && isBlank(field.charCodeAt(from))) from++;
  while (to > from && isBlank(field.charCodeAt(to - 1))) to--;
  return field.slice(from, to);
}
