/** Tasks that Spark has been given, wave by wave, until they are answered. */
import type { ClusterTask, TaskAnswer } from "../../core/coordinator/cluster/cluster.ts";
import { JobError } from "../../core/errors.ts";

interface Wave {
  readonly tasks: readonly ClusterTask[];
  readonly onAnswer: (answer: TaskAnswer) => void;
  readonly end: () => void;
  readonly fail: (error: Error) => void;
}

export type WaveEnded =
  | { readonly type: "ended"; readonly wave: number }
  | { readonly type: "failed"; readonly wave: number; readonly message: string };

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
      const wave: Wave = { tasks, onAnswer, end, fail };
      this.#waves.set(number, wave);
      for (const { id } of tasks) this.#waveOf.set(id, wave);
    });
    return { number, ended };
  }

  /** Undefined for one that is not wanted any longer. */
  taskAt(number: number, index: number): ClusterTask | undefined {
    return this.#waves.get(number)?.tasks[index];
  }

  answered(answer: TaskAnswer): void {
    const { id } = answer.head;
    this.#waveOf.get(id)?.onAnswer(answer);
    this.#waveOf.delete(id);
  }

  end(ended: WaveEnded): void {
    const wave = this.#waves.get(ended.wave);
    this.#waves.delete(ended.wave);
    if (ended.type === "ended") wave?.end();
    else wave?.fail(new JobError(`Cannot run a task on Spark: ${ended.message}`));
  }

  /** None of them is wanted any longer. */
  clear(): void {
    this.#waves.clear();
    this.#waveOf.clear();
  }
}
