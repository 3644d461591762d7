/** The types of a pool that stays. */
import type { PmapOptions } from "./types.ts";

export interface PoolOptions
  extends Pick<
    PmapOptions,
    | "bigints"
    | "maxRecord"
    | "cores"
    | "runtime"
    | "mode"
    | "concurrency"
    | "totalConcurrency"
    | "rate"
    | "maxMemory"
    | "recycle"
    | "nice"
    | "sandbox"
    | "retries"
    | "retryThrows"
    | "timeout"
    | "seed"
    | "args"
    | "filter"
    | "setup"
    | "teardown"
    | "signal"
    | "handleSignals"
    | "onStderr"
    | "onWarning"
  > {
  /** Calls of `run` that may wait for a worker: beyond it they are refused with PMAP_QUEUE_FULL. Default: no limit. */
  readonly maxQueued?: number;
}

export interface PoolStats {
  readonly workers: number;
  /** Workers that were started: more than there are when some died or were replaced. */
  readonly started: number;
  /** Items that workers have, and items that wait for one. */
  readonly running: number;
  readonly queued: number;
  readonly completed: number;
  readonly failed: number;
}

/** Workers that stay, for items that come one by one. */
export interface Pool<In, Out> {
  /** The value that the script makes of the item; undefined where it emits none. Rejects with the record's own error. */
  run(item: In, options?: { readonly signal?: AbortSignal }): Promise<Out | undefined>;
  /** The values of many items, in their order; what one emits several of comes one after the other. */
  map(items: Iterable<In> | AsyncIterable<In>): AsyncIterableIterator<Out>;
  stats(): PoolStats;
  /** Waits for what has been asked for, and ends the workers. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
