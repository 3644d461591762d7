/** The emitter of a reduce: folds each chunk to a partial and merges the partials of its batch up the tree. */

import { JobError } from "../../errors.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import type { NodeHead } from "../../protocol/messages.ts";
import type { ReduceFunction, Script } from "../../script/types.ts";
import { decodeAccumulator, encodeAccumulator } from "../script/accumulator-codec.ts";
import type { Emitter } from "./emitter.ts";
import { MergeTree, type TreeNode } from "./merge-tree.ts";
import type { ValueSample } from "./reduce-laws.ts";

/** One step of a fold, shared by whole and grouped reduces. */
export interface Folder {
  /** The first value's accumulator. */
  start(value: unknown): unknown;
  step(accumulator: unknown, value: unknown): unknown;
  merge(left: unknown, right: unknown): unknown;
}

export function createFolder(script: Script): Folder {
  const reduce = script.reduce as ReduceFunction;
  const { initial, merge } = script;
  const first = merge === undefined ? checkedFirst(reduce) : reduce;
  return {
    start: initial === undefined ? (value) => value : (value) => notPromise("reduce", first(initial(), value)),
    step: reduce,
    merge: (left, right) => callNamed("merge", () => (merge ?? reduce)(left, right)),
  };
}

/** What a function of the script threw when no record was at hand to be blamed for it. */
export class CallError extends Error {
  readonly verb: string;
  constructor(verb: string, cause: unknown) {
    super(verb, { cause });
    this.verb = verb;
  }
}

/** Calls a function of the script that is not about one record; a promise is refused. */
export function callNamed(verb: string, call: () => unknown): unknown {
  let value: unknown;
  try {
    value = call();
  } catch (error) {
    throw error instanceof JobError ? error : new CallError(verb, error);
  }
  return notPromise(verb, value);
}

/**
 * Without `merge`, `reduce` has to merge accumulators too. Where an accumulator is visibly of another type than the
 * values it can't, and the first step of every fold says so.
 */
function checkedFirst(reduce: ReduceFunction): ReduceFunction {
  return (accumulator, value) => {
    if (typeKind(accumulator) !== typeKind(value)) {
      throw new JobError(
        `Cannot merge partial results: the accumulator is ${typeKind(accumulator)}, the values are ${typeKind(value)}, ` +
          "and reduce cannot take both\nGive a merge: (accumulator, accumulator) => accumulator",
      );
    }
    return reduce(accumulator, value);
  };
}

function typeKind(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** A promise would be folded like a value, and nothing would be right after it. */
export function notPromise(verb: string, value: unknown): unknown {
  if (typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function") {
    throw new JobError(`Cannot use an asynchronous ${verb}: it returned a promise\nAwait in map, fold in reduce`);
  }
  return value;
}

export class FoldEmitter implements Emitter {
  readonly verb = "reduce";
  readonly #folder: Folder;
  readonly #tree: MergeTree<unknown>;
  readonly #sample: ValueSample | undefined;
  #accumulator: unknown;
  #folded = 0;

  /** @param sample looks at values before they are folded */
  constructor(script: Script, sample?: ValueSample) {
    this.#sample = sample;
    this.#folder = createFolder(script);
    this.#tree = new MergeTree(this.#folder.merge);
  }

  emit(value: unknown): boolean {
    this.#sample?.see(value);
    this.#accumulator = this.#folded === 0 ? this.#folder.start(value) : this.#folder.step(this.#accumulator, value);
    this.#folded++;
    return true;
  }

  endChunk(index: number): void {
    notPromise("reduce", this.#accumulator);
    this.#tree.push({ level: 0, index, present: this.#folded > 0, value: this.#accumulator });
    this.#accumulator = undefined;
    this.#folded = 0;
  }

  mark(): () => void {
    const folded = this.#folded;
    return () => {
      if (this.#folded !== folded) throw new JobError(HALF_FOLDED);
    };
  }

  nodes(): readonly TreeNode<unknown>[] {
    return this.#tree.nodes();
  }
}

export const HALF_FOLDED =
  "Cannot skip a record that failed after some of its values had been reduced\n" +
  "Yield its values only when all of them are known";

/** Nodes as they travel: heads, and the values' bytes in the same order. */
export function carryNodes(
  nodes: readonly TreeNode<unknown>[],
  text: TextCodec,
): { heads: NodeHead[]; body: Uint8Array[] } {
  const heads: NodeHead[] = [];
  const body: Uint8Array[] = [];
  for (const { level, index, present, value } of nodes) {
    const bytes = present ? text.encode(encodeAccumulator(value)) : new Uint8Array(0);
    heads.push({ level, index, bytes: bytes.length });
    body.push(bytes);
  }
  return { heads, body };
}

export function uncarryNodes(heads: readonly NodeHead[], body: Uint8Array, text: TextCodec): TreeNode<unknown>[] {
  let at = 0;
  return heads.map(({ level, index, bytes }) => {
    const present = bytes > 0;
    const value = present ? decodeAccumulator(text.decode(body, at, at + bytes)) : undefined;
    at += bytes;
    return { level, index, present, value };
  });
}
