/**
 * Running a script over the records of a span: the hot loop.
 *
 * Synchronous as long as the script is: no promise, no closure and no object is made per record. The first promise (or
 * asynchronous generator) that a record returns hands the rest of the span to the asynchronous path, which keeps up to
 * `concurrency` records in flight and emits their values in input order.
 */
import { type Clock, inTime, mapRecord, mapWhenKept } from "./async-record.ts";
import { RecordContext, type WorkerFacts } from "./context.ts";
import type { Cursor } from "./cursor.ts";
import type { Aside, Emitter } from "./emit.ts";
import type { RecordFailure } from "./failure.ts";
import { type SkippedRecord, type SpanCounts, skipKey } from "./protocol.ts";
import type { Pulse } from "./pulse.ts";
import { type RecordPlace, recordFailure, VerbError } from "./record-failure.ts";
import { collect, isAsyncGenerator, isGenerator, isOrdinary, isThenable, type Settled, type Verb } from "./returned.ts";
import type { Script } from "./script.ts";

export interface SpanPolicy {
  readonly onError: "fail" | "skip";
  /** At most so many records are read. */
  readonly limit: number;
  /** Records that took a worker down before: they are rejects without being tried again. */
  readonly skips?: ReadonlyMap<string, SkippedRecord> | undefined;
  /** Tells the coordinator's clock that records are getting done. */
  readonly pulse?: Pulse | undefined;
  /** An asynchronous record that takes longer is a reject; a synchronous one is the coordinator's business. */
  readonly timeoutMs?: number | undefined;
  /** Does what is no record's work: the coordinator's clock does not count it. */
  readonly aside: Aside;
  /** Called before (`started`) and after (`ended`) each record, when a span is run again to find out who kills. */
  readonly watch?: RecordWatch | undefined;
}

export interface RecordWatch {
  started(source: number, offset: number): void;
  ended(source: number, offset: number): void;
}

/** Runs `task` when fewer than the allowed number are running: p-limit's shape. */
export type Limiter = <T>(task: () => Promise<T>) => Promise<T>;

export interface SpanTools {
  /** What earlier spans of this worker have shown: an asynchronous script is run as one from the first record on. */
  readonly observed: { asynchronous: boolean };
  readonly after: (delayMs: number, task: () => void) => () => void;
  readonly script: Script;
  readonly facts: WorkerFacts;
  readonly limiter: Limiter;
  /** Whether a line of a stack is a frame of pmap's own. */
  readonly isOwnFrame: (line: string) => boolean;
}

interface ChunkPlace {
  readonly cursor: Cursor;
  readonly source: number;
  readonly sourceName: string;
}

export class SpanRun {
  readonly counts: SpanCounts = { records: 0, emittedFrom: 0, filtered: 0, rejected: 0 };
  readonly rejects: RecordFailure[] = [];
  readonly counters = new Map<string, number>();
  /** The record that ended this span, under `--on-error fail`. */
  failure: RecordFailure | undefined;
  /** Whether a record has returned a promise. */
  asynchronous: boolean;
  readonly #tools: SpanTools;
  readonly #policy: SpanPolicy;
  readonly #clock: Clock;
  readonly #emitter: Emitter;
  /** Lines of the current source in the chunks before the current one. */
  #linesBefore = 0;
  /** Settles when the asynchronous records so far have been emitted. */
  #emission: Promise<void> = Promise.resolve();

  constructor(tools: SpanTools, policy: SpanPolicy, emitter: Emitter) {
    this.#tools = tools;
    this.#policy = policy;
    this.#clock = { timeoutMs: policy.timeoutMs, after: tools.after };
    this.#emitter = emitter;
    this.asynchronous = tools.observed.asynchronous;
  }

  get done(): boolean {
    return this.failure !== undefined || this.counts.records >= this.#policy.limit;
  }

  /** Lines so far of the source that is being read; `startSource` sets it back. */
  get lines(): number {
    return this.#linesBefore;
  }

  startSource(): void {
    this.#linesBefore = 0;
  }

  /** Runs the records of (a part of) a chunk. What a script does later, `finished` waits for. */
  run(cursor: Cursor, source: number, sourceName: string): void {
    if (this.done) return;
    const place: ChunkPlace = { cursor, source, sourceName };
    const rest = this.asynchronous ? this.#runAsync(place) : this.#runSync(place, this.#makeContext(place));
    // Also with `rest` the cursor is at its end: every record has been read and started (or queued).
    this.#linesBefore += cursor.line();
    if (rest !== undefined) this.#emission = rest;
  }

  /** A record that cannot even be read: too long, or bytes that are no text. It takes one line. */
  rejectUnread(failure: Omit<RecordFailure, "attempts" | "stack" | "line">): void {
    if (this.done) return;
    this.counts.records++;
    this.#linesBefore++;
    const line = this.#linesBefore;
    this.#inOrder(() => this.#settleFailure({ ...failure, line, attempts: 1, stack: "" }));
  }

  endChunk(index: number): void {
    this.#inOrder(() => this.#policy.aside(() => this.#emitter.endChunk(index)));
  }

  /** Undefined when everything has been emitted already, as it has been where the script is synchronous. */
  finished(): Promise<void> | undefined {
    return this.asynchronous ? this.#emission : undefined;
  }

  #inOrder(step: () => void): void {
    if (!this.asynchronous) step();
    else this.#emission = this.#emission.then(() => (this.failure === undefined ? step() : undefined));
  }

  #makeContext(place: ChunkPlace): RecordContext {
    return new RecordContext(this.#tools.facts, {
      cursor: place.cursor,
      source: place.sourceName,
      sourceIndex: place.source,
      counters: this.counters,
    });
  }

  #runSync(place: ChunkPlace, ctx: RecordContext): Promise<void> | undefined {
    const { map, filter } = this.#tools.script;
    const { limit, skips, watch, pulse } = this.#policy;
    const { cursor } = place;
    const { counts } = this;
    const emitter = this.#emitter;
    const guarded = skips !== undefined || watch !== undefined;
    let verb: Verb = "parse";
    for (;;) {
      try {
        while (counts.records < limit && cursor.advance()) {
          counts.records++;
          pulse?.tick();
          verb = "parse";
          const at = guarded ? cursor.offset() : 0;
          if (guarded && this.#isSkipped(place, at)) continue;
          ctx.nextRecord();
          // Before it is read: a record can also be too much for the parser.
          if (guarded) watch?.started(place.source, at);
          const record = cursor.read();
          if (filter !== undefined) {
            verb = "filter";
            const kept = filter(record, ctx);
            if (isThenable(kept))
              return this.#goAsync(place, ctx, mapWhenKept(kept, this.#tools.script, record, ctx), record);
            if (!kept) {
              counts.filtered++;
              continue;
            }
          }
          verb = "map";
          const value = map === undefined ? record : map(record, ctx);
          if (typeof value !== "object" || value === null || isOrdinary(value)) {
            verb = emitter.verb;
            if (value !== undefined && emitter.emit(value, record)) counts.emittedFrom++;
            else counts.filtered++;
          } else if (isGenerator(value)) {
            this.#emitAll(value, record);
          } else if (isThenable(value) || isAsyncGenerator(value)) {
            return this.#goAsync(place, ctx, collect(value), record);
          } else {
            verb = emitter.verb;
            if (emitter.emit(value, record)) counts.emittedFrom++;
            else counts.filtered++;
          }
          if (guarded) watch?.ended(place.source, at);
        }
        return undefined;
      } catch (error) {
        if (this.#isBlank(place, verb)) continue;
        this.#settleFailure(this.#failureOf(error, verb, place));
        if (this.failure !== undefined) return undefined;
      }
    }
  }

  /** A line of nothing but white space is an empty line that nobody has looked at closely. */
  #isBlank({ cursor }: ChunkPlace, verb: Verb): boolean {
    if (verb !== "parse" || cursor.raw().trim() !== "") return false;
    this.counts.records--;
    return true;
  }

  /** @param at the record's offset, before it has been read: a record of an errors file then takes that of its source */
  #isSkipped(place: ChunkPlace, at: number): boolean {
    const skipped = this.#policy.skips?.get(skipKey(place.source, at));
    if (skipped === undefined) return false;
    this.#settleFailure({ ...this.#placeOf(place), ...skipped, stack: "" });
    return true;
  }

  /** Emits what a generator yields: all of it, or nothing when it throws on the way. */
  #emitAll(values: Iterable<unknown>, record: unknown): void {
    const emitter = this.#emitter;
    const undo = emitter.mark();
    let emitted = 0;
    let verb: Verb = "map";
    try {
      for (const value of values) {
        verb = emitter.verb;
        if (value !== undefined && emitter.emit(value, record)) emitted++;
        verb = "map";
      }
    } catch (error) {
      undo();
      throw new VerbError(verb, error);
    }
    if (emitted > 0) this.counts.emittedFrom++;
    else this.counts.filtered++;
  }

  #goAsync(place: ChunkPlace, ctx: RecordContext, values: Promise<Settled>, record: unknown): Promise<void> {
    this.asynchronous = true;
    this.#tools.observed.asynchronous = true;
    ctx.freeze();
    const at = this.#placeOf(place);
    const ended = inTime(values, this.#clock).then((settled) => {
      this.#policy.watch?.ended(at.source, at.offset);
      return settled;
    });
    return this.#runAsync(place, { values: this.#tools.limiter(() => ended), record, at });
  }

  /**
   * Reads the rest of the chunk, starting each record as soon as the limiter lets it, and emits the values in order.
   * `first` is the record that was already started when the first promise showed up.
   */
  async #runAsync(place: ChunkPlace, first?: StartedRecord): Promise<void> {
    const started: StartedRecord[] = first === undefined ? [] : [first];
    const before = this.#emission;
    while (this.counts.records < this.#policy.limit && place.cursor.advance()) {
      this.counts.records++;
      try {
        const key = place.cursor.offset();
        const skipped = this.#policy.skips?.get(skipKey(place.source, key));
        if (skipped !== undefined) {
          started.push({ failure: { ...this.#placeOf(place), ...skipped, stack: "" } });
          continue;
        }
        const record = place.cursor.read();
        started.push(this.#startRecord(place, record, key));
      } catch (error) {
        if (this.#isBlank(place, "parse")) continue;
        started.push({ failure: this.#failureOf(error, "parse", place) });
        if (this.#policy.onError === "fail") break;
      }
    }
    await before;
    for (const entry of started) {
      if (this.failure !== undefined) return;
      if ("failure" in entry) this.#settleFailure(entry.failure);
      else this.#emitSettled(await entry.values, entry);
    }
  }

  #startRecord(place: ChunkPlace, record: unknown, key: number): StartedRecord {
    const ctx = this.#makeContext(place);
    ctx.nextRecord();
    ctx.freeze();
    const at = this.#placeOf(place);
    const { watch } = this.#policy;
    const values = this.#tools.limiter(async () => {
      if (this.failure !== undefined) return { values: [] };
      watch?.started(at.source, key);
      const settled = await inTime(mapRecord(this.#tools.script, record, ctx), this.#clock);
      watch?.ended(at.source, key);
      return settled;
    });
    return { values, record, at };
  }

  #emitSettled(settled: Settled, { record, at }: { record: unknown; at: RecordPlace }): void {
    if ("error" in settled) {
      this.#settleFailure(recordFailure(at, settled.error, settled.verb, this.#tools.isOwnFrame));
      return;
    }
    try {
      this.#emitAll(settled.values, record);
    } catch (error) {
      this.#settleFailure(recordFailure(at, error, "map", this.#tools.isOwnFrame));
    }
  }

  #settleFailure(failure: RecordFailure): void {
    if (this.#policy.onError === "fail") {
      this.failure = failure;
      return;
    }
    this.counts.rejected++;
    this.rejects.push(failure);
  }

  #failureOf(error: unknown, verb: Verb, place: ChunkPlace): RecordFailure {
    return recordFailure(this.#placeOf(place), error, verb, this.#tools.isOwnFrame);
  }

  #placeOf({ cursor, source }: ChunkPlace): RecordPlace {
    const line = this.#linesBefore + cursor.line();
    const origin = cursor.origin?.();
    return { source, offset: cursor.offset(), line, raw: cursor.raw(), origin };
  }
}

type StartedRecord =
  | { readonly values: Promise<Settled>; readonly record: unknown; readonly at: RecordPlace }
  | { readonly failure: RecordFailure };
