/** Strings that do not stand in the text as they are, such as those with escapes: what they are stands in an area of its own. */
import { COPIES } from "../layout";

/** Where the next one goes. It takes no more bytes than in the text, and each is made once: there is room for all of them. */
export let nextCopy: i32 = COPIES;

/** Of what has been copied before, nothing is read any more. */
export function forgetCopies(): void {
  nextCopy = COPIES;
}

/** The next one goes there: behind one that has been made, or in the place of some that are not wanted. */
export function copyTo(at: i32): void {
  nextCopy = at;
}
