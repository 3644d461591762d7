/**
 * One worker as the coordinator talks to it: every request gets exactly one reply, also when the worker dies.
 */

import type { Exit, WorkerLink } from "../../platform/runtime.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import type { Done, EarlyCut, Failed, FromWorker, Request, StopHow } from "../../protocol/messages.ts";
import type { WorkerSettings } from "../../protocol/worker-settings.ts";
import type { ScriptSource } from "../../script/types.ts";
import type { Asked } from "./check-message.ts";
import type { KillReason } from "./death.ts";
import type { Died } from "./pending-requests.ts";
import type { WriteOutcome } from "./pending-writes.ts";
import { openChannel, type WorkerChannel } from "./worker-channel.ts";
import { tellEvents, type WorkerEvents } from "./worker-events.ts";
import { type LastWords, type LoadOutcome, type StartOutcome, type StopOutcome, WorkerLife } from "./worker-life.ts";
import { WorkerRequests } from "./worker-requests.ts";

/** How a request ended. */
export type Reply =
  | { readonly tag: "done"; readonly done: Done; readonly body: readonly Uint8Array[]; readonly handle: WorkerHandle }
  | { readonly tag: "failed"; readonly failed: Failed; readonly body: readonly Uint8Array[] }
  | Died;

export interface WorkerHandleOptions {
  readonly worker: number;
  readonly link: WorkerLink;
  readonly text: TextCodec;
  readonly now: () => number;
  readonly events?: Partial<WorkerEvents>;
}

export class WorkerHandle {
  readonly worker: number;
  readonly link: WorkerLink;
  /** Time of the last sign of life, for timeouts; the clock is the caller's. */
  lastHeardMs = 0;
  /** Records that it has run, for `--recycle`. */
  records = 0;
  readonly #requests = new WorkerRequests();
  readonly #life = new WorkerLife();
  readonly #channel: WorkerChannel;
  readonly #now: () => number;
  readonly #events: Partial<WorkerEvents>;
  #settings: WorkerSettings | undefined;
  #killReason: KillReason | undefined;
  #exit: Exit | undefined;
  #halted = false;

  constructor({ worker, link, text, now, events = {} }: WorkerHandleOptions) {
    this.worker = worker;
    this.link = link;
    this.#now = now;
    this.#events = events;
    this.#channel = openChannel(link, {
      text,
      asked: askedOf(this.#life, this.#requests, { settings: () => this.#settings, halted: () => this.#halted }),
      onMessage: (message, body) => this.#receive(message, body),
      onFoul: (what) => this.kill(what),
    });
    // What the worker said before it went must be heard first. Detached: neither promise rejects.
    void Promise.all([link.exited, this.#channel.closed]).then(([exit]) => this.#gone(exit));
  }

  /** Requests that it works on; infinite while it runs one that must have nothing beside it, and once it is told to stop. */
  get load(): number {
    return this.#life.stop.isAsked ? Number.POSITIVE_INFINITY : this.#requests.load;
  }

  /** Whether it has a request that it has not answered. */
  get isAsked(): boolean {
    return this.#requests.isAsked;
  }

  /** Nothing is asked of it, and nothing waits in it to be written. */
  get idle(): boolean {
    return this.#requests.idle;
  }

  /** Whether a record may be what it is busy with: nothing else has a time limit. */
  get runsRecords(): boolean {
    return this.#requests.runsRecords;
  }

  /** Whether it has been heard of: it runs, and has loaded the script. */
  get loaded(): boolean {
    return this.#life.loaded;
  }

  /** Why it was killed, if it was. */
  get killReason(): KillReason | undefined {
    return this.#killReason;
  }

  /** What it told when it stopped. */
  get lastWords(): LastWords {
    return this.#life;
  }

  loadScript(script: ScriptSource): Promise<LoadOutcome> {
    if (this.#exit !== undefined) return Promise.resolve({ tag: "died", exit: this.#exit });
    const { seal } = this.#channel;
    return this.#life.load.ask(() => this.#channel.send({ type: "load", script, seal }));
  }

  /** Undefined when the worker is ready for records. */
  start(settings: WorkerSettings): Promise<StartOutcome> {
    if (this.#exit !== undefined) return Promise.resolve(this.#exit);
    this.#settings = settings;
    return this.#life.start.ask(() => this.#channel.send({ type: "start", settings }));
  }

  /** @param onCut is told when it leaves a part of a batch to others */
  request(
    request: Request,
    body: readonly Uint8Array[] = [],
    onCut?: ((at: EarlyCut) => void) | undefined,
  ): Promise<Reply> {
    if (this.#exit !== undefined) {
      const death = { exit: this.#exit, reason: this.#killReason, blamed: false, alone: false, suspect: undefined };
      return Promise.resolve({ tag: "died", death });
    }
    if (this.#requests.load === 0) this.lastHeardMs = this.#now();
    return new Promise((resolve) => {
      const settle = (reply: Omit<Extract<Reply, { tag: "done" }>, "handle"> | Exclude<Reply, { tag: "done" }>) =>
        resolve(reply.tag === "done" ? { ...reply, handle: this } : reply);
      this.#requests.add(request, settle, onCut);
      this.#channel.send(request, body);
    });
  }

  /** Lets the worker write the output it has kept for a request. */
  grant(id: number, position: number, trim: number): Promise<WriteOutcome> {
    if (this.#exit !== undefined) return Promise.resolve({ tag: "gone" });
    const written = this.#requests.grant(id);
    this.#channel.send({ type: "grant", id, position, trim });
    return written;
  }

  /** Ends the worker; resolves to the user counters of setup and teardown, or undefined when it went before it said them. */
  stop(how: StopHow): Promise<StopOutcome> {
    if (this.#exit !== undefined) return Promise.resolve(undefined);
    return this.#life.stop.ask(() => this.#channel.send({ type: "stop", how }));
  }

  /** This number of records may start. */
  allow(count: number): void {
    if (this.#exit === undefined) this.#channel.send({ type: "starts", count });
  }

  /** The job is to end: batches may be answered in front of the first record that waits to be started. */
  halt(): void {
    this.#halted = true;
    if (this.#exit === undefined) this.#channel.send({ type: "halt" });
  }

  kill(reason?: KillReason): void {
    this.#killReason ??= reason;
    this.link.kill();
  }

  #receive(message: FromWorker, body: readonly Uint8Array[]): void {
    this.lastHeardMs = this.#now();
    tellEvents(message, this.#events);
    this.#life.hear(message);
    if (this.#requests.hear(message, body)) this.#events.answered?.();
  }

  #gone(exit: Exit): void {
    this.#exit = exit;
    this.#life.died(exit);
    this.#requests.died(exit, this.#killReason, this.#life.loaded);
    this.#events.gone?.(exit);
  }
}

function askedOf(life: WorkerLife, requests: WorkerRequests, told: Pick<Asked, "settings" | "halted">): Asked {
  return {
    ...told,
    loads: () => life.load.isAsked,
    starts: () => life.start.isAsked,
    stops: () => life.stop.isAsked,
    request: (id) => requests.get(id as number),
    writes: (id) => requests.writes(id as number),
  };
}
