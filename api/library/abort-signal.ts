/** The program's AbortSignals, which many jobs and items may share. */
import { SharedListener } from "../../adapters/shared/shared-listener.ts";
import { checkOption } from "./option-types.ts";

const LISTENERS = new WeakMap<AbortSignal, SharedListener>();

/**
 * Calls `onAbort` when the signal is aborted, at once if it has been.
 * @param onAbort does not throw
 * @returns a function that ends the listening
 * @throws {UsageError} for what is no AbortSignal
 */
export function listenToAbort(signal: AbortSignal | null | undefined, onAbort: (reason: unknown) => void): () => void {
  checkOption("signal", signal);
  if (signal === undefined || signal === null) return () => {};
  if (signal.aborted) {
    onAbort(signal.reason);
    return () => {};
  }
  const shared = LISTENERS.get(signal) ?? listenerOf(signal);
  LISTENERS.set(signal, shared);
  return shared.add(() => onAbort(signal.reason));
}

function listenerOf(signal: AbortSignal): SharedListener {
  return new SharedListener({
    listen: (hear) => signal.addEventListener("abort", hear as () => void),
    unlisten: (hear) => signal.removeEventListener("abort", hear as () => void),
  });
}
