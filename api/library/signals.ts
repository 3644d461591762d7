/** `handleSignals`: the first signal ends the job in order, the second one at once. */
import { SharedListener } from "../../adapters/shared/shared-listener.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Of all jobs and pools that handle signals. */
const heard = new SharedListener<NodeJS.Signals>({
  listen(hear) {
    for (const signal of SIGNALS) process.on(signal, hear);
  },
  unlisten(hear) {
    for (const signal of SIGNALS) process.removeListener(signal, hear);
  },
});

export interface SignalListener {
  /** The first signal that has come. */
  readonly first: string | undefined;
  /** What the second one does. */
  onSecond(kill: () => void): void;
  stop(): void;
}

export function listenToSignals(onFirst: (signal: string) => void): SignalListener {
  let first: string | undefined;
  let kill = () => {};
  const stop = heard.add((signal) => {
    if (first !== undefined) kill();
    else {
      first = signal;
      onFirst(signal);
    }
  });
  return {
    get first() {
      return first;
    },
    onSecond(killNow) {
      kill = killNow;
    },
    stop,
  };
}
