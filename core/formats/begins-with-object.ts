/** Programs write JSON lines in files with other names, too: whether a file does so, by how it begins. */
import { parseJson } from "../json.ts";

export function beginsWithObject(begin: string): boolean {
  const [line = "", ...more] = begin.trimStart().split("\n");
  if (!line.startsWith("{")) return false;
  try {
    parseJson(line);
    return true;
  } catch {
    // A first line that is longer than what was read.
    return more.length === 0 && /^\{\s*"/.test(line);
  }
}

/** Whether the first line is an object, and another line follows. */
export function beginsWithObjects(begin: string): boolean {
  const [, second = ""] = begin.trimStart().split("\n");
  return beginsWithObject(begin) && second.trimStart().startsWith("{");
}
