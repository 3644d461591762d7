/**
 * The yield point: a worker that is busy with records looks at its clock now and then.
 *
 * Looking for every record would cost as much as a quick record itself, so it looks after a number of them: the quicker they are,
 * the fewer times. What it is for: to let the coordinator's clock know that it is getting on (a yield point that is missing is a
 * suspicion, not a verdict: the batch is then run again with every record announced), and to stop in front of the next
 * record when the batch has had its time, so that others can have the rest.
 */
export interface PulseOptions {
  readonly now: () => number;
  /** With a time limit: what is called when at least `everyMs` have passed since the last time. */
  readonly beat: { readonly everyMs: number; readonly tell: () => void } | undefined;
  /** The batch's time, from the yield point's making on; undefined where it runs to its end. */
  readonly budgetMs: number | undefined;
  /** Whether it has made as much as a worker should keep. */
  readonly isFull: () => boolean;
  /** Whether the coordinator is to know which record the worker is past. */
  readonly tellsRecords?: boolean | undefined;
}

const MAX_STRIDE = 32;
const QUICK_MS = 0.5;
const SLOW_MS = 5;
/** Of quick records one is told about after this time. */
const TELL_EVERY_MS = 100;

export class YieldPoint {
  readonly #options: PulseOptions;
  #endMs: number;
  /** How long the clock has stood still. */
  stillMs = 0;
  readonly #budgetMs: number;
  #stride = 1;
  #lookedMs: number;
  #beatMs: number;
  #toldMs: number;
  /** Records of the batch that had run at the last look. */
  #lookedRecords = 0;
  /** How long the records since the last look took, where that is so long that one of them was slow; else 0. */
  slowMs = 0;
  /** And how many they were. */
  slowWithin = 0;
  /** Whether it is time to tell of the last record. */
  isToldNow = false;

  constructor(options: PulseOptions) {
    const nowMs = options.now();
    this.#options = options;
    this.#budgetMs = options.budgetMs ?? Number.POSITIVE_INFINITY;
    this.#endMs = nowMs + this.#budgetMs;
    this.#lookedMs = nowMs;
    this.#beatMs = nowMs;
    this.#toldMs = nowMs;
  }

  /**
   * Looks at the clock.
   * @param records how many records of the batch have run
   * @returns how many records may run until the next look
   */
  poll(records: number): number {
    const nowMs = this.#options.now();
    const elapsedMs = nowMs - this.#lookedMs;
    this.slowWithin = records - this.#lookedRecords;
    this.slowMs = elapsedMs > SLOW_MS && this.slowWithin > 0 ? elapsedMs : 0;
    this.#lookedRecords = records;
    this.isToldNow =
      this.#options.tellsRecords === true && (elapsedMs > SLOW_MS || nowMs - this.#toldMs > TELL_EVERY_MS);
    if (this.isToldNow) this.#toldMs = nowMs;
    if (elapsedMs < QUICK_MS) this.#stride = Math.min(MAX_STRIDE, this.#stride * 2);
    else if (elapsedMs > SLOW_MS) this.#stride = 1;
    this.#lookedMs = nowMs;
    const { beat } = this.#options;
    if (beat !== undefined && nowMs - this.#beatMs >= beat.everyMs) {
      this.#beatMs = nowMs;
      beat.tell();
    }
    return this.#stride;
  }

  /**
   * This part of the time was not the records'. They get at least as much for themselves: another worker that gets the rest may
   * have to do the same again.
   */
  standStill(ms: number): void {
    const before = Math.max(this.#budgetMs, this.stillMs);
    this.stillMs += ms;
    this.#endMs += ms + Math.max(this.#budgetMs, this.stillMs) - before;
    this.#lookedMs += ms;
  }

  /** Whether the batch may be cut: others are there for the rest. */
  get mayCut(): boolean {
    return this.#budgetMs < Number.POSITIVE_INFINITY;
  }

  /** Whether the batch has had its time, by the last look, or is full. */
  get shouldYield(): boolean {
    return this.#lookedMs >= this.#endMs || (this.mayCut && this.#options.isFull());
  }
}
