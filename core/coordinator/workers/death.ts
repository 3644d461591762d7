/** How a worker's end is told to those who have asked it something. */
import type { Exit } from "../../platform/runtime.ts";
import type { RecordFailure } from "../../protocol/record-failure.ts";

/** Why a worker is gone, and which record it had announced and not finished (isolated requests only). */
export interface Death {
  readonly exit: Exit;
  /** Set when we killed it, and says why. */
  readonly reason: KillReason | undefined;
  /** Whether this request was the one that the worker was on; others only waited behind it. */
  readonly blamed: boolean;
  /** Whether it had no other request. */
  readonly alone: boolean;
  readonly suspect: Suspect | undefined;
}

export interface Suspect extends Pick<RecordFailure, "source" | "offset" | "line"> {
  /** It was waiting for its promise. */
  readonly waits?: boolean | undefined;
}

/** Of the last two: it has sent bytes that are no frame of its own, or a message that answers nothing. */
export type KillReason = "timeout" | "memory" | "protocol" | "message";
