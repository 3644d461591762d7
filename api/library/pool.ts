/** `createPool`: workers that stay, for items that come one by one. */
import { loadRuntime } from "../../adapters/detect.ts";
import type { ItemAnswer } from "../../core/coordinator/item-batch.ts";
import { bigIntsOf } from "../../core/formats/bigints.ts";
import { parseJson } from "../../core/json.ts";
import { type LivePool, openPool } from "../live-pool.ts";
import { log } from "../log.ts";
import { listenToAbort } from "./abort-signal.ts";
import { createCallBack } from "./callbacks.ts";
import { asPmapError, PmapError } from "./errors.ts";
import { type ItemAhead, mapItems } from "./map-items.ts";
import { givenOptions } from "./option-types.ts";
import { jobOptions, runtimeOf } from "./options.ts";
import { type PoolEnd, PoolEnding } from "./pool-ending.ts";
import { checkPoolOptions, runOptions } from "./pool-options.ts";
import type { Pool, PoolOptions, PoolStats } from "./pool-types.ts";
import { rejectOf } from "./reject.ts";
import { scriptSource } from "./script-reference.ts";
import type { Emitted, MapLike, ScriptModule, ScriptReference, ValueOf } from "./types.ts";
import { createValuePrinter } from "./value-blocks.ts";

/** Items of `map` that are asked for ahead of the one whose values are taken, for each worker. */
const AHEAD_PER_WORKER = 256;
/** How long workers may take to go, in milliseconds; undefined where there is no limit. */
const GRACE_MS = { drain: undefined, cancel: 500, kill: 0 };

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
  options?: PoolOptions,
): Promise<Pool<unknown, unknown>> {
  let ending: PoolEnding | undefined;
  try {
    const given = givenOptions(options, "the options");
    checkPoolOptions(given);
    ending = new PoolEnding(given);
    return await openItemPool(script, given, ending);
  } catch (error) {
    ending?.stop();
    throw asPmapError(error);
  }
}

async function openItemPool(
  script: ScriptReference | MapLike,
  { maxQueued = Number.POSITIVE_INFINITY, signal: _, handleSignals: __, ...rest }: PoolOptions,
  ending: PoolEnding,
): Promise<ItemPool> {
  const cancelled = new Promise<never>((_, reject) => ending.onEnd(({ error }) => reject(error)));
  // It may come when nothing waits for it.
  cancelled.catch(() => {});
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
  const messages = {
    notice: () => {},
    warning: (message: string) => call("onWarning", () => onWarning?.(message)),
    output: (bytes: Uint8Array) => call("onStderr", () => onStderr(bytes)),
  };
  const live = await openPool(plan, { runtime, messages, cancelled });
  fail = (error) => live.items.fail(error);
  if (thrown !== undefined) fail(thrown);
  return new ItemPool({ live, workers: plan.cores, maxQueued, bigints: rest.bigints === true, ending });
}

interface ItemPoolOptions {
  readonly live: LivePool;
  readonly workers: number;
  readonly maxQueued: number;
  readonly bigints: boolean;
  readonly ending: PoolEnding;
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
  #end: PoolEnd | undefined;

  constructor(options: ItemPoolOptions) {
    this.#options = options;
    this.#print = createValuePrinter(options.bigints);
    this.#parse = options.bigints ? bigIntsOf : (json) => parseJson(json);
    options.live.failed.catch(() => {});
    options.ending.onEnd((end) => this.#endBy(end));
  }

  async run(item: unknown, options?: { readonly signal?: AbortSignal }): Promise<unknown> {
    const { signal } = runOptions(options);
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
    const { live, ending } = this.#options;
    await live.items.idle();
    try {
      await live.stop(this.#end && GRACE_MS[this.#end.how]);
    } catch (error) {
      throw asPmapError(error);
    } finally {
      ending.stop();
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

  #endBy(end: PoolEnd): void {
    const { items, stop } = this.#options.live;
    const isClosing = this.#closed !== undefined;
    this.#end = end;
    if (end.how === "drain") items.drain(end.error);
    else items.fail(end.error);
    // Detached, both: who asks for `close` is told.
    this.close().catch(() => {});
    if (isClosing && end.how !== "drain") stop(GRACE_MS[end.how]).catch(() => {});
  }

  async #valuesOf(
    item: unknown,
    run: RunItem,
    whenFull: "refuses" | "waits",
    signal?: AbortSignal,
  ): Promise<readonly unknown[]> {
    const { live, maxQueued } = this.#options;
    if (this.#end !== undefined) throw this.#end.error;
    if (this.#closed !== undefined) throw new PmapError("PMAP_USAGE", "Cannot run an item: the pool is closed");
    if (whenFull === "refuses" && live.items.queued >= maxQueued + live.items.room)
      throw new PmapError(
        "PMAP_QUEUE_FULL",
        `Cannot run an item: no worker is idle, and as many items wait as maxQueued allows: ${maxQueued}`,
      );
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
  let stopListening = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stopListening = listenToAbort(signal, (reason) => {
      reject(reason);
      withdraw();
    });
  });
  const running = run((withdrawIt) => {
    withdraw = withdrawIt;
  });
  // It may fail after it is given up.
  running.catch(() => {});
  return Promise.race([running, aborted]).finally(stopListening);
}
