/** The profiler: what a worker has done and where its time went, with --stats and --explain. Other jobs have none. */

import { byteCount } from "../../bytes.ts";
import { bytesBefore } from "../../protocol/bytes-before.ts";
import type { Request } from "../../protocol/messages.ts";
import { TimeHistogram } from "../../protocol/time-histogram.ts";
import type { Measures, Stages, WorkerStats } from "../../protocol/worker-stats.ts";
import type { Answer } from "../answer.ts";
import { type ClockCost, Sample } from "./stage-timer.ts";

/** What is left of older samples when another one comes. */
const FADING = 0.5;

export class Profiler {
  readonly #now: () => number;
  readonly #measures: Measures;
  readonly #ms = { start: 0, unsplit: 0, merge: 0, send: 0, write: 0, wait: 0 };
  readonly #counts = { batches: 0, records: 0, bytesIn: 0, bytesOut: 0 };
  readonly #stages = { parse: 0, compute: 0, print: 0 };
  readonly #clockCost: ClockCost;
  /** Milliseconds of batches that ran from end to end, and of those that were sampled. */
  #spansMs = 0;
  #sampledMs = 0;
  readonly #sampled = { records: 0, parse: 0, compute: 0, print: 0 };
  readonly #recordTimes = new TimeHistogram();
  #sample: Sample | undefined;
  /** What the last samples have shown, in milliseconds. Code that has just been loaded divides its time differently. */
  #recent: Stages = { parse: 0, compute: 0, print: 0 };
  /** Requests that the worker is on, and since when it is on any, or on none. */
  #active = 0;
  #sinceMs: number;
  /** Milliseconds of that which have been entered elsewhere. */
  #enteredMs = 0;

  /** @param bornMs when the worker began, on the clock of `now` */
  constructor(now: () => number, measures: Measures, bornMs: number) {
    this.#now = now;
    this.#measures = measures;
    this.#clockCost = Sample.clockCost(now);
    this.#sinceMs = now();
    this.#ms.start = this.#sinceMs - (measures.ownClock ? 0 : bornMs);
  }

  /** A request begins. */
  begin(): void {
    if (this.#active++ === 0) this.#ms.wait += this.#turn();
  }

  /** It has come to its end, with an answer or with an error. */
  end(request: Request, answer?: Answer): void {
    this.#active = Math.max(0, this.#active - 1);
    if (answer !== undefined) this.#count(request, answer);
    const asynchronous = answer !== undefined && answer.head.type === "done" && answer.head.asynchronous;
    if (this.#active > 0) return;
    const sample = this.#sample;
    this.#sample = undefined;
    const ms = this.#turn();
    if (request.type !== "map") this.#ms.merge += ms;
    else if (asynchronous) this.#ms.unsplit += ms;
    else this.#enterBatch(ms, answer?.head.counts.records ?? 0, sample);
  }

  /** A sample for the next batch, when it is time for one. */
  sample(): Sample | undefined {
    const n = this.#counts.batches + 1;
    const isPowerOfTwo = (n & (n - 1)) === 0;
    if (!isPowerOfTwo && this.#sampledMs > this.#spansMs * this.#measures.share) return undefined;
    this.#sample = new Sample(this.#now);
    return this.#sample;
  }

  /** Times what is part of no request's work. */
  during(stage: "send" | "write", action: () => void): void {
    const startMs = this.#now();
    action();
    const ms = this.#now() - startMs;
    this.#ms[stage] += ms;
    this.#enteredMs += ms;
  }

  stats(): WorkerStats {
    const { start, unsplit, merge, send, write, wait } = this.#ms;
    const idle = this.#active > 0 ? 0 : this.#now() - this.#sinceMs - this.#enteredMs;
    return {
      ...this.#counts,
      ms: { start, ...this.#stages, unsplit, merge, send, write, wait: wait + idle },
      sampled: { ...this.#sampled },
      recordTimes: this.#recordTimes.counts(),
    };
  }

  /** Milliseconds since the last turn that have not been entered elsewhere. */
  #turn(): number {
    const nowMs = this.#now();
    const ms = nowMs - this.#sinceMs - this.#enteredMs;
    this.#sinceMs = nowMs;
    this.#enteredMs = 0;
    return ms;
  }

  #count(request: Request, answer: Answer): void {
    if ("output" in answer) this.#counts.bytesOut += byteCount(answer.output);
    if (request.type !== "map") return;
    this.#counts.batches++;
    this.#counts.records += answer.head.counts.records;
    // What is counted has no bytes.
    if (!this.#measures.ofRange) {
      const { head } = answer;
      this.#counts.bytesIn += bytesBefore(request.segments, head.type === "done" ? head.cut : undefined);
    }
  }

  #enterBatch(ms: number, records: number, sample: Sample | undefined): void {
    this.#spansMs += ms;
    if (sample !== undefined) {
      this.#sampledMs += ms;
      const { parse, compute, print } = sample.stages(ms, this.#clockCost);
      this.#recent = {
        parse: parse + FADING * this.#recent.parse,
        compute: compute + FADING * this.#recent.compute,
        print: print + FADING * this.#recent.print,
      };
      this.#sampled.records += records;
      this.#sampled.parse += parse;
      this.#sampled.compute += compute;
      this.#sampled.print += print;
      this.#recordTimes.addAll(sample.recordTimes().counts());
    }
    const shares = sharesOf(this.#recent);
    this.#stages.parse += ms * shares.parse;
    this.#stages.compute += ms * shares.compute;
    this.#stages.print += ms * shares.print;
  }
}

function sharesOf({ parse, compute, print }: Stages): Stages {
  const all = parse + compute + print;
  return all === 0
    ? { parse: 1, compute: 0, print: 0 }
    : { parse: parse / all, compute: compute / all, print: print / all };
}
