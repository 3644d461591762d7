/**
 * One batch to its outcome: given to a worker, given to another when that one dies (batch-retries.ts), until there is exactly one
 * outcome.
 */

import { JobError } from "../../errors.ts";
import { bytesBefore } from "../../protocol/bytes-before.ts";
import type { EarlyCut, MapRequest } from "../../protocol/messages.ts";
import type { Batch } from "../job/batch.ts";
import type { JobEvent, Observer } from "../observer.ts";
import { BatchRetries, type RetryOptions } from "./batch-retries.ts";
import { NO_COUNTS, type WorkerOutcome } from "./reply.ts";
import type { Reply, WorkerHandle } from "./worker-handle.ts";

export interface BatchTaskOptions extends RetryOptions {
  /** A worker with fewer than `depth()` requests; `again` asks for the next one that there is. */
  readonly acquire: (depth: () => number, again: boolean) => Promise<WorkerHandle>;
  /** Requests that a worker may have. */
  readonly depth: () => number;
  readonly nextId: () => number;
  /** How long a worker may keep others waiting for the rest of the batch; undefined where all of it runs at once. */
  readonly budgetMs: number | undefined;
  /** Gives what is behind the cut to others; what is returned comes before it. Called where there is a `budgetMs`. */
  readonly handOn?: ((batch: Batch, at: EarlyCut) => Batch) | undefined;
  /** Whether the job has failed already: then a death is no reason to try again. */
  readonly isLost: () => boolean;
  readonly observer?: Observer | undefined;
}

/**
 * Runs a batch to its outcome: that of what `handOn` has left of it.
 * @param first the worker that the caller has already acquired
 * @throws {JobError} when workers die of it without running any record
 */
export async function runBatch(
  whole: Batch,
  limit: number | undefined,
  options: BatchTaskOptions,
  first?: WorkerHandle,
): Promise<WorkerOutcome> {
  let batch = whole;
  const retries = new BatchRetries(batch, options);
  let handle = first;
  const depth = () => (retries.isolated ? 1 : options.depth());
  for (let again = false; ; again = true) {
    // The same worker may have been given to several in one moment: beside what runs alone nothing may run.
    while (handle === undefined || handle.load >= depth()) handle = await options.acquire(depth, again);
    const { isolated, poisoned } = retries;
    const budgetMs = limit === undefined && !isolated ? options.budgetMs : undefined;
    const asynchronous = options.runsTogether();
    const how = { limit, budgetMs, asynchronous, isolated, poisoned: [...poisoned] };
    const request = requestFor(batch, options.nextId(), how);
    const { worker } = handle;
    const replying = handle.request(request, batch.block?.pieces ?? [], (at) => {
      batch = options.handOn?.(batch, at) ?? batch;
    });
    handle = undefined;
    const { segments, bytes } = batch;
    options.observer?.({ type: "batchBegun", id: request.id, worker, segments, bytes });
    const reply = await replying;
    options.observer?.({ type: "batchEnded", id: request.id, worker, ...endOf(reply, batch) });
    if (reply.tag === "done" && poisoned.size > 0) return { ...reply, poisoned: [...poisoned] };
    if (reply.tag !== "died") return reply;
    if (options.isLost()) throw new JobError("the job has failed");
    const outcome = retries.learn(reply.death);
    if (outcome !== undefined) return outcome;
  }
}

function endOf(reply: Reply, { segments }: Batch): Omit<JobEvent & { type: "batchEnded" }, "type" | "id" | "worker"> {
  if (reply.tag === "done") {
    const { counts, bytes, busyMs, cut } = reply.done;
    return { how: "done", counts, bytesIn: bytesBefore(segments, cut), bytesOut: bytes, busyMs };
  }
  const counts = reply.tag === "failed" ? reply.failed.counts : NO_COUNTS;
  return { how: reply.tag, counts, bytesIn: 0, bytesOut: 0, busyMs: 0 };
}

function requestFor(
  { segments, block, dialect, columns }: Batch,
  id: number,
  how: Pick<MapRequest, "limit" | "budgetMs" | "asynchronous" | "isolated" | "poisoned">,
): MapRequest {
  return { type: "map", id, segments, blockStart: block?.start, dialect, columns, ...how };
}
