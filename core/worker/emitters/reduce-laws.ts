/**
 * The laws that a reduce must keep, checked on a few of its own values: folding all of them gives what folding two parts
 * and merging gives, and `initial` changes nothing. Where they do not hold, the result depends on where chunks begin.
 */
import { JobError } from "../../errors.ts";
import type { Key, Script } from "../../script/types.ts";
import { decodeAccumulator, encodeAccumulator } from "../script/accumulator-codec.ts";
import { checkCarriedWhole } from "../script/carried-whole.ts";
import { createFolder } from "./folder.ts";
import { isSameResult, Magnitudes } from "./same-result.ts";

/** The most values of a request that are looked at, and their characters together. */
const MOST_VALUES = 16;
const MOST_CHARACTERS = 16 * 1024;
/** A check of fewer values is followed by another one. */
const ENOUGH_VALUES = 8;
/** Later the requests with these numbers are checked: 64, 512, ... */
const LATER = 8;
const SHOWN_CHARACTERS = 60;
/** A reduce that draws by lot may give the same result twice. */
const REPEATS = 20;

export class ReduceLaws {
  readonly #script: Script;
  #requests = 0;
  #done = false;
  #warned = false;

  constructor(script: Script) {
    this.#script = script;
  }

  /** What looks at the values of the next request; undefined where enough have been seen. */
  next(): ValueSample | undefined {
    this.#requests++;
    if (this.#done && !isPowerOf(LATER, this.#requests)) return undefined;
    return new ValueSample();
  }

  /**
   * Checks the values of a request. Runs the script's functions that fold and, where two accumulators do not look alike,
   * its finish, on copies.
   * @returns a warning, once, where the script's own merge is at odds with its reduce, or one of them returns nothing
   * @throws {JobError} where there is no merge, and the reduce cannot take its place; or an accumulator would lose a part of
   * itself on its way to another process
   */
  check(sample: ValueSample): string | undefined {
    const { texts } = sample;
    if (texts.length === 0) return undefined;
    if (texts.length >= ENOUGH_VALUES) this.#done = true;
    const folded = foldedWhole(sample, this.#script);
    checkCarriedWhole(folded);
    const nothing = nothingReturned(folded, sample, this.#script);
    const fault = nothing ?? faultOf(sample, this.#script);
    if (fault === undefined || this.#warned) return undefined;
    this.#warned = true;
    if (nothing !== undefined) return nothing;
    if (this.#script.merge === undefined) throw new JobError(fault);
    return fault;
  }
}

/** The first values that a request folds; of groups, those of the first key. */
export class ValueSample {
  readonly texts: string[] = [];
  /** The key of its group, if there are groups. */
  key: unknown;
  #characters = 0;

  /** @param key of its group, if there are groups */
  see(value: unknown, key?: unknown): void {
    if (this.texts.length === 0) this.key = key;
    if (this.texts.length >= MOST_VALUES || this.#characters > MOST_CHARACTERS || key !== this.key) return;
    try {
      const text = encodeAccumulator(value);
      this.#characters += text.length;
      // A copy, before a fold makes it its accumulator.
      if (this.#characters <= MOST_CHARACTERS) this.texts.push(text);
    } catch {
      // It cannot be copied: the values end here.
      this.#characters = Number.POSITIVE_INFINITY;
    }
  }
}

/** Also the accumulator of two parts: merge may have made another one of them. */
function foldedWhole({ texts, key }: ValueSample, script: Script): unknown[] {
  const folded: unknown[] = [];
  try {
    const fold = createFold(script, key);
    folded.push(fold.of(texts));
    if (texts.length > 1) folded.push(fold.merge(fold.of(texts.slice(0, 1)), fold.of(texts.slice(1))));
  } catch {
    // What a fold throws is told where it happens.
  }
  return folded;
}

/** An accumulator that is undefined: a result of it is not printed. */
function nothingReturned(folded: readonly unknown[], { texts }: ValueSample, script: Script): string | undefined {
  // Without an initial the first value is the accumulator.
  const isReduced = texts.length > 1 || script.initial !== undefined;
  if (folded.length === 0 || !isReduced || folded.at(-1) !== undefined) return undefined;
  if (folded[0] !== undefined && script.merge === undefined) return undefined;
  const verb = folded[0] === undefined ? "reduce" : "merge";
  return `${verb} returned nothing (undefined) in place of an accumulator\n${NEEDS_RETURN}`;
}

export const NEEDS_RETURN = "A function body in braces needs a return";

function faultOf({ texts, key }: ValueSample, script: Script): string | undefined {
  try {
    const fold = createFold(script, key);
    const whole = fold.of(texts);
    for (const at of new Set([1, texts.length >> 1])) {
      if (at === 0 || at === texts.length) continue;
      const parts = [texts.slice(0, at), texts.slice(at)] as const;
      const merged = fold.merge(fold.of(parts[0]), fold.of(parts[1]));
      if (fold.isSame(whole, merged)) continue;
      // A reduce that gives another result each time says nothing.
      for (let i = 0; i < REPEATS; i++) if (!fold.isSame(whole, fold.of(texts))) return undefined;
      const shown = parts.map((part) => show(fold.of(part))).join(" and ");
      return initialFault(texts, script, fold) ?? mergeFault(script, whole, shown, merged);
    }
    return initialFault(texts, script, fold);
  } catch {
    // What a fold throws is told where it happens.
    return undefined;
  }
}

/** Folds copies, and knows how large the numbers are that it has seen on the way. */
interface Fold {
  of(texts: readonly string[]): unknown;
  merge(left: unknown, right: unknown): unknown;
  /** Whether two accumulators, or what is output of them, are the same: two heaps of the same numbers need not look alike. */
  isSame(a: unknown, b: unknown): boolean;
}

function createFold(script: Script, key: unknown): Fold {
  const { finish } = script;
  const folder = createFolder(script);
  const magnitudes = new Magnitudes();
  const seen = <T>(value: T): T => {
    magnitudes.see(value);
    return value;
  };
  return {
    of(texts) {
      let accumulator: unknown;
      for (const [i, text] of texts.entries()) {
        const value = decodeAccumulator(text);
        accumulator = seen(i === 0 ? folder.start(value) : folder.step(accumulator, value));
      }
      return accumulator;
    },
    merge: (left, right) => seen(folder.merge(left, right)),
    isSame(a, b) {
      if (isSameResult(a, b, magnitudes)) return true;
      if (finish === undefined) return false;
      // Only now: a finish may have more to do than to return a value.
      const [one, other] = [a, b].map((accumulator) =>
        seen(finish(decodeAccumulator(encodeAccumulator(accumulator)), key as Key)),
      );
      return isSameResult(one, other, magnitudes);
    },
  };
}

function initialFault(texts: readonly string[], { initial, merge }: Script, fold: Fold): string | undefined {
  if (initial === undefined) return undefined;
  const one = () => fold.of(texts.slice(0, 1));
  const merged = fold.merge(initial(), one());
  // A merge that takes only one side is not the initial's fault.
  if (fold.isSame(merged, one()) || fold.isSame(fold.merge(one(), initial()), one())) return undefined;
  const by = merge === undefined ? "" : " by merge";
  return (
    `Cannot start each part of the input from initial: merged${by} with a result, it changes the result\n` +
    `  initial is ${show(initial())}, a result is ${show(one())}, merged they are ${show(merged)}\n` +
    "Give an initial that changes nothing (0 for a sum), and add in finish what counts once"
  );
}

function mergeFault({ merge }: Script, whole: unknown, parts: string, merged: unknown): string {
  const what =
    merge === undefined
      ? "Cannot merge partial results with the reduce: it gives another result for values in two parts than for all of them"
      : "The merge gives another result for values in two parts than the reduce for all of them";
  const next = merge === undefined ? `\nGive a merge, such as ${exampleFor(whole)}` : "";
  return `${what}\n  all: ${show(whole)}; in two parts: ${parts}, merged: ${show(merged)}${next}`;
}

function exampleFor(accumulator: unknown): string {
  if (Array.isArray(accumulator)) return "(a, b) => [...a, ...b]";
  if (typeof accumulator !== "object" || accumulator === null) return "(a, b) => a + b";
  const [key = "n"] = Object.keys(accumulator);
  return `(a, b) => ({ ${key}: a.${key} + b.${key} })`;
}

function show(value: unknown): string {
  const text = encodeAccumulator(value);
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}...`;
}

function isPowerOf(base: number, n: number): boolean {
  let power = base * base;
  while (power < n) power *= base;
  return power === n;
}
