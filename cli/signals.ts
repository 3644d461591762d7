/** SIGINT (Ctrl-C), SIGTERM and SIGHUP: the first one drains, the second one kills. */
import { Interrupted } from "../api/errors.ts";

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
export type EndSignal = keyof typeof EXIT_CODES;

/**
 * npx passes a signal on that the terminal has already sent: within this time it is the same Ctrl-C, in milliseconds. What has
 * come by then counts as having come in time, also where this process has not been given the time to look.
 */
const DUPLICATE_MS = 50;
/** After a failure, how long a signal that is its cause may take to be heard of, in milliseconds. */
const HEAR_MS = 30;
/** How long what is in flight may take to finish after the first signal, in milliseconds. */
const DRAIN_MS = 5000;

/** How long a job whose workers have been killed may take to end in order, in milliseconds: to say how far it was, and where it goes on. */
const END_MS = 300;

/** After so long, in milliseconds, the user is told what keeps the job from ending. */
const TELL_MS = 100;

function waiting(signal: EndSignal): string {
  const again = signal === "SIGINT" ? "Ctrl-C again" : `a second ${signal}`;
  return `${signal}: waiting up to ${DRAIN_MS / 1000} s for the records that are running; ${again} ends them at once`;
}

export interface Signals {
  readonly drain: Promise<void>;
  /** Rejects when the job is to end at once. */
  readonly cancelled: Promise<never>;
  onKillable(kill: () => void): void;
  /** The exit code of the signal that came, or undefined. */
  exitCode(): number | undefined;
  /** The same, where something has failed: Ctrl-C ends workers, too, and their end may be heard of before it. */
  exitCodeOfFailure(): Promise<number | undefined>;
}

/** @param tell writes a message for the user */
export function listenToSignals(exit: (code: number) => void, tell: (message: string) => void): Signals {
  let kill = () => {};
  let first: EndSignal | undefined;
  let isOver = false;
  let startDrain = () => {};
  const drain = new Promise<void>((resolve) => {
    startDrain = resolve;
  });
  let cancel = () => {};
  const cancelled = new Promise<never>((_, reject) => {
    cancel = () => reject(new Interrupted());
  });
  // There may be no job.
  cancelled.catch(() => {});
  const exitCode = () => (first === undefined ? undefined : EXIT_CODES[first]);
  const endOfSame = () => {
    isOver = true;
  };
  const die = (signal: EndSignal) => {
    kill();
    cancel();
    setTimeout(() => exit(EXIT_CODES[signal]), END_MS);
  };
  for (const signal of Object.keys(EXIT_CODES) as EndSignal[]) {
    process.on(signal, () => {
      if (first === undefined) {
        first = signal;
        startDrain();
        setTimeout(() => setImmediate(endOfSame), DUPLICATE_MS).unref();
        setTimeout(() => tell(waiting(signal)), TELL_MS).unref();
        setTimeout(() => die(signal), DRAIN_MS).unref();
      } else if (isOver) die(signal);
    });
  }
  return {
    drain,
    cancelled,
    onKillable(killNow) {
      kill = killNow;
    },
    exitCode,
    async exitCodeOfFailure() {
      if (first === undefined) await new Promise((resolve) => setTimeout(resolve, HEAR_MS));
      return exitCode();
    },
  };
}
