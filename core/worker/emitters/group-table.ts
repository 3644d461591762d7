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

/**
 * Which keys are written: those of the table, so that runs share blocks; or those of the chunk alone, so that its run has the same
 * bytes whatever the worker has had before.
 */
export type KeysOfBlocks = "the table" | "the chunk";

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
  /** Roughly what the chunk's groups take, without their accumulators: where a run is cut must not depend on other chunks. */
  chunkBytes = 0;
  /** By place; ABSENT for a key without a value in the chunk. */
  readonly accumulators: unknown[] = [];
  readonly #places = new Map<Key, number>();
  /** The same of all keys that have a place. */
  #bytes = 0;
  /** Undefined when keys have been added since. */
  #sorted: readonly Key[] | undefined;
  #blocks: readonly KeyBlock[] | undefined;
  #present = 0;
  readonly #keysOf: KeysOfBlocks;

  constructor(keysOf: KeysOfBlocks) {
    this.#keysOf = keysOf;
  }

  get isEmpty(): boolean {
    return this.#present === 0;
  }

  placeOf(key: Key): number | undefined {
    return this.#places.get(key);
  }

  /** The first value of the chunk for a key that has a place. */
  start(place: number, key: Key, accumulator: unknown): void {
    this.accumulators[place] = accumulator;
    this.#present++;
    this.chunkBytes += bytesOf(key);
  }

  add(key: Key, accumulator: unknown): void {
    const place = this.accumulators.length;
    this.#places.set(key, place);
    this.accumulators.push(ABSENT);
    this.start(place, key, accumulator);
    this.#sorted = this.#blocks = undefined;
    this.#bytes += bytesOf(key);
  }

  /** All keys that have a value in the chunk, in their order, and perhaps others. */
  blocks(): Iterable<KeyBlock> {
    // Another set of keys than before, or too many to keep.
    const isPassing = this.#present * 2 < this.accumulators.length || this.accumulators.length > MOST_KEPT;
    if (isPassing) {
      this.#sorted = this.#blocks = undefined;
      return cutIntoBlocks(sortKeys(this.#presentKeys()), this.#places);
    }
    this.#sorted ??= sortKeys([...this.#places.keys()]);
    if (this.#keysOf === "the chunk" && this.#present < this.accumulators.length)
      return cutIntoBlocks(
        this.#sorted.filter((key) => this.#isPresent(key)),
        this.#places,
      );
    this.#blocks ??= [...cutIntoBlocks(this.#sorted, this.#places)];
    return this.#blocks;
  }

  /** The next chunk begins. */
  clear(mostBytes: number): void {
    this.#present = 0;
    this.chunkBytes = 0;
    if (this.#sorted !== undefined && this.#bytes <= mostBytes) {
      this.accumulators.fill(ABSENT);
      return;
    }
    this.#sorted = this.#blocks = undefined;
    this.#places.clear();
    this.accumulators.length = 0;
    this.#bytes = 0;
  }

  #isPresent(key: Key): boolean {
    return this.accumulators[this.#places.get(key) as number] !== ABSENT;
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
function* cutIntoBlocks(sorted: readonly Key[], places: ReadonlyMap<Key, number>): Generator<KeyBlock> {
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
