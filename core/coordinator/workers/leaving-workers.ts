/** Workers that have been told to stop, until they are gone, and what they have said on their way. */
import type { Broken, StopHow } from "../../protocol/messages.ts";
import type { ScriptStart } from "./script-start.ts";
import { brokenError, cutOff } from "./worker-errors.ts";
import type { WorkerHandle } from "./worker-handle.ts";
import type { WorkerRoster } from "./worker-roster.ts";

/** How long a worker that has stopped may take to be gone, in milliseconds. */
const LEAVE_MS = 500;

/** What is known of the script where a worker is told to go. */
export type LeavingScript = Pick<ScriptStart, "isSettingUp" | "tearsDown">;

export class LeavingWorkers {
  readonly #after: (delayMs: number, task: () => void) => () => void;
  readonly #script: LeavingScript;
  readonly #told = new WeakSet<WorkerHandle>();
  readonly #leaving = new Set<Promise<unknown>>();
  /** The user's counters of setup and teardown. */
  readonly counters = new Map<string, number>();
  /** CPU time of the workers, in milliseconds, when they have stopped; NaN where one of them has not told. */
  cpuMs = 0;
  /** What the first of them told of the fields that the script sees. */
  fields: readonly string[] | undefined;
  #teardownFailure: Broken | undefined;

  constructor(after: (delayMs: number, task: () => void) => () => void, script: LeavingScript) {
    this.#after = after;
    this.#script = script;
  }

  /** Whether its end is expected: also between its end and the moment when it is known. */
  has(handle: WorkerHandle): boolean {
    return this.#told.has(handle);
  }

  /** Lets every worker finish that has started; others are killed, because they are not needed. */
  tellAll(workers: WorkerRoster, how: StopHow): void {
    for (const handle of workers.all()) {
      const hasStarted = !workers.in("coming").has(handle) || this.#script.isSettingUp(handle);
      if (handle.loaded && hasStarted) this.tell(handle, how);
      else this.#kill(handle);
    }
  }

  /** Lets those finish that have nothing to do. */
  tellIdle(workers: Iterable<WorkerHandle>): void {
    for (const handle of workers) if (handle.idle) this.tell(handle, "in order");
  }

  /** Lets it finish, teardown included; told twice, it goes once. */
  tell(handle: WorkerHandle, how: StopHow): void {
    if (!this.has(handle)) this.#add(handle, this.#leave(handle, how));
  }

  #kill(handle: WorkerHandle): void {
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

  async #leave(handle: WorkerHandle, how: StopHow): Promise<void> {
    const isSettingUp = this.#script.isSettingUp(handle);
    const owesTeardown = this.#script.tearsDown && !isSettingUp;
    // One that nothing needs has LEAVE_MS to end its setup.
    const giveUp = isSettingUp ? this.#after(LEAVE_MS, () => handle.kill()) : () => {};
    const counters = await handle.stop(how);
    giveUp();
    for (const [name, n] of counters ?? []) this.counters.set(name, (this.counters.get(name) ?? 0) + n);
    // The worker has sent `stopped`. Some runtimes occasionally do not exit by themselves: it is killed after LEAVE_MS.
    const cancel = this.#after(LEAVE_MS, () => handle.kill());
    const exit = await handle.link.exited;
    cancel();
    const { fields, cpuMs = Number.NaN, teardownFailure } = handle.lastWords;
    this.fields ??= fields;
    this.cpuMs += cpuMs;
    this.#teardownFailure ??= teardownFailure;
    if (counters === undefined && owesTeardown) this.#teardownFailure ??= cutOff(exit, handle.killReason);
  }
}
