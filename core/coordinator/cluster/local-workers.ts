/** What workers of this machine do for a job whose records run elsewhere: the last merges, and compressing. Many a job needs none. */
import { plainError } from "../commit/totals.ts";
import type { EngineWork } from "../engine.ts";
import { type AskWorker, createAsk } from "../workers/call-any.ts";
import { watchPool } from "../workers/watch-pool.ts";
import type { WorkerPool } from "../workers/worker-pool.ts";

export interface LocalWorkersOptions {
  readonly pool: WorkerPool;
  /** Lets the pool's workers take requests: until it is called the script is loaded, and not set up. */
  readonly begin: () => void;
}

export class LocalWorkers {
  readonly #options: LocalWorkersOptions;
  readonly #work: EngineWork;
  readonly #ask: AskWorker;
  #hasBegun = false;
  /** Requests that room has been asked for: one needs no second worker. */
  #asked = 0;

  constructor(options: LocalWorkersOptions, work: EngineWork) {
    this.#options = options;
    this.#work = work;
    const { pool } = options;
    const { retries, exitCall } = work.job;
    let requests = 0;
    this.#ask = createAsk({ pool, nextId: () => requests++, retries, exitCall, errorOf: plainError });
  }

  get size(): number {
    return this.#options.pool.size;
  }

  get failed(): Promise<never> {
    return this.#options.pool.failed;
  }

  readonly ask: AskWorker = (request, body) => {
    this.#begin();
    return this.#ask(request, body);
  };

  async room(): Promise<void> {
    const { pool } = this.#options;
    this.#begin();
    pool.grow(Math.min(this.#work.job.cores, ++this.#asked));
    await pool.available(() => 2);
  }

  loaded(): Promise<unknown> {
    return this.#options.pool.facts;
  }

  watch(): () => void {
    return watchPool(this.#options.pool, this.#work.job, this.#work.environment);
  }

  #begin(): void {
    if (!this.#hasBegun) this.#options.begin();
    this.#hasBegun = true;
  }
}
