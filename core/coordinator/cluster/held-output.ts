/**
 * What a task has printed is held by the cluster where it is long, with its rejects where these are many, and fetched when its turn
 * has come: a slow reader makes nothing wait in this process.
 */
import { byteCount, slicePieces } from "../../bytes.ts";
import { JobError } from "../../errors.ts";
import type { Elsewhere, HeldPiece } from "../commit/elsewhere.ts";
import { plainError } from "../commit/totals.ts";
import { type Cluster, type ClusterTask, OutputLost, type TaskAnswer } from "./cluster.ts";

/** Where the output of a task is, if it is not in its answer. */
export function elsewhereOf(cluster: Cluster, task: ClusterTask, answer: TaskAnswer): Elsewhere | undefined {
  const { part, held } = answer;
  if (part === undefined && held === undefined) return undefined;
  return { part, held: held === undefined ? undefined : heldPieces(cluster, task, held, answer) };
}

/** @returns its pieces in their order; where it has been lost with its machine, the task is run once more */
async function* heldPieces(
  cluster: Cluster,
  task: ClusterTask,
  first: string,
  answer: TaskAnswer,
): AsyncGenerator<HeldPiece, void> {
  let held = first;
  /** Bytes, and rejects, that have been passed on: they are not passed on again. */
  const done = { bytes: 0, rejects: 0 };
  for (;;) {
    try {
      const at = { bytes: 0, rejects: 0 };
      for await (const piece of cluster.fetch(held)) {
        yield pieceBehind(piece, done, at);
        done.bytes = Math.max(done.bytes, at.bytes);
        done.rejects = Math.max(done.rejects, at.rejects);
      }
      return;
    } catch (error) {
      if (!(error instanceof OutputLost)) throw error;
    }
    held = await heldAgain(cluster, task, answer);
  }
}

interface Reached {
  bytes: number;
  rejects: number;
}

/** What of a piece is behind what has been passed on. @param at where it begins, and then where it ends */
function pieceBehind(piece: HeldPiece, done: Reached, at: Reached): HeldPiece {
  if (piece.type === "output") {
    const pieces = slicePieces(piece.pieces, Math.max(0, done.bytes - at.bytes));
    at.bytes += byteCount(piece.pieces);
    return { type: "output", pieces };
  }
  const rejects = piece.rejects.slice(Math.max(0, done.rejects - at.rejects));
  at.rejects += piece.rejects.length;
  return { type: "rejects", rejects };
}

async function heldAgain(cluster: Cluster, task: ClusterTask, before: TaskAnswer): Promise<string> {
  const answers: TaskAnswer[] = [];
  await cluster.run([task], (answer) => answers.push(answer));
  const [again] = answers;
  if (again?.head.type === "failed") throw plainError(again.head);
  // What has been counted of it has been told already.
  if (again?.held === undefined || sizeOf(again) !== sizeOf(before)) throw notRepeatable();
  return again.held;
}

function sizeOf({ head }: TaskAnswer): string {
  return head.type === "done" ? `${head.bytes} ${head.counts.rejected}` : "";
}

function notRepeatable(): JobError {
  return new JobError(
    "Cannot repeat a task: a machine that had its output was lost, and the script now makes another one of the same records\n" +
      "A script that gives the same output for the same record can be repeated; ctx.random() is repeatable, Math.random() is not",
  );
}
