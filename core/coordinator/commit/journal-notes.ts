/** What the journal has not been told yet: partials and sorted runs since its last line, and where the plan goes on. */
import type { TextCodec } from "../../platform/text-codec.ts";
import type { SortedRun } from "../../protocol/messages.ts";
import type { Batch, PlanPosition } from "../job/batch.ts";
import { nodesWithValues } from "../workers/reply.ts";
import type { Journal, JournalEntry } from "./journal-entries.ts";
import type { CarriedNodes } from "./partials.ts";
import type { Sink } from "./sinks.ts";

export class JournalNotes {
  #journal: Journal | undefined;
  readonly #text: TextCodec;
  #nodes: CarriedNodes[] = [];
  #runs: SortedRun[] = [];
  #next: PlanPosition | undefined;

  /** @param journal undefined where the job could not be repeated from its middle */
  constructor(journal: Journal | undefined, text: TextCodec) {
    this.#journal = journal;
    this.#text = text;
  }

  get isDue(): boolean {
    return this.#journal?.due() === true;
  }

  /** A batch has been committed. */
  add(batch: Batch, nodes: CarriedNodes, runs: readonly SortedRun[]): void {
    // A file that has turned out to be a stream is read from its beginning on, also by a job that goes on.
    if (batch.block !== undefined) this.#journal = undefined;
    if (this.#journal === undefined) return;
    this.#nodes.push(nodes);
    this.#runs.push(...runs);
    this.#next = batch.next;
  }

  /** Tells of all batches so far, once their output is written. Commits wait for that. */
  async write(
    sink: Sink,
    totals: () => Pick<JournalEntry, "counts" | "rejectsByKind" | "counters" | "lines" | "columns">,
  ): Promise<void> {
    const journal = this.#journal;
    const [nodes, runs, next] = [this.#nodes, this.#runs, this.#next];
    if (journal === undefined || next === undefined) return;
    [this.#nodes, this.#runs, this.#next] = [[], [], undefined];
    const entry = totals();
    await sink.settled();
    const { position, unpacked } = sink;
    journal.write({
      ...entry,
      next,
      position,
      runs,
      unpacked,
      nodes: nodes.flatMap((part) => nodesWithValues(part, this.#text)),
    });
  }
}
