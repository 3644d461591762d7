/** Records wait here for the coordinator, which lets them start: with a limit that all workers share. */
import { addInOrder, type InputPosition } from "../../protocol/input-position.ts";

interface Turn {
  /** Where the record's batch begins. */
  readonly batch: InputPosition;
  readonly resolve: (mayStart: boolean) => void;
}

/**
 * Tells the coordinator how many more would start, and how many have come to an end.
 * @param batch where the batch of those that would start begins
 */
export type AskToStart = (starts: number, ended: number, batch?: InputPosition) => void;

export class StartTurns {
  readonly #ask: AskToStart;
  /** In input order. */
  readonly #waiting: Turn[] = [];
  readonly #starts = new Map<InputPosition, number>();
  #ended = 0;
  #asksSoon = false;

  constructor(ask: AskToStart) {
    this.#ask = ask;
  }

  /** Resolves when a record of the batch may start; to false when it will not. */
  enter(batch: InputPosition): Promise<boolean> {
    this.#starts.set(batch, (this.#starts.get(batch) ?? 0) + 1);
    this.#askSoon();
    return new Promise((resolve) => addInOrder(this.#waiting, { batch, resolve }, (turn) => turn.batch));
  }

  leave(): void {
    this.#ended++;
    this.#askSoon();
  }

  allow(count: number): void {
    const started = this.#waiting.splice(0, count);
    for (const turn of started) turn.resolve(true);
    // Some may have been withdrawn since they asked.
    for (let left = count - started.length; left > 0; left--) this.leave();
  }

  /** Those that wait do not start. */
  withdraw(): void {
    for (const turn of this.#waiting.splice(0)) turn.resolve(false);
  }

  /** One message for all of a batch that ask in one turn. */
  #askSoon(): void {
    if (this.#asksSoon) return;
    this.#asksSoon = true;
    void Promise.resolve().then(() => {
      this.#asksSoon = false;
      const asks = [...this.#starts];
      const ended = this.#ended;
      this.#starts.clear();
      this.#ended = 0;
      if (asks.length === 0) this.#ask(0, ended);
      for (const [i, [batch, starts]] of asks.entries()) this.#ask(starts, i === 0 ? ended : 0, batch);
    });
  }
}
