/**
 * A sorted run: the groups of a table in the order of their keys. It consists of blocks of three lines of JSON: keys, the
 * places of those that have no group here, and the accumulators of the others.
 *
 *     ["g1","g2","g3"]
 *     [1]
 *     [17,4]
 *
 * Runs are cut by keys with a sparse index that travels to the coordinator, so that a range of keys can be read from all
 * runs without looking at the rest (sample sort; the cuts decide who does what, never what comes out).
 */
import { joinPieces } from "../../bytes.ts";
import { parseJson, printJson } from "../../json.ts";
import type { SpillFile } from "../../platform/runtime.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import { separatorOf } from "../../protocol/group-keys.ts";
import type { SortedRun } from "../../protocol/messages.ts";
import type { Key } from "../../script/types.ts";
import { decodeAccumulator, encodeAccumulator } from "../script/accumulator-codec.ts";
import { notPromise } from "./folder.ts";
import { ABSENT, type KeyBlock } from "./group-table.ts";

/** Characters of accumulators, which may be long, after which a block is cut in two. */
const ACCUMULATOR_CHARACTERS = 64 * 1024;
const APPEND_BYTES = 64 * 1024;

export class RunWriter {
  readonly #file: SpillFile;
  readonly #text: TextCodec;
  readonly #index: [Key, number][] = [];
  /** Blocks that are still to be appended, with the first key that each may hold. */
  #waiting: { readonly separator: Key; readonly bytes: Uint8Array }[] = [];
  #waitingBytes = 0;
  #start: number | undefined;
  #end = 0;
  /** The last key of the block before. */
  #before: Key | undefined;

  constructor(file: SpillFile, text: TextCodec) {
    this.#file = file;
    this.#text = text;
  }

  /** Adds the groups of a block that have a value. */
  add({ keys, places, keysText }: KeyBlock, table: readonly unknown[]): void {
    const absent: number[] = [];
    const accumulators: unknown[] = [];
    for (let i = 0; i < places.length; i++) {
      const accumulator = table[places[i] as number];
      if (accumulator === ABSENT) absent.push(i);
      else accumulators.push(notPromise("reduce", accumulator));
    }
    if (accumulators.length === 0) return;
    if (accumulators.every(isShort)) this.#addBlock(keys, keysText, absent, encodeAccumulator(accumulators));
    else
      this.#addInParts(
        keys.filter((_, i) => table[places[i] as number] !== ABSENT),
        accumulators,
      );
  }

  end(): SortedRun {
    this.#append();
    return { path: this.#file.path, start: this.#start ?? 0, end: this.#end, index: this.#index };
  }

  #addInParts(keys: readonly Key[], accumulators: readonly unknown[]): void {
    let start = 0;
    let texts: string[] = [];
    let characters = 0;
    for (const [i, accumulator] of accumulators.entries()) {
      const encoded = encodeAccumulator(accumulator);
      texts.push(encoded);
      characters += encoded.length;
      if (characters < ACCUMULATOR_CHARACTERS && i + 1 < accumulators.length) continue;
      const part = keys.slice(start, i + 1);
      this.#addBlock(part, printJson(part), [], `[${texts.join(",")}]`);
      start = i + 1;
      texts = [];
      characters = 0;
    }
  }

  #addBlock(keys: readonly Key[], keysText: string, absent: readonly number[], accumulators: string): void {
    const bytes = this.#text.encode(`${keysText}\n${printJson(absent)}\n${accumulators}\n`);
    this.#waiting.push({ separator: separatorOf(this.#before, keys[0] as Key), bytes });
    this.#waitingBytes += bytes.length;
    this.#before = keys.at(-1);
    if (this.#waitingBytes > APPEND_BYTES) this.#append();
  }

  #append(): void {
    if (this.#waiting.length === 0) return;
    let at = this.#file.append(joinPieces(this.#waiting.map(({ bytes }) => bytes)));
    this.#start ??= at;
    for (const { separator, bytes } of this.#waiting) {
      this.#index.push([separator, at]);
      at += bytes.length;
    }
    this.#end = at;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

/** Whether its text is short, and many of them are best encoded at once. */
function isShort(accumulator: unknown): boolean {
  return typeof accumulator === "number" || typeof accumulator === "boolean" || accumulator === null;
}

export interface RunBlock {
  /** The keys as a JSON array: the same text stands for the same keys. */
  readonly keysText: string;
  /** Places of keys that have no accumulator, in their order. */
  readonly absent: readonly number[];
  readonly accumulators: readonly unknown[];
}

/** The blocks of a part of a run, from the start of a block to the end of one. */
export function* blocksOf(bytes: Uint8Array, text: TextCodec): Generator<RunBlock> {
  let at = 0;
  while (at < bytes.length) {
    const keysText = line();
    const absent = parseJson(line()) as number[];
    yield { keysText, absent, accumulators: decodeAccumulator(line()) as unknown[] };
  }

  function line(): string {
    const end = text.indexOf(bytes, 10, at);
    const found = text.decode(bytes, at, end);
    at = end + 1;
    return found;
  }
}

export function keysOf(keysText: string): readonly Key[] {
  return parseJson(keysText) as Key[];
}
