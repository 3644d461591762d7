/**
 * Carrying partials between processes: JSON, and what JSON loses.
 *
 * Whether two chunks are folded in one worker or in two depends on timing, so a partial must be the same value before
 * and after the journey. JSON turns NaN into null and a Map into {}; such values are encoded as `{"$pmap": [type, ...]}`.
 * What can't be encoded at all (functions, instances of classes) is an error in every run, not only in the unlucky one.
 */

import { describeError, JobError } from "../../errors.ts";
import { parseJson, printJson } from "../../json.ts";

const TAG = "$pmap";

type Tagged = { [TAG]: [type: string, ...parts: unknown[]] };

/** Whether JSON gives back the very same value. */
function isPureJson(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true;
  if (typeof value !== "object") return false;
  if (Array.isArray(value)) return Object.getPrototypeOf(value) === Array.prototype && isPureArray(value);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key in value) {
    if (key === TAG || key === "toJSON" || key === "__proto__") return false;
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined || !isPureJson(member)) return false;
  }
  return true;
}

/** Holes included: JSON makes null of them. */
function isPureArray(values: readonly unknown[]): boolean {
  for (let i = 0; i < values.length; i++) if (!isPureJson(values[i])) return false;
  return true;
}

/**
 * A partial as text.
 * @throws {JobError} when the value is, or contains, something that cannot travel between processes
 */
export function encodeAccumulator(value: unknown): string {
  try {
    return printJson(isPureJson(value) ? value : tag(value));
  } catch (error) {
    if (error instanceof JobError) throw error;
    if (error instanceof RangeError) throw cannotCarry("itself, or more levels than a stack has");
    throw new JobError(`Cannot carry a partial result: reading the accumulator threw ${describeError(error)}`);
  }
}

/** The value of a text made by `carry`. */
export function decodeAccumulator(text: string): unknown {
  const value: unknown = parseJson(text);
  return text.includes(TAG) ? untag(value) : value;
}

function tag(value: unknown): unknown {
  if (typeof value === "number")
    return isPureJson(value) ? value : wrap("number", Object.is(value, -0) ? "-0" : String(value));
  if (value === undefined) return wrap("undefined");
  if (typeof value === "bigint") return wrap("bigint", String(value));
  if (typeof value !== "object" || value === null) {
    if (typeof value === "function" || typeof value === "symbol") throw cannotCarry(`a ${typeof value}`);
    return value;
  }
  const prototype = Object.getPrototypeOf(value);
  if (Array.isArray(value) && prototype === Array.prototype) return Array.from(value, tag);
  if (value instanceof Map && prototype === Map.prototype)
    return wrap("map", ...[...value].map(([key, member]) => [tag(key), tag(member)]));
  if (value instanceof Set && prototype === Set.prototype) return wrap("set", ...[...value].map(tag));
  if (value instanceof Date && prototype === Date.prototype) return wrap("date", tag(value.getTime()));
  if (prototype !== Object.prototype && prototype !== null) {
    throw cannotCarry(`an instance of ${prototype.constructor?.name || "a class"}`);
  }
  const entries = Object.entries(value).map(([key, member]) => [key, tag(member)]);
  const special = entries.some(([key]) => key === TAG || key === "__proto__" || key === "toJSON");
  return special ? wrap("object", ...entries) : Object.fromEntries(entries);
}

function untag(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(untag);
  const tagged = (value as Partial<Tagged>)[TAG];
  if (tagged !== undefined) return unwrap(tagged[0], tagged.slice(1));
  for (const key in value) (value as Record<string, unknown>)[key] = untag((value as Record<string, unknown>)[key]);
  return value;
}

function unwrap(type: string, parts: readonly unknown[]): unknown {
  switch (type) {
    case "number":
      return Number(parts[0]);
    case "undefined":
      return undefined;
    case "bigint":
      return BigInt(parts[0] as string);
    case "date":
      return new Date(untag(parts[0]) as number);
    case "map":
      return new Map((parts as [unknown, unknown][]).map(([key, member]) => [untag(key), untag(member)]));
    case "set":
      return new Set(parts.map(untag));
    default:
      return Object.fromEntries((parts as [string, unknown][]).map(([key, member]) => [key, untag(member)]));
  }
}

function wrap(type: string, ...parts: unknown[]): Tagged {
  return { [TAG]: [type, ...parts] };
}

function cannotCarry(what: string): JobError {
  return new JobError(
    `Cannot carry a partial result: the accumulator holds ${what}, which cannot travel between processes; ` +
      "use JSON values, Map, Set, Date or BigInt",
  );
}
