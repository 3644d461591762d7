/** Requests that are not about records: merges of partials and of groups, and parts of the output that are compressed or made. */
import { JobError } from "../../errors.ts";
import type { CompressRequest, Failed, GroupRequest, MergeRequest, RowsRequest } from "../../protocol/messages.ts";
import type { Death } from "./death.ts";
import type { DoneReply } from "./reply.ts";
import { describeExit, foulOf } from "./worker-errors.ts";
import type { WorkerPool } from "./worker-pool.ts";

/** Has some worker answer a request. */
export type AskWorker = (
  request: Omit<MergeRequest, "id"> | Omit<GroupRequest, "id"> | Omit<CompressRequest, "id"> | Omit<RowsRequest, "id">,
  body: readonly Uint8Array[],
) => Promise<DoneReply>;

export interface AskOptions {
  readonly pool: WorkerPool;
  readonly nextId: () => number;
  /** How many deaths a request may cost before it is given up. */
  readonly retries: number;
  /** What a script may have called when its worker has exited. */
  readonly exitCall: string;
  /** What to say of a request that has failed. */
  readonly errorOf: (failed: Failed) => Error;
}

const depth = (): number => 2;

const WHAT = {
  merge: "merge partial results",
  group: "merge partial results",
  compress: "compress the output",
  rows: "make row groups of the output",
} as const;

/** A death costs a retry on another worker. */
export function createAsk({ pool, nextId, retries, exitCall, errorOf }: AskOptions): AskWorker {
  return async (request, body) => {
    for (let deaths = 0; ; ) {
      let handle = await pool.available(depth);
      // The same worker may have been given to several in one moment.
      while (handle.load >= depth()) handle = await pool.available(depth);
      const reply = await handle.request({ ...request, id: nextId() }, body);
      if (reply.tag === "done") return reply;
      if (reply.tag === "failed") throw errorOf(reply.failed);
      // A worker may also die of what it was asked before.
      if (reply.death.blamed && ++deaths > retries) {
        throw diedOf(request.type, reply.death, exitCall);
      }
    }
  };
}

function diedOf(type: keyof typeof WHAT, { exit, reason }: Death, exitCall: string): JobError {
  const foul = foulOf(reason);
  // Nothing else of the script runs there.
  const called = reason === undefined && exit.code !== null && WHAT[type] === WHAT.merge;
  const how = called
    ? `the script called ${exitCall}(${exit.code}), or the like, in merge or finish`
    : (foul ?? `the workers that do it ${describeExit(exit)}`);
  return new JobError(`Cannot ${WHAT[type]}: ${how}`);
}
