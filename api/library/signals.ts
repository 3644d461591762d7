/** `handleSignals`: the first signal ends the job in order, the second one at once. */

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface SignalListener {
  /** The first signal that has come. */
  readonly first: string | undefined;
  /** What the second one does. */
  onSecond(kill: () => void): void;
  stop(): void;
}

export function listenToSignals(onFirst: () => void): SignalListener {
  let first: string | undefined;
  let kill = () => {};
  const hear = (signal: NodeJS.Signals) => {
    if (first !== undefined) kill();
    else {
      first = signal;
      onFirst();
    }
  };
  for (const signal of SIGNALS) process.on(signal, hear);
  return {
    get first() {
      return first;
    },
    onSecond(killNow) {
      kill = killNow;
    },
    stop() {
      for (const signal of SIGNALS) process.removeListener(signal, hear);
    },
  };
}
