/** PMAP_OPTIONS as words, as a shell would split it: with quotes and backslashes, without variables. */
import { UsageError } from "../../api/errors.ts";

/** @throws {UsageError} for a quote that is not closed */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string;
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "'" || character === '"') {
      const end = text.indexOf(character, i + 1);
      if (end === -1) throw new UsageError(`Cannot read ${text}: a quote is not closed`);
      word = (word ?? "") + text.slice(i + 1, end);
      i = end;
    } else if (character === "\\" && i + 1 < text.length) word = (word ?? "") + text[++i];
    else word = (word ?? "") + character;
  }
  return word === undefined ? words : [...words, word];
}
