/**
 * One batch to its outcome: given to a worker, given to another when that one dies, narrowed down to the record that
 * kills, until there is exactly one outcome.
 *
 * A batch whose worker died is run again with every record announced before it runs. A worker that dies then has named the
 * record. A record that was named as often as `retries` allows is skipped: the worker makes a reject of it without
 * running it, and the rest of the batch goes on. Under `--on-error fail` it is the job's failure.
 *
 * A worker that exits by itself counts from its first death on, unless records wait side by side: who kills workers from
 * outside leaves no exit code.
 */

import { JobError } from "../../errors.ts";
import { bytesBefore } from "../../protocol/bytes-before.ts";
import { type Failed, type MapRequest, type PoisonRecord, poisonKey, type Segment } from "../../protocol/messages.ts";
import type { Batch } from "../job/batch.ts";
import type { JobEvent, Observer } from "../observer.ts";
import type { Death, Suspect } from "./death.ts";
import type { DoneReply } from "./reply.ts";
import { describeExit, foulOf } from "./worker-errors.ts";
import type { Reply, WorkerHandle } from "./worker-handle.ts";

export interface DoneOutcome extends DoneReply {
  /** What workers have died of: should the batch be run again, it is known. */
  readonly poisoned?: Batch["poisoned"];
}

export type BatchOutcome = DoneOutcome | { readonly tag: "failed"; readonly failed: Failed };

export interface BatchTaskOptions {
  /** A worker with fewer than `depth()` requests; `again` asks for the next one that there is. */
  readonly acquire: (depth: () => number, again: boolean) => Promise<WorkerHandle>;
  /** Requests that a worker may have. */
  readonly depth: () => number;
  /** Whether records of several requests are under way in a worker at the same time. */
  readonly runsTogether: () => boolean;
  readonly nextId: () => number;
  readonly retries: number;
  readonly timeoutMs: number | undefined;
  /** What a script may have called when its worker has exited. */
  readonly exitCall: string;
  /** Whether a record that kills ends the job, and is told by its line in the segment: no worker is asked about it. */
  readonly failsByLine: boolean;
  /** How long a worker may keep others waiting for the rest of the batch; undefined where all of it runs at once. */
  readonly budgetMs: number | undefined;
  /** Whether the job has failed already: then a death is no reason to try again. */
  readonly isLost: () => boolean;
  readonly observer?: Observer | undefined;
}

/** Deaths that name no record: beyond this number it is not a record that kills. */
const MAX_UNEXPLAINED_DEATHS = 5;

/**
 * Runs a batch to its outcome.
 * @param first the worker that the caller has already acquired
 * @throws {JobError} when workers die of it without running any record
 */
export async function runBatch(
  batch: Batch,
  limit: number | undefined,
  options: BatchTaskOptions,
  first?: WorkerHandle,
): Promise<BatchOutcome> {
  const poisoned = new Map(batch.poisoned);
  const deaths = new Map<string, number>();
  let isolated = false;
  let unexplained = 0;
  let firstExitCode: number | null = null;
  let handle = first;
  const depth = () => (isolated ? 1 : options.depth());
  for (let again = false; ; again = true) {
    // The same worker may have been given to several in one moment: beside what runs alone nothing may run.
    while (handle === undefined || handle.load >= depth()) handle = await options.acquire(depth, again);
    const budgetMs = limit === undefined && !isolated ? options.budgetMs : undefined;
    const request = requestFor(batch, options.nextId(), { limit, budgetMs, isolated, poisoned: [...poisoned] });
    const { worker } = handle;
    const replying = handle.request(request, batch.block?.pieces ?? []);
    handle = undefined;
    options.observer?.({
      type: "batchBegun",
      id: request.id,
      worker,
      segments: batch.segments,
      bytes: batch.bytes,
    });
    const reply = await replying;
    options.observer?.({ type: "batchEnded", id: request.id, worker, ...endOf(reply, batch) });
    if (reply.tag === "done" && poisoned.size > 0) return { ...reply, poisoned: [...poisoned] };
    if (reply.tag !== "died") return reply;
    if (options.isLost()) throw new JobError("the job has failed");
    if (!reply.death.blamed) continue;
    const { suspect } = reply.death;
    if (suspect === undefined) {
      const isHopeless = () => reply.death.reason === "message" || ++unexplained > MAX_UNEXPLAINED_DEATHS;
      if (isolated && isHopeless()) throw diedWithout(batch, reply.death);
      if (!isolated && (reply.death.alone || !options.runsTogether())) firstExitCode = reply.death.exit.code;
    } else {
      const key = poisonKey(suspect.source, suspect.offset);
      const count = (deaths.get(key) ?? 0) + 1;
      deaths.set(key, count);
      const { code } = reply.death.exit;
      // Of records that wait side by side, another one may have been the first to exit.
      const exitsAgain =
        code !== null && code === firstExitCode && reply.death.reason === undefined && suspect.waits !== true;
      if (count + (exitsAgain ? 1 : 0) >= Math.max(1, options.retries)) {
        firstExitCode = null;
        const skipped = skippedBy(reply.death, count + 1, options);
        if (options.failsByLine) return failedAt(suspect, skipped);
        poisoned.set(key, skipped);
      }
    }
    isolated = true;
  }
}

const NO_COUNTS = { records: 0, emittedFrom: 0, filtered: 0, rejected: 0 };

function endOf(reply: Reply, { segments }: Batch): Omit<JobEvent & { type: "batchEnded" }, "type" | "id" | "worker"> {
  if (reply.tag === "done") {
    const { counts, bytes, busyMs, cut } = reply.done;
    return { how: "done", counts, bytesIn: bytesBefore(segments, cut), bytesOut: bytes, busyMs };
  }
  const counts = reply.tag === "failed" ? reply.failed.counts : NO_COUNTS;
  return { how: reply.tag, counts, bytesIn: 0, bytesOut: 0, busyMs: 0 };
}

/** The job's failure by a record that no worker survives. */
function failedAt({ source, offset, line }: Suspect, skipped: PoisonRecord): BatchOutcome {
  const failure = { ...skipped, source, offset, line, raw: "", stack: "" };
  return {
    tag: "failed",
    failed: { type: "failed", id: 0, failure, counts: NO_COUNTS, message: "", stack: "", internal: false },
  };
}

function requestFor(
  { segments, block, dialect, columns }: Batch,
  id: number,
  how: Pick<MapRequest, "limit" | "budgetMs" | "isolated" | "poisoned">,
): MapRequest {
  return { type: "map", id, segments, blockStart: block?.start, dialect, columns, ...how };
}

function skippedBy(
  { exit, reason }: Death,
  attempts: number,
  { timeoutMs, exitCall }: Pick<BatchTaskOptions, "timeoutMs" | "exitCall">,
): PoisonRecord {
  const how = { attempts, exitCode: exit.code ?? undefined, signal: exit.signal ?? undefined };
  if (reason === "timeout") return { kind: "timeout", message: `map took longer than ${timeoutMs} ms`, attempts };
  if (reason === "memory" || OUT_OF_MEMORY.test(exit.stderrTail)) {
    return { ...how, kind: "memory", message: "map ran out of memory" };
  }
  const foul = foulOf(reason);
  if (foul !== undefined) return { kind: "exit", message: foul, attempts };
  if (exit.signal !== null) return { ...how, kind: "signal", message: `map's worker was ended by ${exit.signal}` };
  return { ...how, kind: "exit", message: `the script called ${exitCall}(${exit.code}), or the like, on this record` };
}

const OUT_OF_MEMORY = /out of memory|heap limit|allocation failed|ENOMEM/i;

function diedWithout(batch: Batch, { exit, reason }: Death): JobError {
  const { source, start } = batch.segments[0] as Segment;
  const how = foulOf(reason) ?? `the workers that got them ${describeExit(exit)} before any record`;
  return new JobError(`Cannot run the records from offset ${start} of input ${source + 1} on: ${how}`);
}
