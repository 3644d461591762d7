/** Parts of an output that workers make, any number of them at a time, and that are written in their order. */
import type { DoneReply } from "../workers/reply.ts";
import { outputOf } from "../workers/reply.ts";
import type { Sink } from "./sinks.ts";

export interface OrderedParts {
  /** Puts what the worker makes of a part behind all that have been added before. */
  add(reply: Promise<DoneReply>): void;
  /**
   * Adds what `next` gives, each when there is room for it, until it gives nothing.
   * @returns what resolves when another part may come; undefined when it may come now
   */
  addAll(next: () => Promise<DoneReply> | undefined): Promise<void> | undefined;
  /** Resolves when all parts are in the file's hands. */
  written(): Promise<void>;
  /** Parts that are on their way. */
  readonly open: number;
}

export interface OrderedPartsOptions {
  readonly file: Sink;
  /** Parts that may be on their way. */
  readonly most: () => number;
  /** Called for each part in its order, when it is written next. */
  readonly onPart?: (reply: DoneReply) => void;
}

export function createOrderedParts({ file, most, onPart }: OrderedPartsOptions): OrderedParts {
  let open = 0;
  let last: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;
  /** Called when a part has arrived. */
  let changed = () => {};

  return {
    get open() {
      return open;
    },
    add,
    addAll,
    written: () => last,
  };

  function add(packed: Promise<DoneReply>): void {
    if (failure !== undefined) throw failure.error;
    open++;
    const written = Promise.all([packed, last]).then(([reply]) => {
      onPart?.(reply);
      return file.commit(outputOf(reply), noRepetition);
    });
    last = written.then(arrived, (error: unknown) => {
      failure ??= { error };
      arrived();
      throw error;
    });
    // It is awaited later: on its own it must not end the process.
    last.catch(() => {});
  }

  function arrived(): void {
    open--;
    changed();
  }

  function addAll(next: () => Promise<DoneReply> | undefined): Promise<void> | undefined {
    if (failure !== undefined) throw failure.error;
    while (open < most()) {
      const part = next();
      if (part === undefined) return undefined;
      add(part);
    }
    return waitForRoom().then(() => addAll(next));
  }

  async function waitForRoom(): Promise<void> {
    while (open >= most() && failure === undefined) {
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
    if (failure !== undefined) throw failure.error;
  }
}

/** No worker keeps what it has made of a part. */
export function noRepetition(): Promise<never> {
  return Promise.reject(new Error("a part of the output comes with the answer"));
}
