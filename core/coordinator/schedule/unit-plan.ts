/** The plan of records that are counted: which of them go to a worker next. */
import type { Batch, PlanPosition } from "../job/batch.ts";
import { type BatchEnds, batchEnd, isWholeWorthIt, type Pace } from "./batch-end.ts";
import type { BatchSource } from "./chunk-plan.ts";

export interface UnitPlanOptions extends BatchEnds {
  /** How many there are. */
  readonly units: number;
  /** Behind what a worker decodes in one go. */
  readonly borders?: readonly number[] | undefined;
}

export class UnitPlan implements BatchSource {
  readonly #options: UnitPlanOptions;
  #at = 0;

  constructor(options: UnitPlanOptions) {
    this.#options = options;
  }

  get left(): number {
    return this.#options.units - this.#at;
  }

  /** Goes on at a position, as a resumed job does. */
  startAt({ at = 0 }: PlanPosition): void {
    this.#at = at;
  }

  next(wanted: number, pace?: Pace): Batch | undefined {
    const { units } = this.#options;
    const start = this.#at;
    if (start >= units) return undefined;
    const end = Math.min(units, this.#borderFor(start, wanted, pace) ?? batchEnd(this.#options, start, wanted, pace));
    this.#at = end;
    const next = { source: 0, at: end, shift: 0 };
    return { next, segments: [{ source: 0, start, end, shift: 0 }], block: undefined, bytes: end - start };
  }

  #borderFor(start: number, wanted: number, pace: Pace | undefined): number | undefined {
    const { borders, use } = this.#options;
    if (borders === undefined) return undefined;
    const first = firstAbove(borders, start);
    const last = firstAbove(borders, start + wanted);
    const next = borders[first] ?? start;
    if (!isWholeWorthIt(next - start, wanted, pace)) return undefined;
    if (use === "merged") return batchEnd(this.#options, start, Math.max(wanted, next - start));
    return borders[last === first ? first : last - 1];
  }
}

/** Where the first number stands that is above a position. */
function firstAbove(sorted: readonly number[], position: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}
