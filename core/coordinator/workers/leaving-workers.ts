/** Workers that have been told to stop, until they are gone, and what they have said on their way. */
import type { Broken, StopHow } from "../../protocol/messages.ts";
import { brokenError, cutOff } from "./worker-errors.ts";
import type { WorkerHandle } from "./worker-handle.ts";

/** How long a worker that has stopped may take to be gone, in milliseconds. */
const LEAVE_MS = 500;

/** What is known of a worker when it is told to go. */
export interface Leaving {
  readonly how: StopHow;
  /** It runs the script's setup: one that nothing needs has LEAVE_MS to end. */
  readonly isSettingUp: boolean;
  readonly tearsDown: boolean;
}

export class LeavingWorkers {
  readonly #after: (delayMs: number, task: () => void) => () => void;
  readonly #told = new WeakSet<WorkerHandle>();
  readonly #leaving = new Set<Promise<unknown>>();
  /** The user's counters of setup and teardown. */
  readonly counters = new Map<string, number>();
  /** CPU time of the workers, in milliseconds, when they have stopped; NaN where one of them has not told. */
  cpuMs = 0;
  /** What the first of them told of the fields that the script sees. */
  fields: readonly string[] | undefined;
  #teardownFailure: Broken | undefined;

  constructor(after: (delayMs: number, task: () => void) => () => void) {
    this.#after = after;
  }

  /** Whether its end is expected: also between its end and the moment when it is known. */
  has(handle: WorkerHandle): boolean {
    return this.#told.has(handle);
  }

  /** Lets it finish, teardown included; told twice, it goes once. */
  tell(handle: WorkerHandle, how: Leaving): void {
    if (!this.has(handle)) this.#add(handle, this.#leave(handle, how));
  }

  /** Kills one that is not needed. */
  kill(handle: WorkerHandle): void {
    if (this.has(handle)) return;
    handle.kill();
    this.#add(handle, handle.link.exited);
  }

  async gone(): Promise<void> {
    await Promise.all(this.#leaving);
  }

  /** @throws {JobError} when the script's teardown has failed in one of them */
  checkTeardown(): void {
    if (this.#teardownFailure !== undefined) throw brokenError(this.#teardownFailure);
  }

  /** @param end never rejects */
  #add(handle: WorkerHandle, end: Promise<unknown>): void {
    this.#told.add(handle);
    const left = end.then(() => void this.#leaving.delete(left));
    this.#leaving.add(left);
  }

  async #leave(handle: WorkerHandle, { how, isSettingUp, tearsDown }: Leaving): Promise<void> {
    const giveUp = isSettingUp ? this.#after(LEAVE_MS, () => handle.kill()) : () => {};
    const counters = await handle.stop(how);
    giveUp();
    for (const [name, n] of counters ?? []) this.counters.set(name, (this.counters.get(name) ?? 0) + n);
    // The worker has sent `stopped`. Some runtimes occasionally do not exit by themselves: it is killed after LEAVE_MS.
    const cancel = this.#after(LEAVE_MS, () => handle.kill());
    const exit = await handle.link.exited;
    cancel();
    this.fields ??= handle.fields;
    this.cpuMs += handle.cpuMs ?? Number.NaN;
    this.#teardownFailure ??= handle.teardownFailure;
    const owesTeardown = !isSettingUp && tearsDown;
    if (counters === undefined && owesTeardown) this.#teardownFailure ??= cutOff(exit, handle.killReason);
  }
}
