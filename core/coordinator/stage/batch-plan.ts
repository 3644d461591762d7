/**
 * The plan of a task: a batch that was cut elsewhere is given out in smaller ones. One worker has all of them: as long as a batch should
 * take says how much is next, and nothing is left for others.
 */
import { type Batch, firstAssignment, type Splitting } from "../job/batch.ts";
import { type Pace, sizeOrFirst } from "../schedule/batch-end.ts";
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

  next(bytes: number, pace?: Pace): Batch | undefined {
    if (this.#rest === undefined) return undefined;
    const [batch, rest] = firstAssignment(this.#rest, sizeOrFirst(pace?.batchBytes ?? bytes, {}), this.#splitting);
    this.#rest = rest;
    return batch;
  }
}
