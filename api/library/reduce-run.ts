/** The result of a reduce. */
import type { Job } from "../../core/coordinator/job/job.ts";
import { UsageError } from "../../core/errors.ts";
import type { Key } from "../../core/script/types.ts";
import type { JobRequest } from "./library-job.ts";
import { ValuesRun } from "./map-run.ts";
import type { Reject, Summary } from "./outcome-types.ts";
import type { ReduceRun } from "./types.ts";

interface Group {
  readonly key: Key;
  readonly value: unknown;
}

type EntryOf<Result> = Result extends ReadonlyMap<infer K, infer V> ? [K, V] : [Key, unknown];

export class ReducedRun<Result> implements ReduceRun<Result> {
  readonly #values: ValuesRun<unknown>;
  #result: Promise<Result> | undefined;

  constructor(request: JobRequest) {
    this.#values = new ValuesRun(request);
  }

  get summary(): Promise<Summary> {
    return this.#values.summary;
  }

  get rejects(): AsyncIterable<Reject> {
    return this.#values.rejects;
  }

  // A promise that starts its job when it is awaited.
  // biome-ignore lint/suspicious/noThenProperty: see above
  then<One = Result, Other = never>(
    onResolved?: ((result: Result) => One | PromiseLike<One>) | null,
    onRejected?: ((error: unknown) => Other | PromiseLike<Other>) | null,
  ): Promise<One | Other> {
    this.#result ??= this.#collect();
    return this.#result.then(onResolved, onRejected);
  }

  catch<Other>(onRejected: (error: unknown) => Other | PromiseLike<Other>): Promise<Result | Other> {
    return this.then(undefined, onRejected);
  }

  finally(onEnd: () => void): Promise<Result> {
    return this.then().finally(onEnd);
  }

  async *entries(): AsyncIterableIterator<EntryOf<Result>> {
    const values = this.#values.values({ onPlanned: checkKeyed });
    try {
      for (let next = await values.next(); !next.done; next = await values.next()) {
        const { key, value } = next.value as Group;
        yield [key, value] as EntryOf<Result>;
      }
    } finally {
      await values.return();
    }
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#values.cancel(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cancel();
  }

  async #collect(): Promise<Result> {
    let isKeyed = false;
    const onPlanned = (job: Job) => {
      checkReduces(job);
      isKeyed = job.keyed;
    };
    const values = this.#values.values({ onPlanned });
    const all: unknown[] = [];
    for (let next = await values.next(); !next.done; next = await values.next()) all.push(next.value);
    if (!isKeyed) return all[0] as Result;
    return new Map((all as Group[]).map(({ key, value }) => [key, value])) as Result;
  }
}

function checkReduces({ reduces }: Job): void {
  if (!reduces)
    throw new UsageError("Cannot reduce: there is no reduce function, neither in the script nor as an option");
}

function checkKeyed(job: Job): void {
  checkReduces(job);
  if (!job.keyed)
    throw new UsageError("Cannot give entries: there is no key function, so there is one result\nAwait it");
}
