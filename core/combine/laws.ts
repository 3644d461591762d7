/**
 * The laws that a reduce must keep, checked on a few of its own values: folding all of them gives what folding two parts
 * and merging gives, and `initial` changes nothing. Where they do not hold, the result depends on where chunks begin.
 */
import { JobError } from "../failure.ts";
import type { Script } from "../script.ts";
import { carry, uncarry } from "./carry.ts";
import { createFolder, type Folder } from "./fold.ts";
import { isSameResult, Magnitudes } from "./same-result.ts";

/** So many values are looked at, of at most so many characters. */
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
   * Checks the values of a request. Runs none of the script's functions but those that fold.
   * @returns a warning, once, where the script's own merge is at odds with its reduce
   * @throws {JobError} where there is no merge, and the reduce cannot take its place
   */
  check(sample: ValueSample): string | undefined {
    const { texts } = sample;
    if (texts.length === 0) return undefined;
    if (texts.length >= ENOUGH_VALUES) this.#done = true;
    const fault = faultOf(texts, this.#script);
    if (fault === undefined || this.#warned) return undefined;
    this.#warned = true;
    if (this.#script.merge === undefined) throw new JobError(fault);
    return fault;
  }
}

/** The first values that a request folds; of groups, those of the first key. */
export class ValueSample {
  readonly texts: string[] = [];
  #characters = 0;
  #key: unknown;

  /** @param key of its group, if there are groups */
  see(value: unknown, key?: unknown): void {
    if (this.texts.length === 0) this.#key = key;
    if (this.texts.length >= MOST_VALUES || this.#characters > MOST_CHARACTERS || key !== this.#key) return;
    try {
      const text = carry(value);
      this.#characters += text.length;
      // A copy, before a fold makes it its accumulator.
      if (this.#characters <= MOST_CHARACTERS) this.texts.push(text);
    } catch {
      // It cannot be copied: the values end here.
      this.#characters = Number.POSITIVE_INFINITY;
    }
  }
}

function faultOf(texts: readonly string[], script: Script): string | undefined {
  try {
    const magnitudes = new Magnitudes();
    const folder = createFolder(script);
    const fold = (some: readonly string[]) => foldOf(some, folder, magnitudes);
    const whole = fold(texts);
    for (const at of new Set([1, texts.length >> 1])) {
      if (at === 0 || at === texts.length) continue;
      const [left, right] = [fold(texts.slice(0, at)), fold(texts.slice(at))];
      const shown = `${show(left)} and ${show(right)}`;
      const merged = folder.merge(left, right);
      magnitudes.see(merged);
      if (isSameResult(whole, merged, magnitudes)) continue;
      // A reduce that gives another result each time says nothing.
      for (let i = 0; i < REPEATS; i++) if (!isSameResult(whole, fold(texts), magnitudes)) return undefined;
      return initialFault(texts, script, folder) ?? mergeFault(script, whole, shown, merged);
    }
    return initialFault(texts, script, folder);
  } catch {
    // What a fold throws is told where it happens.
    return undefined;
  }
}

function foldOf(texts: readonly string[], folder: Folder, magnitudes: Magnitudes): unknown {
  let accumulator: unknown;
  for (const [i, text] of texts.entries()) {
    const value = uncarry(text);
    accumulator = i === 0 ? folder.start(value) : folder.step(accumulator, value);
    magnitudes.see(accumulator);
  }
  return accumulator;
}

function initialFault(texts: readonly string[], { initial, merge }: Script, folder: Folder): string | undefined {
  if (initial === undefined) return undefined;
  const magnitudes = new Magnitudes();
  const one = () => foldOf(texts.slice(0, 1), folder, magnitudes);
  const merged = folder.merge(initial(), one());
  for (const each of [merged, folder.merge(one(), initial())]) {
    magnitudes.see(each);
    // A merge that takes only one side is not the initial's fault.
    if (isSameResult(each, one(), magnitudes)) return undefined;
  }
  const by = merge === undefined ? "" : " by merge";
  return (
    `Cannot start each part of the input from initial: merged${by} with a result, it changes the result\n` +
    `  initial is ${show(initial())}, a result is ${show(one())}, merged they are ${show(merged)}\n` +
    "Give an initial that changes nothing (0 for a sum), and add in finish what is to be added once"
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
  const text = carry(value);
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}...`;
}

function isPowerOf(base: number, n: number): boolean {
  let power = base * base;
  while (power < n) power *= base;
  return power === n;
}
