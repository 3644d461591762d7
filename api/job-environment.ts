/** What a job needs from outside core, from the options and from those that run it. */
import { openInput } from "../adapters/shared/positional-files.ts";
import { residentBytes } from "../adapters/system/memory.ts";
import type { JobEnvironment } from "../core/coordinator/environment.ts";
import { createSpare } from "./admission.ts";
import type { Destination } from "./destination.ts";
import type { ExecuteOptions } from "./execution.ts";
import type { JobOptions } from "./options.ts";

export function environmentOf(
  plan: JobOptions,
  { runtime, control, messages, observer, onRejects }: ExecuteOptions,
  { rejects }: Destination,
  ended: AbortSignal,
): Omit<JobEnvironment, "sink" | "journal" | "resumeFrom" | "onWarning"> {
  return {
    text: runtime.text,
    after,
    now: () => performance.now(),
    residentBytes,
    openInput,
    spare: createSpare({
      ...plan,
      ended,
      onWait(reason) {
        messages.notice(`waiting: ${reason}`);
        observer?.({ type: "waiting", reason });
      },
      onRoom: () => observer?.({ type: "resumed" }),
    }),
    observer,
    drain: control.drain,
    cancelled: control.cancelled,
    onRejects(placed) {
      onRejects?.(placed);
      return rejects?.write(placed);
    },
  };
}

export function after(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs);
  return () => clearTimeout(timer);
}
