/** `--range`: numbers instead of an input. It is no value of --from, and its codec is asked for where there is a range. */
import type { NumberRange, UnitCodec } from "./codec.ts";
import type { Cursor } from "./cursor.ts";
import type { UnitInput } from "./format.ts";

export function rangeInput({ from, step, count }: NumberRange): UnitInput {
  return {
    cut: "units",
    separator: 10,
    skipsBlank: false,
    unit: "number",
    sourceName: "--range",
    count: () => count,
    label: (position) => String(from + position * step),
  };
}

export const rangeCodec: UnitCodec = {
  cut: "units",
  needsUtf8: true,
  createReader({ range }) {
    const { from = 0, step = 1 } = range ?? {};
    return { open: ({ start, end }) => new RangeCursor(from, step, start, end - start) };
  },
};

/** `start + i * step` for `count` positions i from `first` on. */
class RangeCursor implements Cursor {
  #index = -1;
  private readonly start: number;
  private readonly step: number;
  private readonly first: number;
  private readonly count: number;

  constructor(start: number, step: number, first: number, count: number) {
    this.start = start;
    this.step = step;
    this.first = first;
    this.count = count;
  }

  advance(): boolean {
    return ++this.#index < this.count;
  }

  read(): unknown {
    return this.start + (this.first + this.#index) * this.step;
  }

  offset(): number {
    return this.first + Math.min(this.#index, this.count - 1);
  }

  line(): number {
    return Math.min(this.#index + 1, this.count);
  }

  raw(): string {
    return String(this.read());
  }
}
