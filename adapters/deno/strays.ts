/** Failures that no call can catch, as Deno tells of them. */
import type { OnStray } from "../../core/platform/runtime.ts";

/** Returns a function that ends the listening. */
export function listenForStrays(onStray: OnStray): () => void {
  const onRejected = (event: Event) => {
    event.preventDefault();
    onStray("rejected", (event as Event & { reason?: unknown }).reason);
  };
  const onThrown = (event: Event) => {
    event.preventDefault();
    onStray("thrown", (event as Event & { error?: unknown }).error);
  };
  globalThis.addEventListener("unhandledrejection", onRejected);
  globalThis.addEventListener("error", onThrown);
  return () => {
    globalThis.removeEventListener("unhandledrejection", onRejected);
    globalThis.removeEventListener("error", onThrown);
  };
}
