/**
 * A sample: one batch whose stages are timed, record by record. It runs through the same hot loop as any other; only the
 * script's functions and the emitter are dressed, and what the clock itself takes is found out and left out.
 *
 * Parsing is what remains: reading, finding where records end, and making them.
 */

import { addSlowRecord, type SlowRecord } from "../../protocol/slow-record.ts";
import { TimeHistogram } from "../../protocol/time-histogram.ts";
import type { Stages } from "../../protocol/worker-stats.ts";
import type { MapFunction, Script } from "../../script/types.ts";
import type { Emitter } from "../emitters/emitter.ts";
import { isGenerator, isOrdinary } from "../records/returned-value.ts";
import { RecordContext } from "../script/record-context.ts";

/** Milliseconds that timing takes: as the stage sees it, and altogether. */
export interface ClockCost {
  readonly inside: number;
  readonly whole: number;
}

/** Empty stages are timed, many at once and many times: the compiler has to have seen them, and the quickest counts. */
const PROBES = 256;
const ROUNDS = 40;

export class Sample {
  readonly #now: () => number;
  #computeMs = 0;
  #printMs = 0;
  #computeStages = 0;
  #printStages = 0;
  readonly slowest: SlowRecord[] = [];
  readonly #recordTimes = new TimeHistogram();
  /** Of the record that is under way, by all functions of the script; undefined before the first one. */
  #recordMs: number | undefined;
  /** From this time on a record is one of the slowest. */
  #leastSlowMs = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The script with a filter and a map that are timed. */
  script(script: Script): Script {
    const { map, filter } = script;
    const first = filter === undefined ? "map" : "filter";
    return {
      ...script,
      map: map && this.#timed(map, first === "map"),
      filter: filter && this.#timed(filter, true),
    };
  }

  /** An emitter that is timed: what it prints is print; a key and a reduce are the script's. */
  emitter(inner: Emitter): Emitter {
    const prints = inner.verb === "print";
    const timed = <T>(action: () => T): T => {
      const startMs = this.#now();
      try {
        return action();
      } finally {
        if (prints) this.#endPrint(startMs);
        else this.#endCompute(startMs);
      }
    };
    return {
      get verb() {
        return inner.verb;
      },
      emit: (value, record) => timed(() => inner.emit(value, record)),
      ...(inner.emitAll && { emitAll: (values, record) => timed(() => inner.emitAll?.(values, record) ?? 0) }),
      endChunk: (index) => this.print(() => inner.endChunk(index)),
      mark: () => inner.mark(),
      reads: (cursor) => inner.reads?.(cursor),
    };
  }

  print<T>(action: () => T): T {
    const startMs = this.#now();
    try {
      return action();
    } finally {
      this.#endPrint(startMs);
    }
  }

  /** Called once, when the batch is over. */
  recordTimes(): TimeHistogram {
    this.#endRecord();
    return this.#recordTimes;
  }

  /** How the batch's time divides, when the clock's share is taken out. */
  stages(busyMs: number, cost: ClockCost): Stages {
    const compute = Math.max(0, this.#computeMs - this.#computeStages * cost.inside);
    const print = Math.max(0, this.#printMs - this.#printStages * cost.inside);
    const net = busyMs - (this.#computeStages + this.#printStages) * cost.whole;
    return { compute, print, parse: Math.max(0, net - compute - print) };
  }

  /** @param begins whether a record begins with it */
  #timed(action: MapFunction, begins: boolean): MapFunction {
    return (record, ctx) => {
      if (begins) this.#endRecord();
      const startMs = this.#now();
      try {
        const value = action(record, ctx);
        const plain = typeof value !== "object" || value === null || isOrdinary(value);
        return plain || !isGenerator(value) ? value : this.#timedGenerator(value);
      } finally {
        const ms = this.#endCompute(startMs);
        if (ms > this.#leastSlowMs && ctx instanceof RecordContext)
          this.#leastSlowMs = addSlowRecord(this.slowest, { ...RecordContext.placeOf(ctx), ms, within: 1 });
      }
    };
  }

  /** The body of a generator runs when it is asked for its next value. */
  *#timedGenerator(inner: Generator<unknown>): Generator<unknown> {
    const values: Iterator<unknown> = inner[Symbol.iterator]();
    const next = this.#timed(() => values.next(), false) as () => IteratorResult<unknown>;
    for (let step = next(); step.done !== true; step = next()) {
      let left = true;
      try {
        yield step.value;
        left = false;
      } finally {
        if (left) values.return?.();
      }
    }
  }

  #endCompute(startMs: number): number {
    const ms = this.#now() - startMs;
    this.#computeMs += ms;
    this.#recordMs = (this.#recordMs ?? 0) + ms;
    this.#computeStages++;
    return ms;
  }

  #endRecord(): void {
    if (this.#recordMs !== undefined) this.#recordTimes.add(this.#recordMs);
    this.#recordMs = undefined;
  }

  #endPrint(startMs: number): void {
    this.#printMs += this.#now() - startMs;
    this.#printStages++;
  }

  /** What an empty stage of a sample measures, and what it takes. */
  static clockCost(now: () => number): ClockCost {
    let [inside, whole] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let round = 0; round < ROUNDS; round++) {
      const probe = new Sample(now);
      const nothing = probe.#timed(() => undefined, true) as () => undefined;
      const startMs = now();
      for (let i = 0; i < PROBES; i++) nothing();
      whole = Math.min(whole, (now() - startMs) / PROBES);
      inside = Math.min(inside, probe.#computeMs / PROBES);
    }
    return { inside, whole };
  }
}
