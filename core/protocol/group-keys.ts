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
 * By code points, whose order is that of their bytes. UTF-16 units compare alike except for pairs of surrogates, whose code points come
 * behind U+FFFF; a lone one is a code point of its own.
 */
function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i === length) return a.length - b.length;
  // Both may be behind a high surrogate, which makes a pair with a low one, and is a lone one with anything else.
  const isBehindHigh = i > 0 && (a.charCodeAt(i - 1) & 0xfc00) === 0xd800;
  const pairs = isBehindHigh ? Number(isLow(a.charCodeAt(i))) - Number(isLow(b.charCodeAt(i))) : 0;
  return pairs !== 0 ? pairs : (a.codePointAt(i) as number) - (b.codePointAt(i) as number);
}

function isLow(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
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
