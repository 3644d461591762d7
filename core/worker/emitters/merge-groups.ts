/**
 * Grouped reduce, its second half: one range of keys out of all sorted runs is merged, in the order of the runs, and printed
 * in the order of the keys.
 */
import type { TextCodec } from "../../platform/text-codec.ts";
import { compareKeys, sortKeys } from "../../protocol/group-keys.ts";
import type { GroupRequest, RunSlice } from "../../protocol/messages.ts";
import type { Key, Script } from "../../script/types.ts";
import { callNamed, createFolder, type Folder } from "./folder.ts";
import { blocksOf, keysOf, type RunBlock } from "./sorted-run.ts";

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

export function mergeGroups({ request, script, withKeys, text, read, print }: GroupOptions): void {
  const groups = new MergedGroups(request, createFolder(script));
  for (const slice of request.slices) for (const block of blocksOf(read(slice), text)) groups.add(block);
  const { finish } = script;
  for (const [key, accumulator] of groups.inOrder()) {
    const value = finish === undefined ? accumulator : callNamed("finish", () => finish(accumulator, key));
    if (finish === undefined || (withKeys && value !== undefined)) print({ key, value });
    else if (value !== undefined) print(value);
  }
}

interface MergedGroup {
  /** Whether there is an accumulator: a key may be known before. */
  isThere: boolean;
  accumulator: unknown;
}

class MergedGroups {
  readonly #range: Pick<GroupRequest, "low" | "high">;
  readonly #folder: Folder;
  readonly #groups = new Map<Key, MergedGroup>();
  /** The groups of the keys of a block, by its text; undefined for a key that is outside of the range. */
  readonly #blocks = new Map<string, readonly (MergedGroup | undefined)[]>();

  constructor(range: Pick<GroupRequest, "low" | "high">, folder: Folder) {
    this.#range = range;
    this.#folder = folder;
  }

  add({ keysText, absent, accumulators }: RunBlock): void {
    let next = 0;
    let passed = 0;
    for (const [place, group] of this.#groupsOf(keysText).entries()) {
      if (absent[passed] === place) {
        passed++;
        continue;
      }
      const accumulator = accumulators[next++];
      if (group === undefined) continue;
      group.accumulator = group.isThere ? this.#folder.merge(group.accumulator, accumulator) : accumulator;
      group.isThere = true;
    }
  }

  *inOrder(): Generator<[Key, unknown]> {
    for (const key of sortKeys([...this.#groups.keys()])) {
      const group = this.#groups.get(key);
      if (group?.isThere) yield [key, group.accumulator];
    }
  }

  #groupsOf(keysText: string): readonly (MergedGroup | undefined)[] {
    let groups = this.#blocks.get(keysText);
    if (groups === undefined) {
      groups = keysOf(keysText).map((key) => this.#groupOf(key));
      this.#blocks.set(keysText, groups);
    }
    return groups;
  }

  #groupOf(key: Key): MergedGroup | undefined {
    const { low, high } = this.#range;
    if (low !== undefined && compareKeys(key, low.key) < 0) return undefined;
    if (high !== undefined && compareKeys(key, high.key) >= 0) return undefined;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { isThere: false, accumulator: undefined };
      this.#groups.set(key, group);
    }
    return group;
  }
}
