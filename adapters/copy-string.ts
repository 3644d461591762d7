/**
 * A copy of a string, on V8, where a long string cut out of another is a view of it: it keeps the other one in memory, and is
 * slower to hash, compare and print. (JavaScriptCore's are not slower, and copying them is.)
 */
export function copyString(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
