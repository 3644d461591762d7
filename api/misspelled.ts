/** An export whose name is nearly one that means something: the job runs without it. */
import leven from "leven";
import { EXPORTS } from "../core/script/inline-code.ts";

/** What to say of a script with these exports, or undefined when none is nearly another that it lacks. */
export function misspelled(script: string, names: readonly string[]): string | undefined {
  const missing = EXPORTS.filter((word) => !names.includes(word));
  for (const name of names.filter((each) => !EXPORTS.includes(each))) {
    const meant = missing.find((word) => isNear(name.toLowerCase(), word));
    if (meant !== undefined)
      return `"${script}" exports "${name}", which has no meaning here and is not used\nDid you mean ${meant}?`;
  }
  return undefined;
}

/** Letters changed places; or, in a word that is not tiny, one or two are wrong, too many or missing. */
function isNear(name: string, word: string): boolean {
  if ([...name].sort().join() === [...word].sort().join()) return true;
  return word.length > 3 && leven(name, word) <= (word.length > 5 ? 2 : 1);
}
