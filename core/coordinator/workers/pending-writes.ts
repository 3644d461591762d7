/** Outputs that a worker keeps, and those of them that it has been told to write. */

/** How a grant ends. A worker that is gone has written nothing that counts. */
export type WriteOutcome = { readonly tag: "written" | "gone" } | { readonly tag: "failed"; readonly message: string };

export class PendingWrites {
  readonly #granted = new Map<number, (outcome: WriteOutcome) => void>();
  #kept = 0;

  /** The output of a request stays in the worker. */
  keep(): void {
    this.#kept++;
  }

  /** Whether nothing waits in the worker to be written. */
  get isEmpty(): boolean {
    return this.#kept === 0;
  }

  /** Whether the output of this request was granted a place, and is not written yet. */
  has(id: number): boolean {
    return this.#granted.has(id);
  }

  grant(id: number): Promise<WriteOutcome> {
    return new Promise((resolve) => {
      this.#granted.set(id, resolve);
    });
  }

  settle(id: number, outcome: WriteOutcome): void {
    this.#kept--;
    this.#granted.get(id)?.(outcome);
    this.#granted.delete(id);
  }

  /** The worker is gone. */
  died(): void {
    for (const settle of this.#granted.values()) settle({ tag: "gone" });
    this.#granted.clear();
  }
}
