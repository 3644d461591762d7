/** Values that a script, a configuration file or a program gives for an option, as the text that would be typed for its flag. */
import { UsageError } from "../core/errors.ts";
import { OPTIONS, type Option, type OptionName } from "./options-table.ts";

/**
 * @param what the option as messages call it: `the option "limit" of "map.ts"`
 * @returns undefined where the flag would not be there: for undefined and null, and for a switch that is off
 * @throws {UsageError} for a value of a type that the option does not have; what its text may be is for its `parse`
 */
export function typedValue(name: OptionName, value: unknown, what: string): string | true | undefined {
  const { alone, list, choices }: Option = OPTIONS[name];
  if (value === undefined || value === null) return undefined;
  if (alone !== undefined && typeof value === "boolean") return value || undefined;
  if (alone === true) throw wrongType(what, "true or false", value);
  if (typeof value === "string") return value;
  if (list !== undefined) {
    if (Array.isArray(value) && value.every((each) => typeof each === "string")) return list(value);
    throw wrongType(what, "a string or an array of strings", value);
  }
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  throw wrongType(what, choices === undefined ? "a string or a number" : `one of ${choices.join(", ")}`, value);
}

/** @throws {UsageError} for what is no boolean: "false" is a string, which is true */
export function checkBoolean(value: unknown, what: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw wrongType(what, "true or false", value);
  return value;
}

export function wrongType(what: string, expected: string, value: unknown): UsageError {
  return new UsageError(`Cannot use ${what}: expected ${expected}, not ${shown(value)}`);
}

/** A value as messages show it: as JSON where that tells what it is. */
export function shown(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (value === undefined || typeof value === "number") return String(value);
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  try {
    const name = typeof value === "object" && value?.constructor?.name;
    if (name && name !== "Object" && name !== "Array") return `an instance of ${name}`;
    return JSON.stringify(value);
  } catch {
    return "an object";
  }
}
