/**
 * The accumulators of a chunk, by key. A table outlives its chunk: most chunks of a job have the same keys, which are then
 * neither added again nor sorted, and are written in the same blocks, so that the keys of a block are parsed once when runs are
 * merged. A key has a place in an array: an object for each would be one more miss of the cache for every record.
 */
import { printJson } from "../../json.ts";
import { sortKeys } from "../../protocol/group-keys.ts";
import type { Key } from "../../script/types.ts";

/** Stands for the accumulator of a key that has no value in the chunk. */
export const ABSENT = Symbol("absent");

/** Neighbours in the order of keys. */
export interface KeyBlock {
  readonly keys: readonly Key[];
  readonly places: readonly number[];
  /** The keys as a JSON array. */
  readonly keysText: string;
}

/** What a group costs beside its key's characters, roughly, in bytes. */
const GROUP_BYTES = 150;
const CHARACTER_BYTES = 2;
/** Characters of keys after which the next block begins. */
const BLOCK_CHARACTERS = 8 * 1024;
/** More keys than these do not outlive their chunk. */
const MOST_KEPT = 64 * 1024;

export class GroupTable {
  /** Roughly what the groups take, without their accumulators. */
  bytes = 0;
  /** By place; ABSENT for a key without a value in the chunk. */
  readonly accumulators: unknown[] = [];
  readonly #places = new Map<Key, number>();
  /** Undefined when keys have been added since. */
  #blocks: readonly KeyBlock[] | undefined;
  #present = 0;

  get isEmpty(): boolean {
    return this.#present === 0;
  }

  placeOf(key: Key): number | undefined {
    return this.#places.get(key);
  }

  /** The first value of the chunk for a key that has a place. */
  start(place: number, accumulator: unknown): void {
    this.accumulators[place] = accumulator;
    this.#present++;
  }

  add(key: Key, accumulator: unknown): void {
    this.#places.set(key, this.accumulators.length);
    this.accumulators.push(accumulator);
    this.#present++;
    this.#blocks = undefined;
    this.bytes += bytesOf(key);
  }

  /** All keys that have a value in the chunk, in their order, and perhaps others. */
  blocks(): Iterable<KeyBlock> {
    // Another set of keys than before, or too many to keep.
    const isPassing = this.#present * 2 < this.accumulators.length || this.accumulators.length > MOST_KEPT;
    if (isPassing) {
      this.#blocks = undefined;
      return cutIntoBlocks(this.#presentKeys(), this.#places);
    }
    this.#blocks ??= [...cutIntoBlocks([...this.#places.keys()], this.#places)];
    return this.#blocks;
  }

  /** The next chunk begins. */
  clear(mostBytes: number): void {
    this.#present = 0;
    if (this.#blocks !== undefined && this.bytes <= mostBytes) {
      this.accumulators.fill(ABSENT);
      return;
    }
    this.#blocks = undefined;
    this.#places.clear();
    this.accumulators.length = 0;
    this.bytes = 0;
  }

  #presentKeys(): Key[] {
    const keys: Key[] = [];
    for (const [key, place] of this.#places) if (this.accumulators[place] !== ABSENT) keys.push(key);
    return keys;
  }
}

function bytesOf(key: Key): number {
  return GROUP_BYTES + (typeof key === "string" ? key.length * CHARACTER_BYTES : 0);
}

/** Where a block ends depends on the keys alone: the same keys make the same blocks in every worker. */
function* cutIntoBlocks(unsorted: Key[], places: ReadonlyMap<Key, number>): Generator<KeyBlock> {
  const sorted = sortKeys(unsorted);
  let start = 0;
  let characters = 0;
  for (const [i, key] of sorted.entries()) {
    characters += typeof key === "string" ? key.length : 1;
    if (characters < BLOCK_CHARACTERS && i + 1 < sorted.length) continue;
    const keys = sorted.slice(start, i + 1);
    yield { keys, places: keys.map((key) => places.get(key) as number), keysText: printJson(keys) };
    start = i + 1;
    characters = 0;
  }
}
