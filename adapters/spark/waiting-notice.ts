/** Tells the user what a job waits for, while no task of it has begun. */
import { waitingText } from "./driver-messages.ts";

/** After this time the user is told, and then each minute, in milliseconds. */
const WAITING_MS = 15_000;
const STILL_WAITING_MS = 60_000;

export class WaitingNotice {
  /** Once Spark has started. */
  master: string | undefined;
  hasExecutors = false;
  readonly #after: (delayMs: number, task: () => void) => () => void;
  readonly #onNotice: (message: string) => void;
  #cancel = () => {};

  constructor(after: (delayMs: number, task: () => void) => () => void, onNotice: (message: string) => void) {
    this.#after = after;
    this.#onNotice = onNotice;
  }

  begin(delayMs = WAITING_MS): void {
    this.#cancel = this.#after(delayMs, () => {
      this.#onNotice(waitingText(this.master, this.hasExecutors));
      this.begin(STILL_WAITING_MS);
    });
  }

  end(): void {
    this.#cancel();
  }
}
