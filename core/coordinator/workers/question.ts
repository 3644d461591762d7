/** What a worker is asked once in its life (to load the script, to start, to stop), and answers: itself, or by its end. */
export class Question<Answer> {
  #settle: ((answer: Answer) => void) | undefined;

  /** Whether it has been asked: from then on the worker may answer. */
  get isAsked(): boolean {
    return this.#settle !== undefined;
  }

  /** @param send asks the worker, which may answer at once */
  ask(send: () => void): Promise<Answer> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      send();
    });
  }

  /** The first answer counts. */
  answer(answer: Answer): void {
    this.#settle?.(answer);
  }
}
