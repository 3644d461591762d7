/**
 * Items that come one by one, each with an answer of its own: a queue in front of the workers.
 *
 * Several items that wait go to a worker together, as many as it can answer in a few milliseconds. What a batch of them goes
 * through is the same as in a job (run-batch.ts): another try when its worker dies, until the item is found that kills.
 */
import { JobError } from "../errors.ts";
import type { TextCodec } from "../platform/text-codec.ts";
import { answerItems, batchOf, type Item, type ItemAnswer } from "./item-batch.ts";
import { WaitingItems } from "./waiting-items.ts";
import type { WorkerOutcome } from "./workers/reply.ts";
import type { BatchTaskOptions } from "./workers/run-batch.ts";
import { runBatch } from "./workers/run-batch.ts";
import type { WorkerHandle } from "./workers/worker-handle.ts";
import type { WorkerPool } from "./workers/worker-pool.ts";

export interface ItemQueueOptions extends Pick<BatchTaskOptions, "retries" | "timeoutMs" | "exitCall"> {
  readonly pool: WorkerPool;
  readonly text: TextCodec;
  readonly workers: number;
  /** Asynchronous items at once in a worker. */
  readonly concurrency: number;
  /** Of records that a worker may run before it is replaced. */
  readonly recycle: number | undefined;
}

/** So long a batch may take, in milliseconds: what waits behind it waits no longer. */
const BATCH_MS = 4;
const MAX_ITEMS = 256;
/** A worker that answers sooner, in milliseconds an item, gets its next batch before it asks. */
const QUICK_MS = 1;

export class ItemQueue {
  readonly #options: ItemQueueOptions;
  readonly #waiting = new WaitingItems();
  readonly #running = new Set<Item>();
  /** Batches that workers have. */
  #batches = 0;
  #isDispatching = false;
  #failure: { readonly error: unknown } | undefined;
  #onIdle: (() => void)[] = [];
  /** An item takes so long, as far as is known. */
  #itemMs = Number.POSITIVE_INFINITY;
  #isAsynchronous = false;
  #requests = 0;
  #items = 0;
  #offset = 0;

  constructor(options: ItemQueueOptions) {
    this.#options = options;
    options.pool.failed.catch((error: unknown) => this.fail(error));
  }

  get queued(): number {
    return this.#waiting.size;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Items that idle workers take at once. A worker that is on its way is idle. */
  get room(): number {
    const { workers, concurrency } = this.#options;
    return Math.max(0, workers - this.#batches) * (this.#isAsynchronous ? concurrency : 1);
  }

  /**
   * Runs one item.
   * @param line its JSON, with a line feed
   * @param onWithdraw gets the function that takes it out of the queue, while it waits there
   */
  run(line: Uint8Array, onWithdraw?: (withdraw: () => void) => void): Promise<ItemAnswer> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    return new Promise((resolve, reject) => {
      const item = { number: ++this.#items, line, resolve, reject };
      this.#waiting.add(item);
      onWithdraw?.(() => this.#withdraw(item));
      // Detached: it never rejects.
      if (!this.#isDispatching) void this.#dispatch();
    });
  }

  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void> {
    if (this.queued + this.running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  #withdraw(item: Item): void {
    if (!this.#waiting.remove(item)) return;
    item.resolve({ tag: "withdrawn" });
    this.#tellIdle();
  }

  async #dispatch(): Promise<void> {
    this.#isDispatching = true;
    while (this.queued > 0) {
      const handle = await this.#options.pool.available(() => this.#depth());
      const items = this.#take();
      // Detached: every item is told what became of it.
      if (items.length > 0) void this.#runItems(items, handle);
    }
    this.#isDispatching = false;
  }

  /** Requests that a worker may have. */
  #depth(): number {
    return this.#itemMs < QUICK_MS ? 2 : 1;
  }

  #take(): Item[] {
    const fair = Math.ceil(this.queued / this.#options.workers);
    const most = this.#isAsynchronous ? this.#options.concurrency : Math.floor(BATCH_MS / this.#itemMs);
    return this.#waiting.take(Math.max(1, Math.min(MAX_ITEMS, fair, most)));
  }

  async #runItems(items: readonly Item[], first: WorkerHandle): Promise<void> {
    for (const item of items) this.#running.add(item);
    this.#batches++;
    const { pool, recycle } = this.#options;
    try {
      const outcome = await this.#runBatch(items, first);
      if (outcome.tag === "failed") throw new JobError(outcome.failed.message);
      answerItems(items, outcome, this.#options.text);
      this.#learn(outcome.done.busyMs / items.length, outcome.done.asynchronous);
      if (recycle !== undefined) pool.recycle(outcome.handle, items.length, recycle);
    } catch (error) {
      for (const item of items) item.reject(error);
    }
    this.#batches--;
    for (const item of items) this.#running.delete(item);
    this.#tellIdle();
  }

  #runBatch(items: readonly Item[], first: WorkerHandle): Promise<WorkerOutcome> {
    const { pool } = this.#options;
    const batch = batchOf(items, this.#offset);
    this.#offset += batch.bytes;
    return runBatch(
      batch,
      undefined,
      {
        ...this.#options,
        acquire: (depth, again) => pool.available(depth, again),
        depth: () => this.#depth(),
        runsTogether: () => this.#isAsynchronous,
        nextId: () => this.#requests++,
        failsByLine: false,
        budgetMs: undefined,
        isLost: () => this.#failure !== undefined,
      },
      first,
    );
  }

  #learn(itemMs: number, asynchronous: boolean): void {
    this.#isAsynchronous = asynchronous;
    this.#itemMs = this.#itemMs === Number.POSITIVE_INFINITY ? itemMs : (3 * this.#itemMs + itemMs) / 4;
  }

  /** Nothing more is answered. */
  fail(error: unknown): void {
    for (const item of this.#running) item.reject(error);
    this.#running.clear();
    this.drain(error);
  }

  /** What runs is answered, and nothing more. */
  drain(error: unknown): void {
    this.#failure = { error };
    for (const item of this.#waiting.clear()) item.reject(error);
    this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.queued + this.running === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }
}
