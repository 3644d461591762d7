/** `createPool`: workers that stay, for items that come one by one. */
import { loadRuntime } from "../../adapters/detect.ts";
import type { ItemAnswer } from "../../core/coordinator/item-batch.ts";
import { bigIntsOf } from "../../core/formats/bigints.ts";
import { parseJson } from "../../core/json.ts";
import { type LivePool, openPool } from "../live-pool.ts";
import { log } from "../log.ts";
import { createCallBack } from "./callbacks.ts";
import { asPmapError, PmapError } from "./errors.ts";
import { type ItemAhead, mapItems } from "./map-items.ts";
import { jobOptions, runtimeOf } from "./options.ts";
import type { Pool, PoolOptions, PoolStats } from "./pool-types.ts";
import { rejectOf } from "./reject.ts";
import { scriptSource } from "./script-reference.ts";
import type { Emitted, MapLike, ScriptModule, ScriptReference, ValueOf } from "./types.ts";
import { createValuePrinter } from "./value-blocks.ts";

/** Items of `map` that are asked for ahead of the one whose values are taken, for each worker. */
const AHEAD_PER_WORKER = 256;
const CANCEL_GRACE_MS = 500;

/**
 * Starts workers that stay until the pool is closed.
 *
 * @param script as for `pmap`: a function without closure, the path or URL of a module, or code
 * @returns the pool, when a worker has loaded the script
 *
 * @example
 * ```ts
 * await using pool = await createPool(new URL("./render.ts", import.meta.url), { cores: 4 });
 * const page = await pool.run({ title: "Hello" });
 * ```
 */
export function createPool<Map extends MapLike>(
  script: Map,
  options?: PoolOptions,
): Promise<Pool<Parameters<Map>[0], Emitted<ReturnType<Map>>>>;
export function createPool<Module extends ScriptModule = ScriptModule>(
  script: ScriptReference,
  options?: PoolOptions,
): Promise<Pool<unknown, ValueOf<Module>>>;
export async function createPool(
  script: ScriptReference | MapLike,
  options: PoolOptions = {},
): Promise<Pool<unknown, unknown>> {
  const { maxQueued = Number.POSITIVE_INFINITY, signal, ...rest } = options ?? {};
  try {
    const runtime = await loadRuntime();
    const own = runtime.name;
    const source = await scriptSource(script, rest, { runtime: runtimeOf(rest, own), own });
    const input = { inputs: [], range: undefined, isOfValues: true, close: () => {} };
    // A failure is one item's: what a script does later, and no item can be blamed for, is a warning.
    const plan = jobOptions({ ...rest, onError: "skip" }, { script: source, input, outputPath: undefined, own });
    let thrown: PmapError | undefined;
    let fail = (_: PmapError) => {};
    const call = createCallBack((error) => {
      thrown ??= error;
      fail(thrown);
    });
    const { onWarning, onStderr = log } = rest;
    const live = await openPool(plan, runtime, {
      notice: () => {},
      warning: (message) => call("onWarning", () => onWarning?.(message)),
      output: (bytes) => call("onStderr", () => onStderr(bytes)),
    });
    fail = (error) => live.items.fail(error);
    if (thrown !== undefined) fail(thrown);
    return new ItemPool({ live, workers: plan.cores, maxQueued, bigints: rest.bigints === true, signal });
  } catch (error) {
    throw asPmapError(error);
  }
}

interface ItemPoolOptions {
  readonly live: LivePool;
  readonly workers: number;
  readonly maxQueued: number;
  readonly bigints: boolean;
  readonly signal: AbortSignal | undefined;
}

type RunItem = (line: Uint8Array) => Promise<ItemAnswer>;

class ItemPool implements Pool<unknown, unknown> {
  readonly #options: ItemPoolOptions;
  readonly #encoder = new TextEncoder();
  readonly #print: (value: unknown) => string;
  readonly #parse: (json: string) => unknown;
  #completed = 0;
  #failed = 0;
  #closed: Promise<void> | undefined;
  #cancelled: PmapError | undefined;

  constructor(options: ItemPoolOptions) {
    this.#options = options;
    this.#print = createValuePrinter(options.bigints);
    this.#parse = options.bigints ? bigIntsOf : (json) => parseJson(json);
    const { signal, live } = options;
    live.failed.catch(() => {});
    const abort = () => this.#abort(signal?.reason);
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  }

  async run(item: unknown, { signal }: { readonly signal?: AbortSignal } = {}): Promise<unknown> {
    const run: RunItem = (line) =>
      unlessAborted(signal, (onWithdraw) => this.#options.live.items.run(line, onWithdraw));
    const values = await this.#valuesOf(item, run, "refuses", signal);
    if (values.length > 1)
      throw new PmapError("PMAP_USAGE", `the script has emitted ${values.length} values for one item\nUse map for it`);
    return values[0];
  }

  map(items: Iterable<unknown> | AsyncIterable<unknown>): AsyncIterableIterator<unknown> {
    const most = this.#options.workers * AHEAD_PER_WORKER;
    return mapItems(items, { most, ask: (item) => this.#askAhead(item) });
  }

  stats(): PoolStats {
    const { live, workers } = this.#options;
    const { queued, running } = live.items;
    return { workers, started: live.started, running, queued, completed: this.#completed, failed: this.#failed };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { live } = this.#options;
    await live.items.idle();
    try {
      await live.stop(this.#cancelled === undefined ? undefined : CANCEL_GRACE_MS);
    } catch (error) {
      throw asPmapError(error);
    }
  }

  #askAhead(item: unknown): ItemAhead {
    let withdraw = () => {};
    const run: RunItem = (line) =>
      this.#options.live.items.run(line, (withdrawIt) => {
        withdraw = withdrawIt;
      });
    const values = this.#valuesOf(item, run, "waits");
    // It is awaited in its turn, if it is wanted then.
    values.catch(() => {});
    return { values, withdraw: () => withdraw() };
  }

  #abort(reason: unknown): void {
    this.#cancelled = new PmapError("PMAP_CANCELLED", "the pool was cancelled", { cause: reason });
    this.#options.live.items.fail(this.#cancelled);
    // Detached: who asks for `close` is told.
    this.close().catch(() => {});
  }

  async #valuesOf(
    item: unknown,
    run: RunItem,
    whenFull: "refuses" | "waits",
    signal?: AbortSignal,
  ): Promise<readonly unknown[]> {
    const { live, maxQueued } = this.#options;
    if (this.#cancelled !== undefined) throw this.#cancelled;
    if (this.#closed !== undefined) throw new PmapError("PMAP_USAGE", "Cannot run an item: the pool is closed");
    if (whenFull === "refuses" && live.items.queued >= maxQueued)
      throw new PmapError("PMAP_QUEUE_FULL", `Cannot run an item: ${live.items.queued} are waiting already`);
    try {
      signal?.throwIfAborted();
      const line = this.#encoder.encode(this.#print(item));
      const values = this.#read(await run(line));
      this.#completed++;
      return values;
    } catch (error) {
      this.#failed++;
      throw signal?.aborted && error === signal.reason ? cancelled(error) : asPmapError(error);
    }
  }

  #read(answer: ItemAnswer): readonly unknown[] {
    if (answer.tag === "values") return this.#parse(answer.json) as unknown[];
    if (answer.tag === "withdrawn") throw new PmapError("PMAP_CANCELLED", "the item was withdrawn");
    const { failure } = answer;
    const record = rejectOf({ sourceName: "items", line: failure.line, failure });
    const text = [`items:${failure.line}: ${failure.message}`, failure.stack].filter(Boolean).join("\n");
    throw new PmapError("PMAP_RECORD", text, { record });
  }
}

function cancelled(reason: unknown): PmapError {
  return new PmapError("PMAP_CANCELLED", "the item was cancelled", { cause: reason });
}

/** What waits is taken out of the queue; what runs is not waited for. */
async function unlessAborted<T>(
  signal: AbortSignal | undefined,
  run: (onWithdraw: (withdraw: () => void) => void) => Promise<T>,
): Promise<T> {
  if (signal === undefined) return run(() => {});
  let withdraw = () => {};
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => {
      reject(signal.reason);
      withdraw();
    };
  });
  signal.addEventListener("abort", abort, { once: true });
  const running = run((withdrawIt) => {
    withdraw = withdrawIt;
  });
  // It may fail after it is given up.
  running.catch(() => {});
  return Promise.race([running, aborted]).finally(() => signal.removeEventListener("abort", abort));
}
