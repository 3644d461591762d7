/** What is heard: an AbortSignal, or an event of the process. */
export interface EventSource<Event> {
  listen(hear: (event: Event) => void): void;
  unlisten(hear: (event: Event) => void): void;
}

/** One listener for all that want to hear a source: a runtime prints a warning when a source has more than ten. */
export class SharedListener<Event = void> {
  readonly #source: EventSource<Event>;
  readonly #listeners = new Set<{ readonly call: (event: Event) => void }>();
  readonly #hear = (event: Event) => {
    for (const { call } of [...this.#listeners]) call(event);
  };

  constructor(source: EventSource<Event>) {
    this.#source = source;
  }

  /**
   * @param call does not throw
   * @returns what takes it off; with the last one goes the listener on the source
   */
  add(call: (event: Event) => void): () => void {
    const listener = { call };
    if (this.#listeners.size === 0) this.#source.listen(this.#hear);
    this.#listeners.add(listener);
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#source.unlisten(this.#hear);
    };
  }
}
