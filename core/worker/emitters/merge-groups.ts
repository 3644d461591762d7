/**
 * Grouped reduce, its second half: one range of keys out of all sorted runs is merged and printed in the order of the keys. The
 * accumulators of a key are merged in the order of the runs, which is that of the input. (A k-way merge with a heap: Knuth, The
 * Art of Computer Programming, volume 3, 5.4.1.)
 */
import type { TextCodec } from "../../platform/text-codec.ts";
import { compareKeys } from "../../protocol/group-keys.ts";
import type { GroupRequest, RunSlice } from "../../protocol/messages.ts";
import type { Key, Script } from "../../script/types.ts";
import { callNamed, createFolder } from "./folder.ts";
import { RunCursor } from "./run-cursor.ts";
import { keysOf } from "./sorted-run.ts";

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
  const known = new Map<string, readonly Key[]>();
  const knownKeysOf = (keysText: string): readonly Key[] => {
    let keys = known.get(keysText);
    if (keys === undefined) {
      keys = keysOf(keysText);
      known.set(keysText, keys);
    }
    return keys;
  };
  const cursors = request.slices.map(
    (slice, order) => new RunCursor(read(slice), { order, text, keysOf: knownKeysOf, range: request }),
  );
  const folder = createFolder(script);
  const { finish } = script;
  for (const [key, accumulator] of merged(cursors, folder.merge)) {
    const value = finish === undefined ? accumulator : callNamed("finish", () => finish(accumulator, key));
    if (finish === undefined || (withKeys && value !== undefined)) print({ key, value });
    else if (value !== undefined) print(value);
  }
}

function* merged(
  cursors: readonly RunCursor[],
  merge: (left: unknown, right: unknown) => unknown,
): Generator<[Key, unknown]> {
  const heap = cursors.filter((cursor) => cursor.advance());
  for (let i = (heap.length >> 1) - 1; i >= 0; i--) sink(heap, i);
  for (let top = heap[0]; top !== undefined; top = heap[0]) {
    const { key } = top;
    let { accumulator } = top;
    next(heap);
    for (let same = heap[0]; same !== undefined && compareKeys(same.key, key) === 0; same = heap[0]) {
      accumulator = merge(accumulator, same.accumulator);
      next(heap);
    }
    yield [key, accumulator];
  }
}

/** Moves the first cursor on. */
function next(heap: RunCursor[]): void {
  if (!heap[0]?.advance()) {
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return;
    heap[0] = last;
  }
  sink(heap, 0);
}

/** Moves a cursor down until none below comes before it. */
function sink(heap: RunCursor[], from: number): void {
  const cursor = heap[from] as RunCursor;
  let at = from;
  for (let child = 2 * at + 1; child < heap.length; child = 2 * at + 1) {
    const right = heap[child + 1];
    if (right !== undefined && comesBefore(right, heap[child] as RunCursor)) child++;
    const below = heap[child] as RunCursor;
    if (!comesBefore(below, cursor)) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = cursor;
}

function comesBefore(a: RunCursor, b: RunCursor): boolean {
  const order = a.key === b.key ? 0 : compareKeys(a.key, b.key);
  return order === 0 ? a.order < b.order : order < 0;
}
