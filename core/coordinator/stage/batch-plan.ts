/** The plan of a task: a batch that was cut elsewhere is given out in smaller ones. */
import { type Batch, firstAssignment, type Splitting } from "../job/batch.ts";
import type { BatchSource } from "../schedule/chunk-plan.ts";

export class BatchPlan implements BatchSource {
  #rest: Batch | undefined;
  readonly #splitting: Splitting;

  constructor(batch: Batch, splitting: Splitting) {
    this.#rest = batch.segments.length === 0 ? undefined : batch;
    this.#splitting = splitting;
  }

  get left(): number {
    return this.#rest?.bytes ?? 0;
  }

  next(bytes: number): Batch | undefined {
    if (this.#rest === undefined) return undefined;
    const [batch, rest] = firstAssignment(this.#rest, bytes, this.#splitting);
    this.#rest = rest;
    return batch;
  }
}
