/** Tasks that Spark has been given, wave by wave, until they are answered. */
import type { ClusterTask, TaskAnswer } from "../../core/coordinator/cluster/cluster.ts";

interface Wave {
  readonly onAnswer: (answer: TaskAnswer) => void;
  readonly end: () => void;
  readonly fail: (error: Error) => void;
}

export class Waves {
  readonly #waves = new Map<number, Wave>();
  /** By task. */
  readonly #waveOf = new Map<number, Wave>();
  #next = 0;

  /** @returns its number, and what settles with it */
  begin(
    tasks: readonly ClusterTask[],
    onAnswer: Wave["onAnswer"],
  ): { readonly number: number; readonly ended: Promise<void> } {
    const number = this.#next++;
    const ended = new Promise<void>((end, fail) => {
      const wave: Wave = { onAnswer, end, fail };
      this.#waves.set(number, wave);
      for (const { id } of tasks) this.#waveOf.set(id, wave);
    });
    return { number, ended };
  }

  answered(answer: TaskAnswer): void {
    const { id } = answer.head;
    this.#waveOf.get(id)?.onAnswer(answer);
    this.#waveOf.delete(id);
  }

  end(number: number): void {
    this.#waves.get(number)?.end();
    this.#waves.delete(number);
  }

  fail(number: number, error: Error): void {
    this.#waves.get(number)?.fail(error);
    this.#waves.delete(number);
  }

  /** None of them is wanted any longer. */
  clear(): void {
    this.#waves.clear();
    this.#waveOf.clear();
  }
}
