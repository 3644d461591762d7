/** Keeping a script's hands off the worker's own descriptors. */

import type { Readable } from "node:stream";
import { process } from "../shared/own-process.ts";

/** Whatever a script prints goes to stderr: stdout is the port of a worker, and carries records in the coordinator. */
export function printToStderr(): void {
  Object.defineProperty(process, "stdout", { configurable: true, get: () => process.stderr });
}

/** A script that looks at stdin (or imports node:process, which looks at everything) finds it at its end. */
export function hideStdin(): void {
  let empty: Readable | undefined;
  Object.defineProperty(process, "stdin", {
    configurable: true,
    get() {
      // A millisecond to load, which few scripts ask for.
      empty ??= process.getBuiltinModule("node:stream").Readable.from([]);
      return empty;
    },
  });
}
