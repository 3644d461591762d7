/** `--retry-throws`: which attempts are followed by another one, and after which pause. */
import { InternalError, JobError } from "../../errors.ts";
import { VerbError } from "./record-error.ts";
import type { Settled, Verb } from "./returned-value.ts";

export interface RetryOptions {
  /** How many attempts may follow the first. */
  readonly most: number;
  readonly pause: (delayMs: number) => Promise<void>;
  /** Whether nothing of this batch is wanted. */
  readonly isOver: () => boolean;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A service may ask for longer, but not for ever. */
const LONGEST_ASKED_MS = 60 * 60 * 1000;

/** What the script's functions have thrown, and no time left; what cannot be printed is the same the next time. */
const RETRIED: readonly string[] = ["map", "filter", "timeout"];

/** Whether another attempt may come out differently. */
export function mayPass(error: unknown, outerVerb: Verb): boolean {
  // These are no record's failure.
  if (error instanceof InternalError || error instanceof JobError) return false;
  return RETRIED.includes(error instanceof VerbError ? error.verb : outerVerb);
}

/**
 * Tries until an attempt does not throw, or there are no more. Between two attempts nothing is held.
 * @param attempt is given the number of the attempt, from 1
 */
export async function retried(
  attempt: (number: number) => Promise<Settled>,
  { most, pause, isOver }: RetryOptions,
): Promise<Settled> {
  for (let number = 1; ; number++) {
    const settled = await attempt(number);
    if (!("error" in settled)) return settled;
    if (!mayPass(settled.error, settled.verb) || number > most || isOver()) return { ...settled, attempts: number };
    await pause(pauseMs(number, settled.error));
  }
}

/**
 * Half a second, and twice as long after each attempt, up to half a minute; of that a part by chance, so that records that have failed
 * together do not come back together. An error's `retryAfter` says it better: seconds or a date, as in HTTP.
 * @param chance from 0 to 1
 */
export function pauseMs(attempt: number, error: unknown, chance: number = Math.random()): number {
  const asked = askedMs(error);
  if (asked !== undefined) return Math.min(LONGEST_ASKED_MS, asked) * (1 + chance / 10);
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)) * (0.5 + chance / 2);
}

function askedMs(error: unknown): number | undefined {
  const asked: unknown = typeof error === "object" && error !== null ? Reflect.get(error, "retryAfter") : undefined;
  if (typeof asked !== "number" && typeof asked !== "string" && !(asked instanceof Date)) return undefined;
  const seconds = asked instanceof Date || asked === "" ? Number.NaN : Number(asked);
  const ms = Number.isNaN(seconds) ? new Date(asked).getTime() - Date.now() : seconds * 1000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
