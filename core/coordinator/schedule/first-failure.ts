/** The first batch of a job, in input order, that has failed so far: nothing behind it is wanted. */
import { comesBefore, type InputPosition } from "../../protocol/input-position.ts";
import type { Segment } from "../../protocol/messages.ts";
import type { Batch } from "../job/batch.ts";

export class FirstFailure {
  #at: InputPosition | undefined;

  /** A batch has failed. */
  learn({ segments }: Batch): void {
    const at = segments[0] as Segment;
    if (this.#at === undefined || comesBefore(at, this.#at)) this.#at = at;
  }

  /** Whether one has failed in front of this batch. */
  isBefore({ segments }: Batch): boolean {
    return this.#at !== undefined && comesBefore(this.#at, segments[0] as Segment);
  }
}
