/** Parts of an output that workers make, any number of them at a time, and that are written in their order. */
import type { DoneReply } from "../workers/reply.ts";
import { outputOf } from "../workers/reply.ts";
import type { Sink } from "./sinks.ts";

export interface OrderedParts {
  /** Puts what the worker makes of a part behind all that have been added before. */
  add(reply: Promise<DoneReply>): void;
  /** Resolves when another part may come; undefined when it may come now. */
  room(): Promise<void> | undefined;
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
    add(packed) {
      if (failure !== undefined) throw failure.error;
      open++;
      const written = Promise.all([packed, last]).then(([reply]) => {
        onPart?.(reply);
        return file.commit(outputOf(reply), noRepetition);
      });
      last = written.finally(() => {
        open--;
        changed();
      });
      // It is awaited later: on its own it must not end the process.
      last.catch((error: unknown) => {
        failure ??= { error };
        changed();
      });
    },
    room() {
      if (failure !== undefined) throw failure.error;
      return open < most() ? undefined : waitForRoom();
    },
    written: () => last,
  };

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
