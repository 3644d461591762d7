/** The values of a map, as they are asked for. */
import { fileURLToPath } from "node:url";
import { type JobRequest, LibraryJob, type StartOptions } from "./library-job.ts";
import type { ByteTarget, MapRun, Reject, Summary, WriteOptions } from "./types.ts";
import { ValueQueue } from "./value-queue.ts";
import { openTarget } from "./write-target.ts";

export class ValuesRun<Value> implements MapRun<Value> {
  readonly #job: LibraryJob;
  readonly #bigints: boolean;

  constructor(request: JobRequest) {
    this.#job = new LibraryJob(request);
    this.#bigints = request.options.bigints === true;
  }

  get summary(): Promise<Summary> {
    return this.#job.summary;
  }

  get rejects(): AsyncIterable<Reject> {
    return this.#job.rejects;
  }

  get readable(): ReadableStream<Value> {
    const values = this.values();
    return new ReadableStream<Value>(
      {
        async pull(controller) {
          const result = await values.next();
          if (result.done) controller.close();
          else controller.enqueue(result.value);
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
    await this.forEach((value) => void all.push(value));
    return all;
  }

  async forEach(action: (value: Value) => unknown): Promise<void> {
    for await (const value of this) await action(value);
  }

  async writeTo(target: string | URL | ByteTarget, options: WriteOptions = {}): Promise<Summary> {
    if (typeof target === "string") return this.#job.start({ target: { kind: "file", path: target }, options });
    if (target instanceof URL)
      return this.#job.start({ target: { kind: "file", path: fileURLToPath(target) }, options });
    const { stream, release } = openTarget(target);
    try {
      return await this.#job.start({ target: { kind: "stream", open: () => stream }, options });
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
    const queue = new ValueQueue<Value>(this.#bigints);
    const target = { kind: "stream", open: ({ text }) => queue.open(text) } as StartOptions["target"];
    // Detached: the queue tells how it has ended.
    void this.#job.start({ ...start, target }).then(
      () => queue.end(),
      (error: unknown) => queue.fail(error),
    );
    return {
      next: () => queue.next(),
      return: async () => {
        queue.end();
        await this.cancel();
        return { done: true, value: undefined };
      },
    };
  }
}
