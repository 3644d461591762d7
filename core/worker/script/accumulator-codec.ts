/**
 * Carrying partials between processes: JSON, and what JSON loses.
 *
 * Whether two chunks are folded in one worker or in two depends on timing, so a partial must be the same value before
 * and after the journey. JSON turns NaN into null and a Map into {}; such values are tagged (accumulator-tags.ts).
 * What can't be encoded at all (functions, instances of classes) is an error in every run, not only in the unlucky one.
 */

import { describeError, JobError } from "../../errors.ts";
import { parseJson, printJson } from "../../json.ts";
import { cannotCarry, ITSELF, isSpecialKey, TAG, Tagger, Untagger } from "./accumulator-tags.ts";

/** The objects of the accumulator that is being encoded: one set for all, which costs less than one for each. */
const met = new Set<object>();

/** Whether JSON gives back the very same value. */
function isPureJson(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true;
  if (typeof value !== "object") return false;
  return Array.isArray(value)
    ? Object.getPrototypeOf(value) === Array.prototype && isPureArray(value)
    : Object.getPrototypeOf(value) === Object.prototype && isPureObject(value as Record<string, unknown>);
}

/** Not with holes: JSON makes null of them. */
function isPureArray(values: readonly unknown[]): boolean {
  for (let i = 0; i < values.length; i++) if (!isPureMember(values[i])) return false;
  return true;
}

function isPureObject(value: Readonly<Record<string, unknown>>): boolean {
  for (const key in value) if (isSpecialKey(key) || !isPureMember(value[key])) return false;
  return true;
}

/** An object that is reached a second time would become two. */
function isPureMember(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isPureJson(value);
  if (met.has(value)) return false;
  met.add(value);
  return isPureJson(value);
}

function isPure(value: unknown): boolean {
  try {
    return isPureJson(value);
  } finally {
    if (met.size > 0) met.clear();
  }
}

/**
 * A partial as text.
 * @throws {JobError} when the value is, or contains, something that cannot travel between processes
 */
export function encodeAccumulator(value: unknown): string {
  try {
    return printJson(isPure(value) ? value : Tagger.tagged(value));
  } catch (error) {
    if (error instanceof JobError) throw error;
    if (error instanceof RangeError) throw cannotCarry(ITSELF);
    throw new JobError(`Cannot carry a partial result: reading the accumulator threw ${describeError(error)}`);
  }
}

/** The value of a text made by `encodeAccumulator`. */
export function decodeAccumulator(text: string): unknown {
  const value: unknown = parseJson(text);
  return text.includes(TAG) ? new Untagger().untag(value) : value;
}
