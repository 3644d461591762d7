/** Callers that wait for a worker with room for another request, in the order of asking. */
import { queueNext } from "./queue-next.ts";
import type { WorkerHandle } from "./worker-handle.ts";

interface Waiting {
  readonly again: boolean;
  readonly depth: () => number;
  readonly resolve: (handle: WorkerHandle) => void;
}

export class WorkerQueue {
  readonly #ready: ReadonlySet<WorkerHandle>;
  readonly #waiting: Waiting[] = [];

  /** @param ready workers that can take requests */
  constructor(ready: ReadonlySet<WorkerHandle>) {
    this.#ready = ready;
  }

  get isWaitedFor(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * A worker with fewer than `depth()` requests; the least loaded one.
   * @param again for what a worker has died of: it comes before what is new, in the order of asking
   */
  available(depth: () => number, again: boolean): Promise<WorkerHandle> {
    return new Promise((resolve) => {
      const firstNew = again ? this.#waiting.findIndex((other) => !other.again) : -1;
      this.#waiting.splice(firstNew === -1 ? this.#waiting.length : firstNew, 0, { depth, again, resolve });
      this.serve();
    });
  }

  /** Gives out what there is: called when a worker may have room. */
  serve(): void {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting[0] as Waiting;
      const handle = this.#leastLoaded();
      if (handle === undefined || handle.load >= waiting.depth()) return;
      this.#waiting.shift();
      waiting.resolve(handle);
      // The promise's continuation sends the request; until then this worker must not be handed out again.
      if (this.#waiting.length > 0) {
        queueNext(() => this.serve());
        return;
      }
    }
  }

  #leastLoaded(): WorkerHandle | undefined {
    let least: WorkerHandle | undefined;
    for (const handle of this.#ready) if (least === undefined || handle.load < least.load) least = handle;
    return least;
  }
}
