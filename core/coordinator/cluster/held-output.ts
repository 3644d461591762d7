/**
 * What a task has printed is held by the cluster where it is long, and fetched when its turn has come: a slow reader makes nothing
 * wait in this process.
 */
import { byteCount, slicePieces } from "../../bytes.ts";
import { JobError } from "../../errors.ts";
import type { Elsewhere } from "../commit/sinks.ts";
import { plainError } from "../commit/totals.ts";
import { type Cluster, type ClusterTask, OutputLost, type TaskAnswer } from "./cluster.ts";

/** Where the output of a task is, if it is not in its answer. */
export function elsewhereOf(cluster: Cluster, task: ClusterTask, answer: TaskAnswer): Elsewhere | undefined {
  const { part, held } = answer;
  if (part !== undefined) return { part };
  return held === undefined ? undefined : { pieces: heldOutput(cluster, task, answer) };
}

/** @returns its pieces in their order; where it has been lost with its machine, the task is run once more */
async function* heldOutput(
  cluster: Cluster,
  task: ClusterTask,
  answer: TaskAnswer,
): AsyncGenerator<readonly Uint8Array[], void> {
  let { held = "" } = answer;
  /** Bytes that have been passed on: they are not passed on again. */
  let done = 0;
  for (;;) {
    try {
      let at = 0;
      for await (const pieces of cluster.fetch(held)) {
        const rest = slicePieces(pieces, Math.max(0, done - at));
        at += byteCount(pieces);
        done = Math.max(done, at);
        yield rest;
      }
      return;
    } catch (error) {
      if (!(error instanceof OutputLost)) throw error;
    }
    held = await heldAgain(cluster, task, bytesOf(answer));
  }
}

async function heldAgain(cluster: Cluster, task: ClusterTask, bytes: number): Promise<string> {
  const answers: TaskAnswer[] = [];
  await cluster.run([task], (answer) => answers.push(answer));
  const [again] = answers;
  if (again?.head.type === "failed") throw plainError(again.head);
  // What has been counted of it has been told already.
  if (again?.held === undefined || bytesOf(again) !== bytes) throw notRepeatable();
  return again.held;
}

function bytesOf({ head }: TaskAnswer): number {
  return head.type === "done" ? head.bytes : 0;
}

function notRepeatable(): JobError {
  return new JobError(
    "Cannot repeat a task: a machine that had its output was lost, and the script now makes another one of the same records\n" +
      "A script that gives the same output for the same record can be repeated; ctx.random() is repeatable, Math.random() is not",
  );
}
