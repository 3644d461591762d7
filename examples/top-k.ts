// The ten flights with the longest delays, the longest first.
//
//   pmap examples/top-k.ts examples/data/flights.jsonl
//
// The accumulator is a heap of ten whose top is the least of them, so memory does not depend on the input's length.
// Flights with the same delay are told apart by their text: which of them stays must not depend on who saw it first.
import type { Flight } from "./flights.ts";

const K = 10;

export const initial: Flight[] = [];

export function reduce(heap: Flight[], flight: Flight): Flight[] {
  if (heap.length < K) {
    heap.push(flight);
    siftUp(heap);
  } else if (isLess(heap[0] as Flight, flight)) {
    heap[0] = flight;
    siftDown(heap);
  }
  return heap;
}

export const merge = (a: Flight[], b: Flight[]) => b.reduce(reduce, a);

/** An array is one value: one line of JSON. */
export const finish = (heap: Flight[]) => heap.sort((a, b) => (isLess(a, b) ? 1 : -1));

function isLess(a: Flight, b: Flight): boolean {
  return a.delay === b.delay ? JSON.stringify(a) > JSON.stringify(b) : a.delay < b.delay;
}

function siftUp(heap: Flight[]): void {
  for (let at = heap.length - 1; at > 0; ) {
    const parent = (at - 1) >> 1;
    if (!isLess(heap[at] as Flight, heap[parent] as Flight)) return;
    swap(heap, at, parent);
    at = parent;
  }
}

function siftDown(heap: Flight[]): void {
  for (let at = 0; ; ) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && isLess(heap[child] as Flight, heap[least] as Flight)) least = child;
    }
    if (least === at) return;
    swap(heap, at, least);
    at = least;
  }
}

function swap(heap: Flight[], i: number, j: number): void {
  [heap[i], heap[j]] = [heap[j] as Flight, heap[i] as Flight];
}
