/** From the slots of a record to the record, by code that is made for its columns. */
import { ASCII, DOUBLE, INTEGER, KIND_BITS } from "../slots/layout.ts";
import { propertyOf } from "./parser.ts";
import type { RowMemory } from "./row-memory.ts";

/** Each makes the record whose first slot is given. */
export interface RowMaker {
  readonly make: (slot: number) => unknown;
  /** Its strings are no slices of the piece. */
  readonly makeLong: (slot: number) => unknown;
  /** The text of some bytes, a character for each, of which strings are slices: the first one is that at `start`. */
  readonly setPiece: (text: string, start: number) => void;
}

export interface RowMakerOptions {
  /** Names, each with the slot of its value: the first slot of a record is 0. */
  readonly properties: readonly (readonly [name: string, slot: number])[];
  /** Whether there are numbers among the values. */
  readonly isTyped: boolean;
  /** Reads what is neither a number nor a slice. */
  readonly valueAt: (slot: number) => unknown;
}

const KINDS = (1 << KIND_BITS) - 1;

export function createRowMaker(
  { places, ends, numbers }: Pick<RowMemory, "places" | "ends" | "numbers">,
  { properties, isTyped, valueAt }: RowMakerOptions,
): RowMaker {
  const code = `
    let text = "", first = 0;
    return {
      make: (slot) => {
        const piece = text, start = first;
        let place, end;
        return ${recordOf(isTyped ? numberOrSlice : slice)};
      },
      makeLong: (slot) => (${recordOf((slot) => `valueAt(${slot})`)}),
      setPiece(piece, start) { text = piece; first = start; },
    };`;
  return new Function("places", "ends", "numbers", "valueAt", code)(places, ends, numbers, valueAt);

  function recordOf(value: (slot: string) => string): string {
    return `{${properties.map(([name, slot]) => `${propertyOf(name)}: ${value(`slot + ${slot}`)}`).join(", ")}}`;
  }
}

function slice(slot: string): string {
  const isSlice = `(place = places[${slot}]) >= 0 && ((end = ends[${slot}]) & ${KINDS}) === ${ASCII}`;
  return `${isSlice} ? piece.slice(place - start, (end >> ${KIND_BITS}) - start) : valueAt(${slot})`;
}

/** Numbers are read here, so that a call does not make objects of them. */
function numberOrSlice(slot: string): string {
  const other = `places[${slot}] === ${DOUBLE} ? numbers[${slot}] : ${slice(slot)}`;
  return `places[${slot}] === ${INTEGER} ? ends[${slot}] : ${other}`;
}
