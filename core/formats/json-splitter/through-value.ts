/** The inside of JSON values: nearly all bytes are looked at here, by WebAssembly (assembly/through-value.ts). */
import { MODULE } from "./through-value.wasm.ts";

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly throughValue: (from: number, length: number) => number;
}

// Every runtime has it, but its types come with those of a runtime, which core does not see.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

const STATE_WORDS = 4;
const TEXT = 64;
const PAGE_BYTES = 64 * 1024;
/** The last block is read whole, too. */
const BLOCK_BYTES = 16;

/**
 * A text of which parts are inside of brackets. There, white space becomes spaces, so that a line end is none, and in strings line
 * feeds become tabs: no string has either, so it is as wrong with them.
 */
export class ValueText {
  readonly #exports: Exports;
  /** Brackets that are open, whether that is in a string, whether behind a backslash, and line feeds that have been passed. */
  #state: Int32Array;
  /** The text. Taking another one makes this one useless. */
  bytes: Uint8Array;

  constructor() {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(MODULE));
    this.#exports = exports as Exports;
    this.#state = this.#stateWords();
    this.bytes = new Uint8Array(0);
  }

  take(bytes: Uint8Array): Uint8Array {
    const { memory } = this.#exports;
    const missing = TEXT + bytes.length + BLOCK_BYTES - memory.buffer.byteLength;
    if (missing > 0) {
      memory.grow(Math.ceil(missing / PAGE_BYTES));
      this.#state = this.#stateWords();
    }
    this.bytes = new Uint8Array(memory.buffer, TEXT, bytes.length);
    this.bytes.set(bytes);
    return this.bytes;
  }

  /** Whether brackets are open. */
  get isInside(): boolean {
    return this.#state[0] !== 0;
  }

  /** A bracket has been opened. */
  enter(): void {
    this.#state[0] = 1;
  }

  /** Goes on, from an index of the text, where it is inside of brackets. Gives the index behind the last one, or the text's end. */
  through(from: number): number {
    return this.#exports.throughValue(from, this.bytes.length);
  }

  /** How many line feeds have been passed since this was asked. */
  lineEnds(): number {
    const count = this.#state[3] as number;
    this.#state[3] = 0;
    return count;
  }

  #stateWords(): Int32Array {
    return new Int32Array(this.#exports.memory.buffer, 0, STATE_WORDS);
  }
}
