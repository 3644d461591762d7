/** Keys of a grouped reduce: which values may be one, and their order. */
import type { Key } from "../script/types.ts";

/** A value that cannot be a key; its record is a reject. */
export class KeyError extends TypeError {}

/**
 * The key, if it can be one. -0 is 0.
 * @throws {KeyError} for NaN and infinities, objects, undefined and whatever else is no JSON scalar
 */
export function checkedKey(key: unknown): Key {
  if (typeof key === "string" || typeof key === "boolean" || key === null) return key;
  if (typeof key === "number" && Number.isFinite(key)) return key + 0;
  throw new KeyError(`Cannot group by ${describe(key)}: a key is a string, a finite number, a boolean or null`);
}

function describe(key: unknown): string {
  if (typeof key === "number" || key === undefined) return String(key);
  if (Array.isArray(key)) return "an array";
  return typeof key === "object" ? "an object" : `a ${typeof key}`;
}

/** null, false, true, numbers, strings by their UTF-8 bytes. Negative when `a` comes first. */
export function compareKeys(a: Key, b: Key): number {
  if (typeof a === "string" && typeof b === "string") return compareUtf8(a, b);
  if (typeof a === "number" && typeof b === "number") return a - b;
  return rank(a) - rank(b);
}

function rank(key: Key): number {
  if (key === null) return 0;
  if (key === false) return 1;
  if (key === true) return 2;
  return typeof key === "number" ? 3 : 4;
}

/**
 * UTF-16 units compare like UTF-8 bytes except for surrogates, whose code points come after U+E000 to U+FFFF.
 * The shift is from the ICU user guide, "UTF-16 code point order".
 */
function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [unitA, unitB] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (unitA !== unitB) return codePointOrder(unitA) - codePointOrder(unitB);
  }
  return a.length - b.length;
}

function codePointOrder(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

const HIGH_UNITS = /[\ud800-\uffff]/;

/** Sorts keys in their order, natively where that is the same. */
export function sortKeys(keys: Key[]): Key[] {
  const scalars: Key[] = [];
  const numbers: number[] = [];
  const strings: string[] = [];
  for (const key of keys) {
    if (typeof key === "string") strings.push(key);
    else if (typeof key === "number") numbers.push(key);
    else scalars.push(key);
  }
  scalars.sort(compareKeys);
  numbers.sort((a, b) => a - b);
  if (strings.some((key) => HIGH_UNITS.test(key))) strings.sort(compareUtf8);
  else strings.sort();
  return [...scalars, ...numbers, ...strings];
}

/** Characters that are kept of the first key of all. */
const FIRST_CHARACTERS = 32;

/**
 * The shortest key that comes after `before` and not after `key`: it tells them apart, and an index of such keys stays small
 * where keys are long (suffix truncation: Bayer and Unterauer, Prefix B-trees, 1977).
 */
export function separatorOf(before: Key | undefined, key: Key): Key {
  if (typeof key !== "string") return key;
  if (typeof before !== "string")
    return key.slice(0, wholeCharacters(key, before === undefined ? FIRST_CHARACTERS : 0));
  let same = 0;
  while (same < key.length && before[same] === key[same]) same++;
  return key.slice(0, wholeCharacters(key, same + 1));
}

/** The number of units, or one more where that would cut a pair of surrogates. */
function wholeCharacters(text: string, units: number): number {
  const cutsPair = units > 0 && units < text.length && (text.charCodeAt(units - 1) & 0xfc00) === 0xd800;
  return cutsPair ? units + 1 : units;
}
