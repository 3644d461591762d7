/** What ends a pool before its program closes it: its `signal`, and with `handleSignals` the signals of the process. */
import { listenToAbort } from "./abort-signal.ts";
import { PmapError } from "./errors.ts";
import type { PoolOptions } from "./pool-types.ts";
import { listenToSignals } from "./signals.ts";

/** `drain`: what runs is answered. `cancel`: nothing is, and workers have a moment. `kill`: they have none. */
export interface PoolEnd {
  readonly how: "drain" | "cancel" | "kill";
  readonly error: PmapError;
}

export class PoolEnding {
  #end: PoolEnd | undefined;
  #hear: (end: PoolEnd) => void = () => {};
  readonly #stops: (() => void)[] = [];

  constructor({ signal, handleSignals }: Pick<PoolOptions, "signal" | "handleSignals">) {
    const cancelled = (cause: unknown) => new PmapError("PMAP_CANCELLED", "the pool was cancelled", { cause });
    this.#stops.push(listenToAbort(signal, (reason) => this.#tell({ how: "cancel", error: cancelled(reason) })));
    if (handleSignals !== true) return;
    const ended = (name: string) => new PmapError("PMAP_CANCELLED", `the pool was ended by ${name}`);
    const signals = listenToSignals((name) => this.#tell({ how: "drain", error: ended(name) }));
    signals.onSecond(() => this.#tell({ how: "kill", error: ended(signals.first as string) }));
    this.#stops.push(() => signals.stop());
  }

  /** @param hear gets the end that has come, and those that come; it takes the place of the one before */
  onEnd(hear: (end: PoolEnd) => void): void {
    this.#hear = hear;
    if (this.#end !== undefined) hear(this.#end);
  }

  /** No listener is left. */
  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  #tell(end: PoolEnd): void {
    this.#end = end;
    this.#hear(end);
  }
}
