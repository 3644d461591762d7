/** Records wait here for the coordinator, which lets them start: with a limit that all workers share. */

export class StartTurns {
  readonly #ask: (starts: number, ended: number) => void;
  readonly #waiting: (() => void)[] = [];
  #starts = 0;
  #ended = 0;
  #asksSoon = false;

  /** @param ask tells the coordinator how many more would start, and how many have come to an end */
  constructor(ask: (starts: number, ended: number) => void) {
    this.#ask = ask;
  }

  /** Resolves when the record may start. */
  enter(): Promise<void> {
    this.#starts++;
    this.#askSoon();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    this.#ended++;
    this.#askSoon();
  }

  allow(count: number): void {
    for (const start of this.#waiting.splice(0, count)) start();
  }

  /** One message for all that ask in one turn. */
  #askSoon(): void {
    if (this.#asksSoon) return;
    this.#asksSoon = true;
    void Promise.resolve().then(() => {
      this.#asksSoon = false;
      this.#ask(this.#starts, this.#ended);
      this.#starts = 0;
      this.#ended = 0;
    });
  }
}
