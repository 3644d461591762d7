/**
 * Committing: what becomes of a batch's outcome when its slot has come. Counts to the totals, bytes to the output, partials
 * and runs to where the end of the job finds them, and all of it to the journal.
 */

import { InternalError } from "../../errors.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import type { Done, SortedRun } from "../../protocol/messages.ts";
import type { RecordFailure } from "../../protocol/record-failure.ts";
import type { Batch } from "../job/batch.ts";
import type { Job, PlacedReject, Summary } from "../job/job.ts";
import type { Observer } from "../observer.ts";
import type { AskWorker } from "../workers/call-any.ts";
import { type BatchOutcome, type DoneOutcome, type FailedOutcome, nodesOf, outputOf } from "../workers/reply.ts";
import { commitElsewhere, type Elsewhere } from "./elsewhere.ts";
import { finishGroups, finishReduce, type GroupsOutput } from "./finish-reduce.ts";
import type { Journal, JournalEntry } from "./journal-entries.ts";
import { JournalNotes } from "./journal-notes.ts";
import { Partials } from "./partials.ts";
import type { Sink } from "./sinks.ts";
import { Totals } from "./totals.ts";

/** A batch whose worker has answered, or whose answer could not be had. */
export interface Settled {
  readonly batch: Batch;
  readonly outcome: BatchOutcome | { readonly tag: "error"; readonly error: unknown } | { readonly tag: "unwanted" };
  /** With `--unordered` the output has gone ahead. */
  readonly written: boolean;
}

export interface CommitterOptions {
  readonly job: Job;
  readonly sink: Sink;
  readonly text: TextCodec;
  readonly journal: Journal | undefined;
  readonly onRejects: (rejects: readonly PlacedReject[]) => Promise<void> | undefined;
  readonly onWarning: (message: string) => void;
  readonly observer?: Observer | undefined;
  /** Runs a batch once more. */
  readonly runBatch: (batch: Batch) => Promise<BatchOutcome>;
  readonly ask: AskWorker;
  /** As in an engine. */
  readonly finishGroups?: ((output: GroupsOutput) => Promise<void>) | undefined;
}

export class Committer {
  readonly #options: CommitterOptions;
  readonly #totals: Totals;
  readonly #partials: Partials;
  /** Sorted runs of a grouped reduce, in the order of their batches. */
  readonly #runs: SortedRun[] = [];
  /** Of CSV that is printed, where a record had to say them. */
  #columns: readonly string[] | undefined;
  /** Records that were not needed have been left out: what comes after them is not committed, unless it is written already. */
  #ended = false;
  readonly #notes: JournalNotes;

  constructor(options: CommitterOptions) {
    this.#options = options;
    this.#totals = new Totals(options.job);
    this.#notes = new JournalNotes(options.journal, options.text);
    this.#partials = new Partials(async (request, body) => {
      const merged = await options.ask({ type: "merge", ...request }, [body]);
      return nodesOf(merged.done, merged.body);
    });
  }

  get summary(): Summary {
    return this.#totals.summary;
  }

  /** Goes on from what an earlier run has noted. */
  restore(entry: JournalEntry): void {
    this.#totals.restore(entry);
    this.#runs.push(...entry.runs);
    this.#columns = entry.columns;
    const { text } = this.#options;
    this.#partials.add({ heads: entry.nodes, body: entry.nodes.map(({ value }) => text.encode(value)) });
  }

  /** In input order, one at a time. Returns a promise only where something has to be awaited. */
  commit({ batch, outcome, written }: Settled): Promise<void> | undefined {
    this.#ended ||= outcome.tag === "unwanted";
    if (outcome.tag === "unwanted" || (this.#ended && !written)) return undefined;
    if (outcome.tag === "error") throw outcome.error;
    if (outcome.tag === "failed") return this.#fail(batch, outcome);
    const { sink } = this.#options;
    const { elsewhere } = outcome;
    if (elsewhere !== undefined)
      return this.#fetch(batch, outcome, elsewhere).then(() => this.#account(batch, outcome, true));
    const columns = outcome.done.columns === undefined ? undefined : sink.columnsFor?.(outputOf(outcome));
    if (columns === undefined) return this.#account(batch, outcome, written);
    return columns
      .then((known) => this.#fit(batch, outcome, known))
      .then((fitted) => this.#account(batch, fitted, false));
  }

  /** The output before the failure is the last. What can be resumed goes on in front of the batch: there it comes again. */
  #fail(batch: Batch, { failed, body = [] }: FailedOutcome): Promise<void> | undefined {
    const error = this.#totals.errorOf(batch, failed);
    const { sink, journal } = this.#options;
    if (body.length === 0 || journal !== undefined || sink.columnsFor !== undefined) throw error;
    return Promise.resolve(sink.commit({ tag: "here", pieces: body }, () => Promise.reject(error))).then(() => {
      throw error;
    });
  }

  /** Rows that were printed before their columns were known: where those may not take them, they are printed once more. */
  async #fit(batch: Batch, outcome: DoneOutcome, columns: readonly string[]): Promise<DoneOutcome> {
    if (this.#options.sink.takeAll?.(outcome.done.columns ?? []) === true) return outcome;
    const again = await this.#options.runBatch({ ...batch, columns, poisoned: outcome.poisoned });
    if (again.tag === "failed") throw this.#totals.errorOf(batch, again.failed);
    return again;
  }

  #account(batch: Batch, outcome: DoneOutcome, written: boolean): Promise<void> | undefined {
    const { done, body, elsewhere } = outcome;
    const { observer } = this.#options;
    const told = this.#tellRejects(this.#totals.enter(batch, done));
    if (observer !== undefined) this.#tell(observer, batch, done);
    this.#columns ??= done.columns;
    if (done.warning !== undefined) this.#options.onWarning(done.warning);
    this.#runs.push(...done.runs);
    const nodes = nodesOf(done, body, elsewhere);
    this.#partials.add(nodes);
    this.#notes.add(batch, nodes, done.runs);
    this.#totals.checkMaxErrors(false);
    const out = written || done.bytes === 0 ? undefined : this.write(batch, outcome);
    if (this.#notes.isDue) return Promise.all([told, out]).then(() => this.note());
    return told === undefined ? out : Promise.all([told, out]).then(() => undefined);
  }

  /** A cluster has what the batch has made: it is written as it comes. */
  #fetch(batch: Batch, { done }: DoneOutcome, elsewhere: Elsewhere): Promise<void> {
    const onRejects = (rejects: readonly RecordFailure[]) => this.#tellRejects(this.#totals.place(batch, rejects));
    // Of a batch that has one reject too many nothing is printed.
    const sink = this.#totals.allows(done.counts) ? this.#options.sink : undefined;
    return commitElsewhere(elsewhere, done.bytes, onRejects, sink);
  }

  #tellRejects(rejects: readonly PlacedReject[]): Promise<void> | undefined {
    const { onRejects, observer } = this.#options;
    if (observer !== undefined) for (const reject of rejects) observer({ type: "reject", reject });
    return rejects.length > 0 ? onRejects(rejects) : undefined;
  }

  #tell(observer: Observer, batch: Batch, { id, counts, bytes }: Done): void {
    const reached = this.#totals.reached(batch);
    observer({ type: "committed", id, ...counts, bytesIn: batch.bytes, bytesOut: bytes, reached });
  }

  /** Gives a batch's output the next place in the output. */
  write(batch: Batch, outcome: DoneOutcome): Promise<void> | undefined {
    const { sink } = this.#options;
    let { poisoned } = outcome;
    return sink.commit(outputOf(outcome), async () => {
      const again = await this.#options.runBatch({ ...batch, poisoned });
      if (again.tag === "failed") throw this.#totals.errorOf(batch, again.failed);
      ({ poisoned } = again);
      return outputOf(again);
    });
  }

  /** Notes in the journal what has been committed, once it is written. */
  note(): Promise<void> {
    return this.#notes.write(this.#options.sink, () => ({ ...this.#totals.entry(), columns: this.#columns }));
  }

  /**
   * Everything has been committed: the results of a reduce, and the end of the output.
   * @param room resolves when a worker can take another request
   */
  async finish(room: () => Promise<void>): Promise<void> {
    this.#totals.checkMaxErrors(true);
    this.#totals.checkSum();
    if (this.#ended) throw new InternalError("records that are wanted were not run");
    const { sink, ask, onWarning } = this.#options;
    const { keyed, reduces } = this.#options.job;
    if (keyed) await this.#finishGroups(room);
    else if (reduces) await finishReduce(await this.#partials.all(), { ask, sink, onWarning });
    await sink.finish();
  }

  async #finishGroups(room: () => Promise<void>): Promise<void> {
    const { job, sink, ask, finishGroups: elsewhere } = this.#options;
    const findsColumns = job.findsColumns === true;
    if (elsewhere === undefined) await finishGroups(this.#runs, { ask, sink, cores: job.cores, room, findsColumns });
    else await elsewhere({ sink, findsColumns, count: (counters) => this.#totals.count(counters) });
  }
}
