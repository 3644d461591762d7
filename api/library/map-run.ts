/** The values of a map, as they are asked for. */
import { wrongType } from "../typed-values.ts";
import { asPmapError } from "./errors.ts";
import { nameOf } from "./inputs.ts";
import { type JobRequest, LibraryJob, type StartOptions } from "./library-job.ts";
import type { Reject, Summary } from "./outcome-types.ts";
import type { ByteTarget, MapRun, WriteOptions } from "./types.ts";
import { ValueQueue } from "./value-queue.ts";
import { openTarget } from "./write-target.ts";

export class ValuesRun<Value> implements MapRun<Value> {
  readonly #job: LibraryJob;
  readonly #bigints: boolean;

  constructor(request: JobRequest) {
    this.#job = new LibraryJob(request);
    this.#bigints = request.options?.bigints === true;
  }

  get summary(): Promise<Summary> {
    return this.#job.summary;
  }

  get rejects(): AsyncIterable<Reject> {
    return this.#job.rejects;
  }

  get readable(): ReadableStream<Value> {
    const queue = this.#start();
    return new ReadableStream<Value>(
      {
        async pull(controller) {
          const values = await queue.nextWindow();
          if (values === undefined) controller.close();
          else for (const value of values) controller.enqueue(value);
        },
        cancel: (reason) => this.cancel(reason),
      },
      // No value is asked for ahead.
      { highWaterMark: 0 },
    );
  }

  [Symbol.asyncIterator](): AsyncIterator<Value, undefined> {
    return this.values();
  }

  async toArray(): Promise<Value[]> {
    const all: Value[] = [];
    const queue = this.#start();
    for (let values = await queue.nextWindow(); values !== undefined; values = await queue.nextWindow())
      for (const value of values) all.push(value);
    return all;
  }

  async forEach(action: (value: Value) => unknown): Promise<void> {
    if (typeof action !== "function") throw asPmapError(wrongType("the action of forEach", "a function", action));
    const queue = this.#start();
    try {
      for (let values = await queue.nextWindow(); values !== undefined; values = await queue.nextWindow())
        for (const value of values) {
          const result = action(value);
          if (isObject(result)) await result;
        }
    } finally {
      // For an action that has thrown: after the end there is nothing left to do.
      await this.#leave(queue);
    }
  }

  async writeTo(target: string | URL | ByteTarget, options?: WriteOptions): Promise<Summary> {
    checkTarget(target);
    if (typeof target === "string") return this.#job.start({ target: { kind: "file", path: target }, options });
    if (target instanceof URL) return this.#job.start({ target: { kind: "file", path: nameOf(target) }, options });
    const { open, release } = openTarget(target);
    try {
      return await this.#job.start({ target: { kind: "stream", open }, options });
    } finally {
      release();
    }
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#job.cancel(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cancel();
  }

  /** Starts the job. */
  values(start: Omit<StartOptions, "target"> = {}): Required<Pick<AsyncIterator<Value, undefined>, "next" | "return">> {
    const queue = this.#start(start);
    return {
      next: () => queue.next(),
      return: async () => {
        await this.#leave(queue);
        return { done: true, value: undefined };
      },
    };
  }

  #start(start: Omit<StartOptions, "target"> = {}): ValueQueue<Value> {
    const queue = new ValueQueue<Value>(this.#bigints);
    const target = { kind: "stream", open: ({ text }) => queue.open(text) } as StartOptions["target"];
    // Detached: the queue tells how it has ended.
    void this.#job.start({ ...start, target }).then(
      () => queue.end(),
      (error: unknown) => queue.fail(error),
    );
    return queue;
  }

  /** No more values are wanted. */
  async #leave(queue: ValueQueue<Value>): Promise<void> {
    queue.end();
    await this.cancel();
  }
}

/** @throws {PmapError} for what nothing can be written to */
function checkTarget(target: unknown): void {
  if (typeof target === "string" || target instanceof URL) return;
  const { getWriter, write, once } = (target ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof getWriter === "function" || (typeof write === "function" && typeof once === "function")) return;
  throw asPmapError(wrongType("the target of writeTo", "a path, a URL or a stream that can be written to", target));
}

/** Whether it may be something to wait for. */
function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
