/** What a worker is asked of records and of output, and what it has answered: each request once, by itself or by its end. */
import type { Exit } from "../../platform/runtime.ts";
import type { Done, EarlyCut, Failed, FromWorker, Request } from "../../protocol/messages.ts";
import type { KillReason } from "./death.ts";
import { type Died, PendingRequests } from "./pending-requests.ts";
import { PendingWrites, type WriteOutcome } from "./pending-writes.ts";

export type RequestAnswer =
  | { readonly tag: "done"; readonly done: Done; readonly body: readonly Uint8Array[] }
  | { readonly tag: "failed"; readonly failed: Failed; readonly body: readonly Uint8Array[] };

export class WorkerRequests {
  readonly #pending = new PendingRequests<RequestAnswer>();
  readonly #writes = new PendingWrites();
  /** Busy with what is no record's, until its next word. */
  #aside = false;

  /** Requests that it works on; infinite while it runs one that must have nothing beside it. */
  get load(): number {
    return this.#pending.load;
  }

  /** Whether there is a request that it has not answered. */
  get isAsked(): boolean {
    return this.#pending.size > 0;
  }

  /** Nothing is asked of it, and nothing waits in it to be written. */
  get idle(): boolean {
    return !this.isAsked && this.#writes.isEmpty;
  }

  /** Whether a record may be what it is busy with: nothing else has a time limit. */
  get runsRecords(): boolean {
    return this.#pending.oldest?.type === "map" && !this.#aside;
  }

  /** The request that has not been answered. */
  get(id: number): Request | undefined {
    return this.#pending.get(id);
  }

  /** Whether output of this request was granted a place, and is not written yet. */
  writes(id: number): boolean {
    return this.#writes.has(id);
  }

  add(request: Request, settle: (reply: RequestAnswer | Died) => void, onCut?: (at: EarlyCut) => void): void {
    this.#pending.add(request, settle, onCut);
  }

  grant(id: number): Promise<WriteOutcome> {
    return this.#writes.grant(id);
  }

  /** Hears every message. Says whether there may be room for more: something is answered, or pauses. */
  hear(message: FromWorker, body: readonly Uint8Array[]): boolean {
    this.#aside = message.type === "untimed";
    switch (message.type) {
      case "done":
        if (message.kept) this.#writes.keep();
        this.#pending.settle(message.id, { tag: "done", done: message, body });
        return true;
      case "failed":
        this.#pending.settle(message.id, { tag: "failed", failed: message, body });
        return true;
      case "written":
        this.#writes.settle(message.id, { tag: "written" });
        return true;
      case "unwritten":
        this.#writes.settle(message.id, { tag: "failed", message: message.message });
        return true;
      case "cut":
        this.#pending.cut(message.id, message);
        return false;
      case "pausing":
        this.#pending.pause(message.id, message.pauses);
        return message.pauses;
      case "recordStarted":
        // An isolated request runs one record at a time: what was announced before has ended.
        this.#pending.suspect(message.id, message);
        return false;
      case "recordEnded":
        this.#pending.suspect(message.id, undefined);
        return false;
      default:
        return false;
    }
  }

  /** @param wasUp whether the oldest request can have been the cause: none that was sent ahead of the script can */
  died(exit: Exit, reason: KillReason | undefined, wasUp: boolean): void {
    this.#writes.died();
    this.#pending.died(exit, reason, wasUp);
  }
}
