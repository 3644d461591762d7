/** What JSON takes a value for: tables print the same values as JSON lines do. */

/**
 * What an object's `toJSON` gives, and what is in a boxed string, number or boolean; any other value is itself.
 * @param key as JSON tells it to `toJSON`: the name of the field, empty for the whole record
 */
export function plainValue(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { toJSON } = value as { readonly toJSON?: unknown };
  const given: unknown = typeof toJSON === "function" ? toJSON.call(value, key) : value;
  return isBoxed(given) ? given.valueOf() : given;
}

/**
 * The row that a record is.
 * @returns undefined for what JSON has no form for: it is left out
 * @throws {TypeError} for what has no columns
 */
export function plainRow(record: unknown): object | undefined {
  const row = plainValue(record, "");
  if (typeof row === "object" && row !== null) return row;
  if (row === undefined || typeof row === "function" || typeof row === "symbol") return undefined;
  throw new TypeError(`a row is an object, not ${row === null ? "null" : `a ${typeof row}`}`);
}

function isBoxed(value: unknown): value is object {
  return value instanceof String || value instanceof Number || value instanceof Boolean || value instanceof BigInt;
}
