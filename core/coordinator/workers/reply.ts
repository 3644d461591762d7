/** What a worker has answered about a batch, and what the answer's body holds. */

import { joinPieces, slicePieces } from "../../bytes.ts";
import { InternalError } from "../../errors.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import { outputIn, valuesIn } from "../../protocol/done-body.ts";
import type { BatchCounts, Done, Failed } from "../../protocol/messages.ts";
import type { Elsewhere } from "../commit/elsewhere.ts";
import type { JournalEntry } from "../commit/journal-entries.ts";
import type { CarriedNodes } from "../commit/partials.ts";
import type { BatchOutput } from "../commit/sinks.ts";
import type { Batch } from "../job/batch.ts";
import type { Reply, WorkerHandle } from "./worker-handle.ts";

export type DoneReply = Reply & { readonly tag: "done" };

export interface DoneOutcome extends Omit<DoneReply, "handle"> {
  /** The worker that has run it; undefined where that is another machine's, which keeps nothing. */
  readonly handle?: WorkerHandle | undefined;
  /** Where a cluster has the output, which is not in the body then. */
  readonly elsewhere?: Elsewhere | undefined;
  /** What workers have died of: should the batch be run again, it is known. */
  readonly poisoned?: Batch["poisoned"];
}

export interface FailedOutcome {
  readonly tag: "failed";
  readonly failed: Failed;
  /** The output of the records before the one that has failed, where a worker of this machine has it. */
  readonly body?: readonly Uint8Array[] | undefined;
}

/** What has become of a batch, in the end. */
export type BatchOutcome = DoneOutcome | FailedOutcome;

/** The same, of a batch that a worker of this machine has run. */
export type WorkerOutcome = (DoneOutcome & Pick<DoneReply, "handle">) | FailedOutcome;

export const NO_COUNTS: Readonly<BatchCounts> = { records: 0, emittedFrom: 0, filtered: 0, rejected: 0 };

/** @throws {InternalError} when it is kept, and no worker is known that keeps it */
export function outputOf({ done, body, handle }: DoneOutcome): BatchOutput {
  if (done.kept && handle === undefined) throw new InternalError("another machine keeps its output");
  if (done.kept && handle !== undefined) return { tag: "kept", handle, id: done.id, bytes: done.bytes };
  return { tag: "here", pieces: outputIn(done, body) };
}

/** @throws {InternalError} when the body is not as long as its head says */
export function nodesOf(done: Done, body: readonly Uint8Array[], elsewhere?: Elsewhere): CarriedNodes {
  const kept = done.kept || elsewhere !== undefined;
  return { heads: done.nodes, body: valuesIn({ ...done, kept }, body) };
}

/** Nodes as the journal keeps them: each with its value as text. */
export function nodesWithValues({ heads, body }: CarriedNodes, text: TextCodec): JournalEntry["nodes"] {
  let at = 0;
  return heads.map((head) => {
    const bytes = joinPieces(slicePieces(body, at, at + head.bytes));
    at += head.bytes;
    return { ...head, value: text.decode(bytes, 0, bytes.length) };
  });
}
