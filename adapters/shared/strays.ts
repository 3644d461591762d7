/** Failures that no call can catch (Node and Bun): those of the process or, in a thread, of the thread. */
import type { OnStray } from "../../core/platform/runtime.ts";
import { process } from "./own-process.ts";

/** Returns a function that ends the listening. */
export function listenForStrays(onStray: OnStray): () => void {
  const onRejected = (error: unknown) => onStray("rejected", error);
  const onThrown = (error: unknown) => onStray("thrown", error);
  process.on("unhandledRejection", onRejected);
  process.on("uncaughtException", onThrown);
  return () => {
    process.off("unhandledRejection", onRejected);
    process.off("uncaughtException", onThrown);
  };
}
