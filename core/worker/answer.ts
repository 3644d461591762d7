/** What comes of a request in the worker, before it becomes a frame. */
import type { Done, Failed } from "../protocol/messages.ts";

/** An answer and the bytes that go with it. */
export type Answer =
  | {
      readonly head: Omit<Done, "busyMs" | "asideMs" | "kept" | "bytes">;
      readonly output: Uint8Array[];
      readonly values: Uint8Array[];
      readonly asideMs?: number | undefined;
    }
  /** With the output of the records before the one that has failed. */
  | { readonly head: Failed; readonly before?: Uint8Array[] };
