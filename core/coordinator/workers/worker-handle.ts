/**
 * One worker as the coordinator talks to it: every request gets exactly one reply, also when the worker dies.
 */

import type { Exit, WorkerLink } from "../../platform/runtime.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import type {
  Broken,
  Done,
  Failed,
  FromWorker,
  Request,
  RunningRecord,
  StopHow,
  WorkerSettings,
} from "../../protocol/messages.ts";
import type { WorkerStats } from "../../protocol/worker-stats.ts";
import type { ScriptFacts, ScriptSource } from "../../script/types.ts";
import type { Asked } from "./check-message.ts";
import type { KillReason } from "./death.ts";
import { type Died, PendingRequests } from "./pending-requests.ts";
import { openChannel, type WorkerChannel } from "./worker-channel.ts";

/** How a request ended. */
export type Reply =
  | { readonly tag: "done"; readonly done: Done; readonly body: readonly Uint8Array[]; readonly handle: WorkerHandle }
  | { readonly tag: "failed"; readonly failed: Failed }
  | Died;

export type LoadOutcome =
  | { readonly tag: "loaded"; readonly facts: ScriptFacts }
  | { readonly tag: "broken"; readonly broken: Broken }
  | { readonly tag: "died"; readonly exit: Exit };

type Waiter<T> = (outcome: T) => void;

export class WorkerHandle {
  readonly worker: number;
  readonly link: WorkerLink;
  /** Time of the last sign of life, for timeouts; the clock is the caller's. */
  lastHeardMs = 0;
  /** Records that it has run, for `--recycle`. */
  records = 0;
  /** CPU time that its process has taken, as it told when it stopped. */
  cpuMs: number | undefined;
  #holding = 0;
  #aside = false;
  readonly #pending = new PendingRequests<Exclude<Reply, Died>>();
  readonly #writes = new Map<number, Waiter<string | undefined>>();
  readonly #channel: WorkerChannel;
  readonly #now: () => number;
  #loading: Waiter<LoadOutcome> | undefined;
  #starting: Waiter<Broken | Exit | undefined> | undefined;
  #stopping: Waiter<readonly (readonly [string, number])[] | undefined> | undefined;
  #settings: WorkerSettings | undefined;
  #loaded = false;
  #killReason: KillReason | undefined;
  #teardownFailure: Broken | undefined;
  #exit: Exit | undefined;
  /** Called once when the worker is gone, after every request has been answered. */
  onGone: ((handle: WorkerHandle, exit: Exit) => void) | undefined;
  onAnswer: ((handle: WorkerHandle) => void) | undefined;
  /** Something has failed in it that no record can be blamed for. */
  onStray: ((failure: { readonly message: string; readonly stack: string }) => void) | undefined;
  /** Which record of this request it is on. */
  onRunning: ((id: number, at: RunningRecord) => void) | undefined;
  /** It would start more records, and some have ended. */
  onAsks: ((starts: number, ended: number) => void) | undefined;
  /** What a worker that measures itself has told last. */
  onStats: ((stats: WorkerStats) => void) | undefined;

  constructor(worker: number, link: WorkerLink, text: TextCodec, now: () => number) {
    this.worker = worker;
    this.link = link;
    this.#now = now;
    this.#channel = openChannel(link, {
      text,
      asked: this.#asked(),
      onMessage: (message, body) => this.#receive(message, body),
      onFoul: (what) => this.kill(what),
    });
    // What the worker said before it went must be heard first. Detached: neither promise rejects.
    void Promise.all([link.exited, this.#channel.closed]).then(([exit]) => this.#gone(exit));
  }

  #asked(): Asked {
    return {
      loads: () => this.#loading !== undefined,
      starts: () => this.#starting !== undefined,
      stops: () => this.#stopping !== undefined,
      request: (id) => this.#pending.get(id as number),
      writes: (id) => this.#writes.has(id as number),
      settings: () => this.#settings,
    };
  }

  /** Requests that it has; infinite while it runs one that must have nothing beside it. */
  get load(): number {
    return this.#pending.load;
  }

  /** Nothing is asked of it, and nothing waits in it to be written. */
  get idle(): boolean {
    return this.#pending.size === 0 && this.#holding === 0;
  }

  /** Whether a record may be what it is busy with: nothing else has a time limit. */
  get runsRecords(): boolean {
    return this.#pending.oldest?.type === "map" && !this.#aside;
  }

  /** Whether it has been heard of: it runs, and has loaded the script. */
  get loaded(): boolean {
    return this.#loaded;
  }

  get gone(): boolean {
    return this.#exit !== undefined;
  }

  /** Why it was killed, if it was. */
  get killReason(): KillReason | undefined {
    return this.#killReason;
  }

  /** What the script's teardown threw in this worker. */
  get teardownFailure(): Broken | undefined {
    return this.#teardownFailure;
  }

  loadScript(script: ScriptSource): Promise<LoadOutcome> {
    return new Promise((resolve) => {
      if (this.#exit !== undefined) resolve({ tag: "died", exit: this.#exit });
      else {
        this.#loading = resolve;
        this.#channel.send({ type: "load", script, seal: this.#channel.seal });
      }
    });
  }

  /** Undefined when the worker is ready for records. */
  start(settings: WorkerSettings): Promise<Broken | Exit | undefined> {
    return new Promise((resolve) => {
      if (this.#exit !== undefined) resolve(this.#exit);
      else {
        this.#starting = resolve;
        this.#settings = settings;
        this.#channel.send({ type: "start", settings });
      }
    });
  }

  request(request: Request, body: readonly Uint8Array[] = []): Promise<Reply> {
    return new Promise((settle) => {
      if (this.#exit !== undefined) {
        const death = { exit: this.#exit, reason: this.#killReason, blamed: false, alone: false, suspect: undefined };
        settle({ tag: "died", death });
      } else {
        if (this.#pending.size === 0) this.lastHeardMs = this.#now();
        this.#pending.add(request, settle);
        this.#channel.send(request, body);
      }
    });
  }

  /**
   * Lets the worker write the output it has kept for a request. Resolves to what went wrong, or undefined.
   * A worker that is gone has written nothing that counts.
   */
  grant(
    id: number,
    position: number,
    trim: number,
  ): Promise<{ tag: "written" | "gone" } | { tag: "failed"; message: string }> {
    return new Promise((resolve) => {
      if (this.#exit !== undefined) resolve({ tag: "gone" });
      else {
        this.#writes.set(id, (message) => {
          if (message === undefined) resolve({ tag: "written" });
          else resolve(message === GONE ? { tag: "gone" } : { tag: "failed", message });
        });
        this.#channel.send({ type: "grant", id, position, trim });
      }
    });
  }

  /** Ends the worker; resolves to the user counters of setup and teardown, or undefined when it went before it said them. */
  stop(how: StopHow): Promise<readonly (readonly [string, number])[] | undefined> {
    return new Promise((resolve) => {
      if (this.#exit !== undefined) resolve(undefined);
      else {
        this.#stopping = resolve;
        this.#channel.send({ type: "stop", how });
      }
    });
  }

  /** This number of records may start. */
  allow(count: number): void {
    if (this.#exit === undefined) this.#channel.send({ type: "starts", count });
  }

  kill(reason?: KillReason): void {
    this.#killReason ??= reason;
    this.link.kill();
  }

  #receive(message: FromWorker, body: readonly Uint8Array[]): void {
    this.lastHeardMs = this.#now();
    this.#aside = message.type === "untimed";
    switch (message.type) {
      case "loaded":
        this.#loaded = true;
        this.#loading?.({ tag: "loaded", facts: message.facts });
        break;
      case "started":
        this.#starting?.(undefined);
        break;
      case "broken":
        if (message.phase === "load") this.#loading?.({ tag: "broken", broken: message });
        else if (message.phase === "setup") this.#starting?.(message);
        else this.#teardownFailure = message;
        break;
      case "done":
        if (message.kept) this.#holding++;
        if (message.stats !== undefined) this.onStats?.(message.stats);
        this.#answer(message.id, { tag: "done", done: message, body, handle: this });
        break;
      case "failed":
        this.#answer(message.id, { tag: "failed", failed: message });
        break;
      case "written":
      case "unwritten":
        this.#holding--;
        this.#writes.get(message.id)?.(message.type === "written" ? undefined : message.message);
        this.#writes.delete(message.id);
        this.onAnswer?.(this);
        break;
      case "running":
        this.onRunning?.(message.id, message);
        break;
      case "asks":
        this.onAsks?.(message.starts, message.ended);
        break;
      case "stray":
        this.onStray?.(message);
        break;
      case "recordStarted":
        // An isolated request runs one record at a time: what was announced before has ended.
        this.#pending.suspect(message.id, message);
        break;
      case "recordEnded":
        this.#pending.suspect(message.id, undefined);
        break;
      case "stopped":
        if (message.stats !== undefined) this.onStats?.(message.stats);
        this.cpuMs = message.cpuMs;
        this.#stopping?.(message.counters);
        break;
      default:
        break;
    }
  }

  #answer(id: number, reply: Exclude<Reply, Died>): void {
    this.#pending.settle(id, reply);
    this.onAnswer?.(this);
  }

  #gone(exit: Exit): void {
    this.#exit = exit;
    this.#loading?.({ tag: "died", exit });
    this.#starting?.(exit);
    this.#stopping?.(undefined);
    for (const settle of this.#writes.values()) settle(GONE);
    this.#writes.clear();
    // None that was sent ahead of the script can have been the cause.
    this.#pending.died(exit, this.#killReason, this.#loaded);
    this.onGone?.(this, exit);
  }
}

const GONE = "gone";
