/** What a misspelled name was meant to be. */
import leven from "leven";

/** A third of the letters may be wrong, and never more than this number. */
const MAX_DISTANCE = 3;

/** The nearest of some names; undefined when none is near. */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.min(MAX_DISTANCE, Math.ceil(word.length / 3), word.length - 1) + 1;
  for (const name of names) {
    const distance = leven(word, name);
    if (distance >= least) continue;
    best = name;
    least = distance;
  }
  return best;
}
