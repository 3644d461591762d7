/** From the text of one CSV record to its fields. */

export interface Fields {
  readonly fields: string[];
  /** Which of them stood in quotes; undefined when none did. */
  readonly quoted: boolean[] | undefined;
}

/**
 * The fields of a record, without its line end.
 * @throws {SyntaxError} when a quote is not closed, or text follows a closing one
 */
export function splitFields(text: string, delimiter: string, quotes = true): Fields {
  if (!quotes || !text.includes('"')) return { fields: text.split(delimiter), quoted: undefined };
  const fields: string[] = [];
  const quoted: boolean[] = [];
  let at = 0;
  for (;;) {
    const isQuoted = text.charCodeAt(at) === 34;
    const end = isQuoted ? closingQuote(text, at, delimiter, fields.length) + 1 : endOfPlain(text, at, delimiter);
    fields.push(isQuoted ? text.slice(at + 1, end - 1).replaceAll('""', '"') : text.slice(at, end));
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
function closingQuote(text: string, start: number, delimiter: string, index: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 2)) {
    if (text.charCodeAt(at + 1) === 34) continue;
    if (at + 1 === text.length || text[at + 1] === delimiter) return at;
    const backslash = text[at - 1] === "\\" ? ": a quote in quotes is doubled, not escaped by a backslash" : "";
    throw new SyntaxError(`field ${index + 1} goes on behind its closing quote${backslash}`);
  }
  throw new SyntaxError(`the quote that opens field ${index + 1} is not closed`);
}
