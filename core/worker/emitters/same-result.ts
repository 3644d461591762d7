/** Whether two results of a reduce are the same, but for what rounding does to numbers. */

import { printJson } from "../../json.ts";

/** Beyond this part of the largest number that a fold has seen in a place, it is not rounding. */
const RELATIVE = 1e-9;

/** The largest numbers that have been seen, by their place in a value. */
export class Magnitudes {
  readonly #largest = new Map<string, number>();

  see(value: unknown, path = ""): void {
    if (typeof value === "number") {
      const size = Math.abs(value);
      if (Number.isFinite(size)) this.#largest.set(path, Math.max(this.#largest.get(path) ?? 0, size));
    } else for (const [key, member] of membersOf(value)) this.see(member, `${path}/${key}`);
  }

  of(path: string): number {
    return this.#largest.get(path) ?? 0;
  }
}

export function isSameResult(a: unknown, b: unknown, magnitudes: Magnitudes, path = ""): boolean {
  if (Object.is(a, b) || a === b) return true;
  if (typeof a === "number" && typeof b === "number")
    return Math.abs(a - b) <= RELATIVE * Math.max(Math.abs(a), Math.abs(b), magnitudes.of(path));
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Date) return a.getTime() === (b as Date).getTime();
  // The order of keys and of a set's members depends on which was seen first, and that on the parts.
  const [left, right] = [new Map(membersOf(a)), new Map(membersOf(b))];
  if (left.size !== right.size) return false;
  for (const [key, member] of left) {
    if (!right.has(key) || !isSameResult(member, right.get(key), magnitudes, `${path}/${key}`)) return false;
  }
  return true;
}

function membersOf(value: unknown): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [];
  if (value instanceof Map) return [...value].map(([key, member]) => [printJson(key) ?? String(key), member]);
  if (value instanceof Set) return [...value].map((member) => [printJson(member) ?? String(member), true]);
  return Object.entries(value);
}
