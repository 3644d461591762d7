/**
 * The pulse: how a busy worker lets the coordinator's clock know that it is getting on.
 *
 * Looking at a clock for every record would cost as much as a quick record itself, so it is looked at every so many
 * records: the quicker they are, the fewer times. A pulse that is missing is a suspicion, not a verdict: the span is
 * then run again with every record announced.
 */
export interface Pulse {
  /** Called before each record. */
  tick(): void;
}

const MAX_STRIDE = 64;
const QUICK_MS = 0.5;
const SLOW_MS = 5;

/** @param beat called when at least `intervalMs` have passed since the last time */
export function createPulse(now: () => number, intervalMs: number, beat: () => void): Pulse {
  let stride = 1;
  let left = 1;
  let lookedMs = now();
  let beatMs = lookedMs;
  return {
    tick() {
      if (--left > 0) return;
      const nowMs = now();
      const elapsedMs = nowMs - lookedMs;
      if (elapsedMs < QUICK_MS) stride = Math.min(MAX_STRIDE, stride * 2);
      else if (elapsedMs > SLOW_MS) stride = 1;
      left = stride;
      lookedMs = nowMs;
      if (nowMs - beatMs < intervalMs) return;
      beatMs = nowMs;
      beat();
    },
  };
}
