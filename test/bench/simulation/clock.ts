/** What a simulation calls time. */
export interface Clock {
  now(): number;
  /** Calls `task` when it is `timeMs`. */
  at(timeMs: number, task: () => void): void;
  /** Calls `task` after `delayMs`; the result cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

export interface VirtualClock extends Clock {
  /**
   * Goes from event to event until the job has settled.
   * @throws when nothing is left to happen before that
   */
  run<T>(job: Promise<T>): Promise<T>;
}

interface Event {
  readonly timeMs: number;
  readonly task: () => void;
  cancelled: boolean;
}

/** Time that passes only when everything that can happen now has happened. */
export function createVirtualClock(): VirtualClock {
  let nowMs = 0;
  /** The next one last; those of one time in the order in which they were made. */
  const events: Event[] = [];

  function add(timeMs: number, task: () => void): Event {
    const event = { timeMs: Math.max(timeMs, nowMs), task, cancelled: false };
    let [low, high] = [0, events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((events[middle] as Event).timeMs > event.timeMs) low = middle + 1;
      else high = middle;
    }
    events.splice(low, 0, event);
    return event;
  }

  return {
    now: () => nowMs,
    at: (timeMs, task) => void add(timeMs, task),
    after(delayMs, task) {
      const event = add(nowMs + delayMs, task);
      return () => {
        event.cancelled = true;
      };
    },
    async run(job) {
      let settled = false;
      // Detached: what awaits the result hears of a failure.
      void job.then(
        () => {
          settled = true;
        },
        () => {
          settled = true;
        },
      );
      for (;;) {
        await everythingNow();
        if (settled) return job;
        const event = events.pop();
        if (event === undefined) throw new Error("Cannot go on: the job waits, and nothing is on its way.");
        if (event.cancelled) continue;
        nowMs = event.timeMs;
        event.task();
      }
    },
  };
}

/** Real time, but work takes none: what is due later comes with the next slot of the event loop. */
export const noWaiting: Clock = {
  now: () => performance.now(),
  at: (_, task) => void setImmediate(task),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

function everythingNow(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
