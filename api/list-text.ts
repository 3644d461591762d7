/** Lists as they would be typed for a flag. */

/** Names separated by commas; a name that a comma would cut stands in quotes, as in a header. */
export function listText(names: readonly string[]): string {
  return names.map((name) => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(",");
}

/** Keys separated by dots; a dot in a key has a backslash before it. */
export function pathText(keys: readonly string[]): string {
  return keys.map((key) => key.replaceAll(/[\\.]/g, "\\$&")).join(".");
}
