/** The batches of a task, run as those of a whole job are on one machine: output comes in order, and partials are merged. */
import { joinPieces } from "../../bytes.ts";
import type { Failed } from "../../protocol/messages.ts";
import type { Settled } from "../commit/committer.ts";
import { mostRejects } from "../commit/max-errors.ts";
import { type CarriedNodes, type MergeOnWorker, Partials } from "../commit/partials.ts";
import type { BatchOutput } from "../commit/sinks.ts";
import type { Engine } from "../engine.ts";
import type { EngineEnvironment } from "../environment.ts";
import { failureOf } from "../failure-of.ts";
import type { Job } from "../job/job.ts";
import { localEngine } from "../local-engine.ts";
import type { BatchSource } from "../schedule/chunk-plan.ts";
import { ReorderBuffer } from "../schedule/reorder-buffer.ts";
import { nodesOf, outputOf } from "../workers/reply.ts";
import type { WorkerPool } from "../workers/worker-pool.ts";
import { failedWith } from "./failed-with.ts";
import type { TaskTotals } from "./task-totals.ts";

/** Nodes of the merge tree that travel as they are; more are merged first. */
const MAX_NODES = 16;

export interface TaskOptions {
  readonly job: Job;
  readonly pool: WorkerPool;
  readonly plan: BatchSource;
  readonly environment: EngineEnvironment;
  readonly columns: readonly string[] | undefined;
  readonly totals: TaskTotals;
  readonly onOutput: (output: BatchOutput) => void;
}

export type TaskOutcome = { readonly failed: Failed } | { readonly nodes: CarriedNodes };

export async function runTask({ job, pool, plan, environment, columns, ...told }: TaskOptions): Promise<TaskOutcome> {
  const { totals, onOutput } = told;
  const partials = new Partials((request, body) => mergeOn(work)(request, body));
  let failed: Failed | undefined;
  let isHopeless = false;
  const buffer = new ReorderBuffer<Settled>({
    maxOpen: () => work.window.batches,
    maxBytes: () => work.window.bytes,
    commit: ({ batch, outcome }) => {
      if (failed !== undefined || isHopeless || outcome.tag === "unwanted") return undefined;
      if (outcome.tag === "done") {
        totals.add(batch.segments, outcome);
        partials.add(nodesOf(outcome.done, outcome.body));
        onOutput(outputOf(outcome));
        isHopeless = totals.rejected >= mostRejects(job.maxErrors);
      } else failed = outcome.tag === "failed" ? outcome.failed : failedWith(outcome.error);
      // The job ends with this task, if not before: the rest of it is not wanted.
      if (failed !== undefined || isHopeless) work.lose();
      return undefined;
    },
    onChange: () => work.changed(),
  });
  const createEngine = localEngine(pool, plan);
  const work = createEngine({ job, environment, buffer, write: () => undefined, columns: () => columns });
  const endWatch = work.watch();
  try {
    const inputFailure = await Promise.race([failureOf(work.run()), buffer.failed]);
    await Promise.race([buffer.empty(), buffer.failed]);
    // What is wrong with a stream is told behind the records before it.
    if (inputFailure !== undefined && !isHopeless) failed ??= failedWith(inputFailure.error);
    return failed === undefined ? { nodes: await fewNodes(partials, mergeOn(work)) } : { failed };
  } finally {
    endWatch();
  }
}

function mergeOn({ ask }: Pick<Engine, "ask">): MergeOnWorker {
  return async (request, body) => {
    const merged = await ask({ type: "merge", ...request }, [body]);
    return nodesOf(merged.done, merged.body);
  };
}

async function fewNodes(partials: Partials, merge: MergeOnWorker): Promise<CarriedNodes> {
  const nodes = await partials.all();
  return nodes.heads.length > MAX_NODES ? merge({ nodes: nodes.heads, final: false }, joinPieces(nodes.body)) : nodes;
}
