/** Ctrl-C and its kin: the first one drains, the second one kills. */

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
export type EndSignal = keyof typeof EXIT_CODES;

/** npx passes a signal on that the terminal has already sent: within this time it is the same Ctrl-C, in milliseconds. */
const DUPLICATE_MS = 50;
/** How long what is in flight may take to finish after the first signal, in milliseconds. */
const DRAIN_MS = 5000;

export interface Signals {
  readonly drain: Promise<void>;
  onKillable(kill: () => void): void;
  /** The exit code of the signal that came, or undefined. */
  exitCode(): number | undefined;
}

export function listenToSignals(exit: (code: number) => void): Signals {
  let kill = () => {};
  let first: { readonly signal: EndSignal; readonly atMs: number } | undefined;
  let startDrain = () => {};
  const drain = new Promise<void>((resolve) => {
    startDrain = resolve;
  });
  const die = (signal: EndSignal) => {
    kill();
    exit(EXIT_CODES[signal]);
  };
  for (const signal of Object.keys(EXIT_CODES) as EndSignal[]) {
    process.on(signal, () => {
      const nowMs = performance.now();
      if (first === undefined) {
        first = { signal, atMs: nowMs };
        startDrain();
        setTimeout(() => die(signal), DRAIN_MS).unref();
      } else if (nowMs - first.atMs > DUPLICATE_MS) die(signal);
    });
  }
  return {
    drain,
    onKillable(killNow) {
      kill = killNow;
    },
    exitCode: () => (first === undefined ? undefined : EXIT_CODES[first.signal]),
  };
}
