/**
 * The second half of a grouped reduce on a cluster. Sorted runs have stayed where they were made; here is what is known of them.
 * It is enough to choose the cuts: ranges of keys go out as tasks, and what is printed of them is committed in the order of the keys.
 */
import { byteCount, slicePieces } from "../../bytes.ts";
import { InternalError } from "../../errors.ts";
import type { Done, SortedRun } from "../../protocol/messages.ts";
import { commitElsewhere, type Elsewhere } from "../commit/elsewhere.ts";
import type { GroupsOutput } from "../commit/finish-reduce.ts";
import { chooseCuts, rangesOf } from "../commit/key-ranges.ts";
import { plainError } from "../commit/totals.ts";
import { ReorderBuffer } from "../schedule/reorder-buffer.ts";
import type { Cluster, TaskAnswer } from "./cluster.ts";
import type { ClusterRecord } from "./cluster-record.ts";
import { elsewhereOf } from "./held-output.ts";
import { TaskWaves, windowOf } from "./task-waves.ts";

/** Bytes of sorted runs that one task merges: enough to be worth it, and no more than a worker can hold. */
const MIN_RANGE_BYTES = 256 * 1024;
const MAX_RANGE_BYTES = 64 * 1024 * 1024;
const RANGES_PER_SLOT = 3;

interface MergedRange extends Pick<TaskAnswer, "head" | "body"> {
  readonly elsewhere: Elsewhere | undefined;
}

export class KeptGroups {
  readonly #cluster: Cluster;
  readonly #record: ClusterRecord;
  /** By task: a sample of its runs, and what they are known by. */
  readonly #samples: SortedRun[] = [];
  readonly #kept: string[] = [];
  #giveUp = () => {};

  constructor(cluster: Cluster, record: ClusterRecord) {
    this.#cluster = cluster;
    this.#record = record;
  }

  /** Notes what an answer says of the task's runs. */
  add({ id, runs }: Done, kept: string | undefined): void {
    const [sample] = runs;
    if (sample !== undefined) this.#samples.push(sample);
    this.#kept[id] = kept ?? "";
  }

  /** Merges and commits all ranges. @throws {JobError} when one of them fails */
  async finish({ sink, findsColumns, count }: GroupsOutput): Promise<void> {
    if (this.#samples.length === 0) return;
    const ranges = this.#shuffle();
    let columns: readonly string[] | undefined;
    const buffer = new ReorderBuffer<MergedRange | undefined>({
      maxOpen: () => windowOf(this.#cluster).batches,
      maxBytes: () => windowOf(this.#cluster).bytes,
      commit(range) {
        if (range === undefined) return undefined;
        const { head, body, elsewhere } = range;
        if (head.type === "failed") throw plainError(head);
        count(head.counters);
        if (elsewhere !== undefined) return commitElsewhere(elsewhere, head.bytes, noRejects, sink);
        return sink.commit({ tag: "here", pieces: slicePieces(body, 0, head.bytes) }, madeAgain);
      },
      onChange: () => waves.changed(),
    });
    const waves = new TaskWaves<undefined, MergedRange | undefined>({
      cluster: this.#cluster,
      buffer,
      async next(id) {
        const range = ranges[id];
        return range && { task: { type: "range", id, ...range, columns }, work: undefined };
      },
      isAlone: () => findsColumns && columns === undefined,
      settled: (_, answer, task) => {
        const { head, body } = answer;
        this.#record.answered(task, answer);
        if (head.type === "done") columns ??= head.columns;
        return [{ head, body, elsewhere: elsewhereOf(this.#cluster, task, answer) }, byteCount(body)];
      },
      unwanted: () => undefined,
    });
    this.#giveUp = () => waves.giveUp();
    const failed = Promise.race([buffer.failed, waves.failed]);
    await Promise.race([waves.run(), failed]);
    await Promise.race([buffer.empty(), failed]);
  }

  /** What is under way is not wanted any longer. */
  giveUp(): void {
    this.#giveUp();
  }

  #shuffle(): ReturnType<typeof rangesOf> {
    const bytes = this.#samples.reduce((sum, { end }) => sum + end, 0);
    const fair = Math.ceil(bytes / (this.#cluster.slots * RANGES_PER_SLOT));
    const cuts = chooseCuts(this.#samples, Math.max(MIN_RANGE_BYTES, Math.min(MAX_RANGE_BYTES, fair)));
    this.#cluster.shuffle({ cuts, kept: this.#kept });
    return rangesOf(cuts);
  }
}

async function madeAgain(): Promise<never> {
  throw new InternalError("the output of a range is made again, and no worker keeps it");
}

/** Its records have been run before. */
function noRejects(): never {
  throw new InternalError("a range of keys has rejects");
}
