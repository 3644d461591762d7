/**
 * Grouped reduce, in a worker. Map side: a table per chunk, written as a sorted run when the chunk ends (or when the table
 * has grown too large). Reduce side: the runs' slices of one key range are merged, in the order of the batches, and
 * printed in the order of the keys.
 *
 * A run is JSON lines, `[key, accumulator]`, sorted by key. Runs are cut by keys with a sparse index that travels to
 * the coordinator, so that a range of keys can be read from all runs without looking at the rest (sample sort; the cuts
 * decide who does what, never what comes out).
 */

import { JobError } from "../../errors.ts";
import { printJson } from "../../json.ts";
import type { SpillFile } from "../../platform/runtime.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import { checkedKey, compareKeys, separatorOf, sortKeys } from "../../protocol/group-keys.ts";
import type { GroupRequest, RunSlice, SortedRun } from "../../protocol/messages.ts";
import type { Key, KeyFunction, Script } from "../../script/types.ts";
import { decodeAccumulator, encodeAccumulator } from "../script/accumulator-codec.ts";
import type { Aside, Emitter } from "./emitter.ts";
import { HALF_FOLDED } from "./fold.ts";
import { callNamed, createFolder, type Folder, notPromise } from "./folder.ts";
import type { ValueSample } from "./reduce-laws.ts";

/** Bytes of a run between two entries of its index. */
const INDEX_EVERY_BYTES = 16 * 1024;
/** What an entry of a table costs beside its key's characters, roughly, in bytes. */
const ENTRY_BYTES = 150;
const CHARACTER_BYTES = 2;
const FLUSH_CHARACTERS = 64 * 1024;

interface Group {
  accumulator: unknown;
}

export interface GroupEmitterOptions {
  readonly script: Script;
  readonly spill: () => SpillFile;
  readonly spillBytes: number;
  readonly text: TextCodec;
  readonly aside: Aside;
  /** Looks at values before they are folded. */
  readonly sample?: ValueSample | undefined;
}

export class GroupEmitter implements Emitter {
  verb = "key";
  readonly runs: SortedRun[] = [];
  readonly #folder: Folder;
  readonly #script: Script;
  readonly #spill: () => SpillFile;
  readonly #spillBytes: number;
  readonly #text: TextCodec;
  readonly #aside: Aside;
  readonly #sample: ValueSample | undefined;
  #table = new Map<Key, Group>();
  #tableBytes = 0;
  #emitted = 0;

  constructor({ script, spill, spillBytes, text, aside, sample }: GroupEmitterOptions) {
    this.#sample = sample;
    this.#script = script;
    this.#folder = createFolder(script);
    this.#spill = spill;
    this.#spillBytes = spillBytes;
    this.#text = text;
    this.#aside = aside;
  }

  emit(value: unknown, record: unknown): boolean {
    this.verb = "key";
    const key = checkedKey((this.#script.key as KeyFunction)(record, value));
    this.verb = "reduce";
    this.#sample?.see(value, key);
    const group = this.#table.get(key);
    if (group !== undefined) group.accumulator = this.#folder.step(group.accumulator, value);
    else this.#addGroup(key, this.#folder.start(value));
    this.#emitted++;
    return true;
  }

  #addGroup(key: Key, accumulator: unknown): void {
    // The record at hand is not what takes its time.
    if (this.#tableBytes > this.#spillBytes) this.#aside(() => this.#flush());
    const kept = typeof key === "string" ? (this.#text.copy?.(key) ?? key) : key;
    this.#table.set(kept, { accumulator });
    this.#tableBytes += ENTRY_BYTES + (typeof key === "string" ? key.length * CHARACTER_BYTES : 0);
  }

  endChunk(): void {
    this.#flush();
  }

  mark(): () => void {
    const emitted = this.#emitted;
    return () => {
      if (this.#emitted !== emitted) throw new JobError(HALF_FOLDED);
    };
  }

  #flush(): void {
    if (this.#table.size === 0) return;
    const table = this.#table;
    const writer = new RunWriter(this.#spill(), this.#text);
    for (const key of sortKeys([...table.keys()])) {
      writer.add(key, notPromise("reduce", (table.get(key) as Group).accumulator));
    }
    this.runs.push(writer.end());
    this.#table = new Map();
    this.#tableBytes = 0;
  }
}

class RunWriter {
  readonly #file: SpillFile;
  readonly #text: TextCodec;
  readonly #index: [Key, number][] = [];
  #lines = "";
  #start: number | undefined;
  #end = 0;
  #firstKey: Key | undefined;
  #lastKey: Key | undefined;
  /** The last key of the block before. */
  #before: Key | undefined;

  constructor(file: SpillFile, text: TextCodec) {
    this.#file = file;
    this.#text = text;
  }

  add(key: Key, accumulator: unknown): void {
    if (this.#lines === "") {
      this.#firstKey = key;
      this.#before = this.#lastKey;
    }
    this.#lastKey = key;
    this.#lines += `[${printJson(key)},${encodeAccumulator(accumulator)}]\n`;
    if (this.#lines.length > INDEX_EVERY_BYTES) this.#write();
  }

  end(): SortedRun {
    this.#write();
    return { path: this.#file.path, start: this.#start ?? 0, end: this.#end, index: this.#index };
  }

  #write(): void {
    if (this.#lines === "") return;
    const bytes = this.#text.encode(this.#lines);
    const at = this.#file.append(bytes);
    this.#start ??= at;
    this.#end = at + bytes.length;
    this.#index.push([separatorOf(this.#before, this.#firstKey as Key), at]);
    this.#lines = "";
  }
}

export interface GroupOptions {
  readonly request: GroupRequest;
  readonly script: Script;
  /** Whether what `finish` makes is printed with its key, too. */
  readonly withKeys: boolean;
  readonly text: TextCodec;
  /** The bytes of a slice. */
  readonly read: (slice: RunSlice) => Uint8Array;
  readonly print: (value: unknown) => void;
}

/** Merges one range of keys out of all runs. */
export function mergeGroups({ request, script, withKeys, text, read, print }: GroupOptions): void {
  const folder = createFolder(script);
  const groups = new Map<Key, Group>();
  const { low, high } = request;
  for (const slice of request.slices) {
    for (const [key, accumulator] of entriesOf(read(slice), text)) {
      if (low !== undefined && compareKeys(key, low.key) < 0) continue;
      if (high !== undefined && compareKeys(key, high.key) >= 0) break;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { accumulator });
      else group.accumulator = folder.merge(group.accumulator, accumulator);
    }
  }
  for (const key of sortKeys([...groups.keys()])) {
    const { accumulator } = groups.get(key) as Group;
    const { finish } = script;
    const value = finish === undefined ? accumulator : callNamed("finish", () => finish(accumulator, key));
    if (finish === undefined || (withKeys && value !== undefined)) print({ key, value });
    else if (value !== undefined) print(value);
  }
}

function* entriesOf(bytes: Uint8Array, text: TextCodec): Generator<[Key, unknown]> {
  let at = 0;
  while (at < bytes.length) {
    const found = text.indexOf(bytes, 10, Math.min(bytes.length - 1, at + FLUSH_CHARACTERS));
    const end = found === -1 ? bytes.length : found + 1;
    const lines = text.decode(bytes, at, end).trimEnd().replaceAll("\n", ",");
    yield* decodeAccumulator(`[${lines}]`) as [Key, unknown][];
    at = end;
  }
}
