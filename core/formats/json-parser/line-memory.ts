/** The memory that lines are read in, and WebAssembly that reads them (assembly/read-lines.ts). */
import { instantiate } from "../web-assembly.ts";
import {
  ALL_SLOTS,
  ENDS,
  FIFTHS,
  LINES,
  MOST_FIFTHS,
  MOST_LINES,
  MOST_STRINGS,
  NEW_STRINGS,
  NUMBERS,
  PLACES,
  STRINGS,
  TREE,
  TREE_BYTES,
} from "./layout.ts";
import { moduleBytes } from "./read-lines.wasm.ts";

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly readLines: (from: number, length: number, narrow: number, wide: number) => void;
}

/** What layout.ts says of each. */
export interface LineMemory {
  readonly readLines: Exports["readLines"];
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly lines: Int32Array;
  readonly places: Int32Array;
  readonly ends: Int32Array;
  readonly numbers: Float64Array;
  readonly tree: Uint8Array;
  /** Strings that have been read before, in the places that WebAssembly gives them. */
  readonly strings: string[];
  /** Forgets these strings. */
  forget(): void;
}

/** One for all: a memory of its own for each of them would be gigabytes of addresses. */
let shared: LineMemory | "none" | undefined;

/** Undefined where there is no WebAssembly, or no room for its addresses. */
export function lineMemory(): LineMemory | undefined {
  shared ??= load();
  return shared === "none" ? undefined : shared;
}

function load(): LineMemory | "none" {
  const exports = instantiate<Exports>(moduleBytes());
  if (exports === undefined) return "none";
  const { buffer } = exports.memory;
  new BigUint64Array(buffer, FIFTHS, 2 * MOST_FIFTHS).set(powersOfFifth());
  const bytes = new Uint8Array(buffer);
  return {
    readLines: exports.readLines,
    words: new Int32Array(buffer),
    bytes,
    lines: new Int32Array(buffer, LINES, MOST_LINES),
    places: new Int32Array(buffer, PLACES, ALL_SLOTS),
    ends: new Int32Array(buffer, ENDS, ALL_SLOTS),
    numbers: new Float64Array(buffer, NUMBERS, ALL_SLOTS),
    tree: new Uint8Array(buffer, TREE, TREE_BYTES),
    strings: new Array<string>(MOST_STRINGS).fill(""),
    forget: () => bytes.fill(0, STRINGS, NEW_STRINGS),
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
