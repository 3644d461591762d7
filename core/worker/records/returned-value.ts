/** What a function of the script may return: a value, a promise, a generator. */

/** What a function was doing when it failed; the word in the message. */
export type Verb = "parse" | "filter" | "map" | string;

/** Stands for the emitter's verb, which changes while it emits and is asked for only when that has failed. */
export const EMITTING: Verb = "emit";

/** How a record came out, when that had to be waited for. */
export type Settled =
  | { readonly values: readonly unknown[] }
  | { readonly error: unknown; readonly verb: Verb; readonly attempts?: number };

/** Of a record that has been left to others before it had its turn: told from what records come to by being this object. */
export const LEFT: Settled = { values: [] };

/** The values of a promise, an asynchronous generator or a plain value. */
export async function collect(pending: unknown): Promise<Settled> {
  try {
    const value = isAwaited(pending) ? await pending : pending;
    if (value === undefined) return { values: [] };
    if (typeof value === "object" && value !== null && !isOrdinary(value)) {
      if (isGenerator(value)) return { values: [...value] };
      if (isAsyncGenerator(value)) {
        const values: unknown[] = [];
        for await (const item of value) values.push(item);
        return { values };
      }
    }
    return { values: [value] };
  } catch (error) {
    return { error, verb: "map" };
  }
}

/** Plain objects and arrays are values, and nearly all there is: one comparison keeps them off the slow checks. */
export function isOrdinary(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype || Array.isArray(value);
}

/** The decision of the synchronous loop: a plain object with a `then` is a value. */
function isAwaited(value: unknown): boolean {
  return typeof value === "object" && value !== null && !isOrdinary(value) && !isGenerator(value) && isThenable(value);
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function";
}

export function isGenerator(value: object): value is Generator<unknown> {
  return typeof (value as Generator).next === "function" && Symbol.iterator in value;
}

export function isAsyncGenerator(value: object): value is AsyncGenerator<unknown> {
  return typeof (value as AsyncGenerator).next === "function" && Symbol.asyncIterator in value;
}
