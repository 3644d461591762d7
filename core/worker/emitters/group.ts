/**
 * Grouped reduce, its first half: a table per chunk, written as a sorted run when the chunk ends (or when the table has grown
 * too large). The second half is in merge-groups.ts.
 */

import type { SpillFile } from "../../platform/runtime.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import { checkedKey } from "../../protocol/group-keys.ts";
import type { SortedRun } from "../../protocol/messages.ts";
import type { Key, KeyFunction, Script } from "../../script/types.ts";
import { type Aside, type BatchEmitter, type Emitted, NOTHING_EMITTED } from "./emitter.ts";
import { createFolder, type Folder } from "./folder.ts";
import { ABSENT, GroupTable, type KeysOfBlocks } from "./group-table.ts";
import type { ValueSample } from "./reduce-laws.ts";
import { RunWriter } from "./sorted-run.ts";

export interface GroupEmitterOptions {
  readonly script: Script;
  readonly spill: () => SpillFile;
  readonly spillBytes: number;
  readonly keysOfBlocks: KeysOfBlocks;
  readonly text: TextCodec;
  /** Tables of the worker that no batch is using. */
  readonly idleTables: GroupTable[];
  readonly aside: Aside;
  /** Looks at values before they are folded. */
  readonly sample?: ValueSample | undefined;
}

export class GroupEmitter implements BatchEmitter {
  verb = "key";
  readonly bytes = 0;
  readonly #runs: SortedRun[] = [];
  readonly #folder: Folder;
  readonly #script: Script;
  readonly #spill: () => SpillFile;
  readonly #spillBytes: number;
  readonly #keysOfBlocks: KeysOfBlocks;
  readonly #text: TextCodec;
  readonly #idleTables: GroupTable[];
  readonly #aside: Aside;
  readonly #sample: ValueSample | undefined;
  /** Of the chunk at hand, where it has a value. */
  #table: GroupTable | undefined;
  #emitted = 0;

  constructor({ script, spill, spillBytes, keysOfBlocks, text, idleTables, aside, sample }: GroupEmitterOptions) {
    this.#sample = sample;
    this.#script = script;
    this.#folder = createFolder(script);
    this.#spill = spill;
    this.#spillBytes = spillBytes;
    this.#keysOfBlocks = keysOfBlocks;
    this.#text = text;
    this.#idleTables = idleTables;
    this.#aside = aside;
  }

  emit(value: unknown, record: unknown): boolean {
    this.#fold(value, this.#keyOf(value, record));
    return true;
  }

  emitAll(values: readonly unknown[], record: unknown): number {
    const keys = values.map((value) => this.#keyOf(value, record));
    for (const [i, value] of values.entries()) this.#fold(value, keys[i] as Key);
    return values.length;
  }

  #keyOf(value: unknown, record: unknown): Key {
    this.verb = "key";
    return checkedKey((this.#script.key as KeyFunction)(record, value));
  }

  #fold(value: unknown, key: Key): void {
    this.verb = "reduce";
    this.#sample?.see(value, key);
    this.#table ??= this.#idleTables.pop() ?? new GroupTable(this.#keysOfBlocks);
    const table = this.#table;
    const place = table.placeOf(key);
    const accumulator = place === undefined ? ABSENT : table.accumulators[place];
    if (accumulator === ABSENT) this.#startGroup(table, key, this.#folder.start(value));
    else table.accumulators[place as number] = this.#folder.step(accumulator, value);
    this.#emitted++;
  }

  #startGroup(table: GroupTable, key: Key, accumulator: unknown): void {
    // The record at hand is not what takes its time.
    if (table.chunkBytes > this.#spillBytes) this.#aside(() => this.#write(table));
    const place = table.placeOf(key);
    if (place !== undefined) table.start(place, key, accumulator);
    else table.add(typeof key === "string" ? (this.#text.copy?.(key) ?? key) : key, accumulator);
  }

  endChunk(): void {
    if (this.#table === undefined) return;
    this.#write(this.#table);
    this.#idleTables.push(this.#table);
    this.#table = undefined;
  }

  mark(): () => boolean {
    const emitted = this.#emitted;
    return () => this.#emitted === emitted;
  }

  finish(): Emitted {
    return { ...NOTHING_EMITTED, runs: this.#runs };
  }

  #write(table: GroupTable): void {
    if (table.isEmpty) return;
    const writer = new RunWriter(this.#spill(), this.#text);
    for (const block of table.blocks()) writer.add(block, table.accumulators);
    this.#runs.push(writer.end());
    table.clear(this.#spillBytes);
  }
}
