/** The memory that records are read in, of a module of WebAssembly. */
import { instantiate } from "../web-assembly.ts";
import {
  ALL_SLOTS,
  ENDS,
  FIFTHS,
  MOST_FIFTHS,
  MOST_RECORDS,
  MOST_STRINGS,
  NEW_STRINGS,
  NUMBERS,
  OWN,
  OWN_BYTES,
  PLACES,
  RECORDS,
  STRINGS,
  TEXT,
} from "./layout.ts";

/** What layout.ts says of each. */
export interface SlotMemory<Exports> {
  readonly exports: Exports;
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly records: Int32Array;
  readonly places: Int32Array;
  readonly ends: Int32Array;
  readonly numbers: Float64Array;
  readonly own: Uint8Array;
  /** Strings that have been read before, in the places that WebAssembly gives them. */
  readonly strings: string[];
  /** Forgets these strings. */
  forget(): void;
  /** Puts a text where it is read, and behind it what ends a record. */
  setText(text: Uint8Array, separator: number): void;
}

/** Undefined where there is no WebAssembly, or no room for its addresses. */
export function createSlotMemory<Exports>(moduleBytes: Uint8Array): SlotMemory<Exports> | undefined {
  const exports = instantiate<Exports & { readonly memory: { readonly buffer: ArrayBuffer } }>(moduleBytes);
  if (exports === undefined) return undefined;
  const { buffer } = exports.memory;
  new BigUint64Array(buffer, FIFTHS, 2 * MOST_FIFTHS).set(powersOfFifth());
  const bytes = new Uint8Array(buffer);
  return {
    exports,
    words: new Int32Array(buffer),
    bytes,
    records: new Int32Array(buffer, RECORDS, MOST_RECORDS),
    places: new Int32Array(buffer, PLACES, ALL_SLOTS),
    ends: new Int32Array(buffer, ENDS, ALL_SLOTS),
    numbers: new Float64Array(buffer, NUMBERS, ALL_SLOTS),
    own: new Uint8Array(buffer, OWN, OWN_BYTES),
    strings: new Array<string>(MOST_STRINGS).fill(""),
    forget: () => bytes.fill(0, STRINGS, NEW_STRINGS),
    setText(text, separator) {
      bytes.set(text, TEXT);
      bytes[TEXT + text.length] = separator;
    },
  };
}

/** Rounded up, as the algorithm has it that they are for (assembly/decimal.ts). */
function powersOfFifth(): bigint[] {
  const halves: bigint[] = [];
  for (let count = 1; count <= MOST_FIFTHS; count++) {
    const power = 5n ** BigInt(count);
    const bits = BigInt(power.toString(2).length);
    const upper = (1n << (bits + 127n)) / power + 1n;
    halves.push(upper >> 64n, upper & 0xffffffffffffffffn);
  }
  return halves;
}
