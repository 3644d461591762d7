/** The inside of JSON values: nearly all bytes are looked at here, by WebAssembly (assembly/through-value.ts). */
import { JobError } from "../../errors.ts";
import { instantiate } from "../web-assembly.ts";
import { moduleBytes } from "./through-value.wasm.ts";

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly throughValue: (from: number, length: number) => number;
  readonly throughElements: (from: number, length: number, least: number) => number;
}

/**
 * Brackets that are open, whether that is in a string, whether behind a backslash, line feeds that have been passed, whether there is
 * something behind the last comma of an array, and why it has stopped.
 */
const STATE_WORDS = 6;
const LINE_ENDS = 3;
const HAS_CONTENT = 4;
const STOP = 5;
const TEXT = 64;
/** Of those that WebAssembly takes. */
const MOST_INTEGER = 2 ** 31 - 1;
/** What is looked at in one go has its place in the memory that the module has from the start. */
const MOST_BYTES = 256 * 1024;

/** Why it goes no further among the elements of an array. A comma is empty that has no value before it. */
type ElementsStop = "at the end" | "behind the array" | "behind a comma" | "at an empty comma";
const STOPS: readonly ElementsStop[] = ["at the end", "behind the array", "behind a comma", "at an empty comma"];

const NO_MEMORY =
  "Cannot read JSON that is not one value a line: WebAssembly is turned off, or has no room for 10 GB of addresses " +
  "(ulimit -v)\nMake lines of it first: jq -c '.[]'";

/** One for all: a memory of its own for each of them would be gigabytes of addresses. */
let shared: { readonly exports: Exports; readonly state: Int32Array } | undefined;

/**
 * A text of which parts are inside of brackets. There, white space becomes spaces, so that a line end is none, and in strings line
 * feeds become tabs: no string has either, so it is as wrong with them.
 */
export class ValueText {
  readonly #shared = load();
  /** The state between two parts. */
  readonly #state = new Int32Array(STATE_WORDS);

  /**
   * Takes the text part by part: `look` may change the bytes that it gets, and they are those of the text only until it returns.
   * @param look gives true when no more is wanted
   * @param likely how many bytes will be wanted, where that is known: taking them is a copy
   */
  each(text: Uint8Array, look: (bytes: Uint8Array, at: number) => boolean, likely = MOST_BYTES): void {
    const { exports, state } = this.#shared;
    let size = Math.min(MOST_BYTES, likely);
    for (let at = 0; at < text.length; at += size, size = Math.min(MOST_BYTES, size * 2)) {
      const part = text.subarray(at, at + size);
      const bytes = new Uint8Array(exports.memory.buffer, TEXT, part.length);
      bytes.set(part);
      state.set(this.#state);
      const isOver = look(bytes, at);
      this.#state.set(state);
      if (isOver) return;
    }
  }

  /** Whether brackets are open. */
  get isInside(): boolean {
    return this.#shared.state[0] !== 0;
  }

  /** A bracket has been opened. */
  enter(): void {
    this.#shared.state[0] = 1;
  }

  /** Goes on, from an index of the part, where it is inside of brackets. Gives the index behind the last one, or the part's end. */
  through({ length }: Uint8Array, from: number): number {
    return this.#shared.exports.throughValue(from, length);
  }

  /**
   * Goes on among the elements of an array, up to behind its bracket, or behind a comma that stands at `least` or behind it. The
   * commas between elements become line feeds.
   */
  throughElements(
    { length }: Uint8Array,
    from: number,
    least: number,
  ): { readonly at: number; readonly stop: ElementsStop } {
    const { exports, state } = this.#shared;
    const at = exports.throughElements(from, length, Math.min(least, MOST_INTEGER));
    return { at, stop: STOPS[state[STOP] as number] as ElementsStop };
  }

  /** Something stands behind the last comma. */
  get hasContent(): boolean {
    return this.#shared.state[HAS_CONTENT] !== 0;
  }

  /** The next value is the first one, or stands behind a comma. */
  beginElement(): void {
    const { state } = this.#shared;
    state[0] = 0;
    state[HAS_CONTENT] = 0;
  }

  /** How many line feeds have been passed since this was asked. */
  lineEnds(): number {
    const { state } = this.#shared;
    const count = state[LINE_ENDS] as number;
    state[LINE_ENDS] = 0;
    return count;
  }
}

function load(): NonNullable<typeof shared> {
  if (shared === undefined) {
    const exports = instantiate<Exports>(moduleBytes());
    if (exports === undefined) throw new JobError(NO_MEMORY);
    shared = { exports, state: new Int32Array(exports.memory.buffer, 0, STATE_WORDS) };
  }
  return shared;
}
