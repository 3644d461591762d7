/** From this number of characters on, a string that V8 cuts out of another is a view of it (SlicedString::kMinLength). */
import { parseJson, printJson } from "../../core/json.ts";

const MIN_VIEW_LENGTH = 13;

/**
 * A copy of a string, on V8, where a long string cut out of another keeps that one in memory, and is slower to hash, compare
 * and print. (JavaScriptCore's are not slower, and copying them is.)
 */
export function copyString(text: string): string {
  return text.length < MIN_VIEW_LENGTH ? text : (parseJson(printJson(text)) as string);
}
