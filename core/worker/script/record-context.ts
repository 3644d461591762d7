/** The one context that a worker's records share, and the frozen one that a record takes along when it goes asynchronous. */
import type { Cursor, FileContent } from "../../formats/cursor.ts";
import type { SlowRecordPlace } from "../../protocol/slow-record.ts";
import type { Context, Signal } from "../../script/types.ts";
import { RecordRandom } from "./record-random.ts";

/** What stays the same for all records of a worker. */
export interface WorkerFacts {
  readonly worker: number;
  readonly seed: number;
  readonly args: readonly string[];
  readonly signal: Signal;
}

/** What stays the same for all records of a chunk. */
export interface ChunkFacts {
  readonly cursor: Pick<Cursor, "offset" | "origin" | "content" | "line">;
  readonly source: string;
  readonly sourceIndex: number;
  /** Lines of the source before the cursor's first one, as in a RecordFailure. */
  readonly linesBefore: number;
  readonly counters: Map<string, number>;
  /** Whether a record may be tried again: what it has counted is kept apart until it is known whether it has thrown. */
  readonly triesAgain?: boolean | undefined;
}

const NO_RECORD = -1;

export class RecordContext implements Context {
  readonly worker: number;
  readonly args: readonly string[];
  readonly signal: Signal;
  attempt = 1;
  #facts: WorkerFacts;
  /** Functions that can be taken out of the context; made when they are wanted, since an asynchronous record has a context of its own. */
  #count: Context["count"] | undefined;
  #draw: Context["random"] | undefined;
  /** Counters of the record, or of the attempt, that is under way. */
  #counted: Map<string, number> | undefined;
  #chunk: ChunkFacts;
  #seed: number;
  #random: RecordRandom | undefined;
  #seededAt = NO_RECORD;
  #frozenOffset = NO_RECORD;
  #frozenSource: string | undefined;
  #frozenIndex: number | undefined;
  #frozenContent: FileContent | undefined;
  /** Counts the records that have used this context, so that `random` knows when one is new. */
  #record = 0;

  constructor(facts: WorkerFacts, chunk: ChunkFacts) {
    this.worker = facts.worker;
    this.args = facts.args;
    this.signal = facts.signal;
    this.#seed = facts.seed;
    this.#chunk = chunk;
    this.#facts = facts;
    if (chunk.triesAgain === true) this.#counted = new Map();
  }

  get offset(): number {
    if (this.#frozenOffset !== NO_RECORD) return this.#frozenOffset;
    const { cursor } = this.#chunk;
    return cursor.origin?.()?.offset ?? cursor.offset();
  }

  get source(): string {
    return this.#frozenSource ?? this.#chunk.cursor.origin?.()?.source ?? this.#chunk.source;
  }

  get #sourceIndex(): number {
    return this.#frozenIndex ?? this.#chunk.cursor.origin?.()?.sourceIndex ?? this.#chunk.sourceIndex;
  }

  /** Where the record is that a script's function has been called with. */
  static placeOf(ctx: RecordContext): SlowRecordPlace {
    const { cursor, sourceIndex, linesBefore } = ctx.#chunk;
    return { source: sourceIndex, offset: ctx.offset, line: linesBefore + cursor.line(), origin: cursor.origin?.() };
  }

  /** Called before each record that shares this context. */
  nextRecord(): void {
    if (this.#counted !== undefined) this.keepCounts();
    this.#record++;
  }

  /** The record has not thrown, or has for the last time. */
  keepCounts(): void {
    if (this.#counted === undefined) return;
    for (const [name, n] of this.#counted) add(this.#chunk.counters, name, n);
    this.#counted.clear();
    // What it counts later, nothing waits for.
    if (this.#frozenSource !== undefined) this.#counted = undefined;
  }

  /** The context of the record's next attempt: what an earlier one still does has no effect on it. */
  again(): RecordContext {
    const next = new RecordContext(this.#facts, this.#chunk);
    next.attempt = this.attempt + 1;
    next.#frozenSource = this.#frozenSource;
    next.#frozenIndex = this.#frozenIndex;
    next.#frozenOffset = this.#frozenOffset;
    next.#frozenContent = this.#frozenContent;
    return next;
  }

  /** From now on this context belongs to one record: its cursor moves on. */
  freeze(): void {
    this.#frozenSource = this.source;
    this.#frozenIndex = this.#sourceIndex;
    this.#frozenOffset = this.offset;
    this.#frozenContent = this.#chunk.cursor.content?.();
  }

  get read(): Context["read"] {
    return () => this.#content.read();
  }

  get text(): Context["text"] {
    return () => this.#content.text();
  }

  get #content(): FileContent {
    const content = this.#frozenContent ?? this.#chunk.cursor.content?.();
    if (content === undefined) throw new TypeError("ctx.read() and ctx.text() are for --from file");
    return content;
  }

  get count(): Context["count"] {
    this.#count ??= (name, n = 1) => add(this.#counted ?? this.#chunk.counters, name, n);
    return this.#count;
  }

  get random(): Context["random"] {
    this.#draw ??= () => this.#nextRandom();
    return this.#draw;
  }

  #nextRandom(): number {
    this.#random ??= new RecordRandom();
    if (this.#seededAt !== this.#record) {
      this.#seededAt = this.#record;
      this.#random.reseed(this.#seed, this.#sourceIndex, this.offset);
    }
    return this.#random.next();
  }
}

function add(counters: Map<string, number>, name: string, n: number): void {
  counters.set(name, (counters.get(name) ?? 0) + n);
}
