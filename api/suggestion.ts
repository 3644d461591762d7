/** What a misspelled name was meant to be. */
import { nearest } from "../adapters/shared/nearest.ts";

/**
 * A line to put below an error; empty when nothing is near.
 * @param asTyped what must be typed for a name
 */
export function didYouMean(word: string, names: Iterable<string>, asTyped = (name: string) => name): string {
  const meant = nearest(word, names);
  return meant === undefined ? "" : `\nDid you mean ${asTyped(meant)}?`;
}
