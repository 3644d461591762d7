/** The requests that a worker has and has not answered. */
import { InternalError } from "../../errors.ts";
import type { Exit } from "../../platform/runtime.ts";
import type { EarlyCut, Request } from "../../protocol/messages.ts";
import type { Death, KillReason, Suspect } from "./death.ts";

/** The worker has gone. */
export interface Died {
  readonly tag: "died";
  readonly death: Death;
}

interface Pending<Reply> {
  readonly settle: (reply: Reply) => void;
  readonly onCut: ((at: EarlyCut) => void) | undefined;
  request: Request;
  /** The announced record that has not ended. */
  suspect: Suspect | undefined;
}

/** @typeParam Reply how a request is answered; a death is one way */
export class PendingRequests<Reply> {
  /** In the order in which the worker works on them. */
  readonly #pending = new Map<number, Pending<Reply | Died>>();
  /** The request whose records are announced: a worker that dies of it names one, which must be the only one that runs. */
  #isolated: number | undefined;
  /** Those of which nothing runs for now. */
  readonly #pausing = new Set<number>();

  /** How many there are of which something runs; infinite while there is one that must have nothing beside it. */
  get load(): number {
    return this.#isolated === undefined ? this.#pending.size - this.#pausing.size : Number.POSITIVE_INFINITY;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** The one that the worker is on. */
  get oldest(): Request | undefined {
    for (const { request } of this.#pending.values()) return request;
    return undefined;
  }

  get(id: number): Request | undefined {
    return this.#pending.get(id)?.request;
  }

  /** @param onCut is told when the worker leaves a part of it to others */
  add(request: Request, settle: (reply: Reply | Died) => void, onCut?: (at: EarlyCut) => void): void {
    this.#pending.set(request.id, { settle, onCut, request, suspect: undefined });
    if (request.type === "map" && request.isolated) this.#isolated = request.id;
  }

  /** Notes which record of an isolated request runs. */
  suspect(id: number, suspect: Suspect | undefined): void {
    const pending = this.#pending.get(id);
    if (pending !== undefined) pending.suspect = suspect;
  }

  /** @throws {InternalError} for one that it does not have: what a worker says is checked before */
  settle(id: number, reply: Reply): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) throw new InternalError(`request ${id} has been answered twice, or was never sent`);
    this.#pending.delete(id);
    this.#pausing.delete(id);
    if (id === this.#isolated) this.#isolated = undefined;
    pending.settle(reply);
  }

  /** Notes whether nothing of a request runs for now. */
  pause(id: number, pauses: boolean): void {
    if (pauses && this.#pending.has(id)) this.#pausing.add(id);
    else this.#pausing.delete(id);
  }

  /** The worker leaves what is behind the cut to others: from now on this is what it was asked. */
  cut(id: number, at: EarlyCut): void {
    const pending = this.#pending.get(id);
    if (pending?.request.type !== "map") return;
    const { segment, at: end } = at.cut;
    const segments = pending.request.segments
      .slice(0, segment + 1)
      .map((part, i) => (i < segment ? part : { ...part, end }));
    pending.request = { ...pending.request, segments, budgetMs: undefined };
    pending.onCut?.(at);
  }

  /**
   * Answers all of them by the worker's death.
   * @param blamed whether the oldest can have been its cause
   */
  died(exit: Exit, reason: KillReason | undefined, blamed: boolean): void {
    const alone = this.#pending.size === 1;
    let isOldest = true;
    for (const { settle, suspect } of this.#pending.values()) {
      settle({ tag: "died", death: { exit, reason, blamed: blamed && isOldest, alone, suspect } });
      isOldest = false;
    }
    this.#pending.clear();
    this.#pausing.clear();
  }
}
