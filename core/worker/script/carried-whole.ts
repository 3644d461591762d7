/**
 * Finds what the encoding of an accumulator loses without an error: symbol keys, accessors, properties of arrays. Looking
 * for them in every accumulator would cost more than encoding it, so only a few accumulators of each worker are checked.
 */
import { encodeAccumulator } from "./accumulator-codec.ts";
import { cannotCarry, membersOf } from "./accumulator-tags.ts";

/** @throws {JobError} when the value, or what it contains, has a property that would be lost */
export function checkCarriedWhole(value: unknown): void {
  const met = new Set<object>();
  const visit = (member: unknown): void => {
    if (typeof member !== "object" || member === null || met.has(member)) return;
    met.add(member);
    checkProperties(member);
    if (!ArrayBuffer.isView(member)) for (const inner of membersOf(member)) visit(inner);
  };
  visit(value);
}

/**
 * The encoding of a value that is known when the script is loaded.
 * @throws {JobError} for one that would come back as another
 */
export function encodeWhole(value: unknown): string {
  checkCarriedWhole(value);
  return encodeAccumulator(value);
}

function checkProperties(value: object): void {
  if (Array.isArray(value)) checkBeside(value, "an array", "length");
  else if (value instanceof Map) checkBeside(value, "a Map");
  else if (value instanceof Set) checkBeside(value, "a Set");
  else if (value instanceof Date) checkBeside(value, "a Date");
  else if (isPlain(value)) for (const key of Reflect.ownKeys(value)) checkProperty(value, key);
}

/** An instance of a class is refused wherever it is encoded. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Indices come first among the keys, and "length" before the properties that a script has added. */
function checkBeside(value: object, what: string, last?: string): void {
  const key = Reflect.ownKeys(value).at(-1);
  if (key !== last && key !== undefined) throw cannotCarry(`the property ${shown(key)} of ${what}`);
}

function checkProperty(value: object, key: string | symbol): void {
  if (typeof key === "symbol") throw cannotCarry(`a property with a symbol as its key (${shown(key)})`);
  const property = Object.getOwnPropertyDescriptor(value, key);
  if (property?.get ?? property?.set) throw cannotCarry(`a getter or setter (${shown(key)})`);
  if (property?.enumerable === false) throw cannotCarry(`a property that is not enumerable (${shown(key)})`);
}

function shown(key: string | symbol): string {
  return typeof key === "symbol" ? String(key) : JSON.stringify(key);
}
