/**
 * The job's events in Chrome's trace event format: what ui.perfetto.dev and chrome://tracing show. Times are microseconds. The
 * coordinator is thread 0, worker N thread N + 1.
 */
import type { JobEvent, Phase } from "../../core/coordinator/observer.ts";

export interface TraceEvent {
  readonly ph: "X" | "M" | "i" | "C";
  readonly name: string;
  readonly pid: 1;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly s?: "t";
  readonly args?: Readonly<Record<string, unknown>>;
}

/** Rejects beyond this number are only counted. */
const MOST_REJECTS = 1000;
const COUNT_EVERY_MS = 50;
const MOST_MESSAGE_CHARACTERS = 300;

type Ended = JobEvent & { readonly type: "batchEnded" };
type Begun = JobEvent & { readonly type: "batchBegun" };

export class Trace {
  readonly #write: (event: TraceEvent) => void;
  #phase: { readonly name: Phase; readonly atMs: number } | undefined;
  #waiting: { readonly reason: string; readonly atMs: number } | undefined;
  #sources: readonly string[] = [];
  readonly #open = new Map<string, { readonly begun: Begun; readonly atMs: number }>();
  readonly #lastEndMs = new Map<number, number>();
  readonly #committed = { records: 0, rejected: 0, bytesIn: 0, bytesOut: 0 };
  #countedMs = Number.NEGATIVE_INFINITY;
  #rejects = 0;

  constructor(write: (event: TraceEvent) => void) {
    this.#write = write;
    this.#name("process_name", 0, "pmap");
    this.#name("thread_name", 0, "coordinator");
  }

  observe(event: JobEvent, atMs: number): void {
    switch (event.type) {
      case "planned":
        this.#sources = event.plan.sources.map(({ name }) => name);
        break;
      case "phase":
        if (event.phase !== this.#phase?.name) {
          this.#endPhase(atMs);
          this.#phase = { name: event.phase, atMs };
        }
        break;
      case "workerSpawned": {
        this.#name("thread_name", event.worker + 1, `worker ${event.worker}${detailOf(event)}`);
        this.#instant("worker started", event.worker + 1, atMs, { pid: event.pid });
        break;
      }
      case "workerEnded": {
        const { worker, exit, expected, reason } = event;
        const name = expected ? "worker ended" : "worker died";
        this.#instant(name, worker + 1, atMs, { code: exit.code, signal: exit.signal, reason });
        break;
      }
      case "batchBegun":
        this.#open.set(`${event.worker}:${event.id}`, { begun: event, atMs });
        break;
      case "batchEnded":
        this.#batch(event, atMs);
        break;
      case "committed":
        for (const part of COMMITTED) this.#committed[part] += event[part];
        if (atMs - this.#countedMs >= COUNT_EVERY_MS) this.#count(atMs);
        break;
      case "reject": {
        const { sourceName, line, failure } = event.reject;
        if (this.#rejects++ >= MOST_REJECTS) break;
        const message = failure.message.slice(0, MOST_MESSAGE_CHARACTERS);
        this.#instant("reject", 0, atMs, { place: `${sourceName}:${line}`, kind: failure.kind, message });
        break;
      }
      case "executorEnded":
      case "attemptFailed": {
        const { type, ...args } = event;
        this.#instant(type === "executorEnded" ? "executor ended" : "attempt failed", 0, atMs, args);
        break;
      }
      case "waiting":
        this.#waiting = { reason: event.reason, atMs };
        break;
      case "resumed":
        this.#endWait(atMs);
        break;
      default:
        break;
    }
  }

  /** @param bytes by worker; -1 is pmap's own process */
  memory(atMs: number, bytes: ReadonlyMap<number, number>): void {
    for (const [worker, n] of bytes) {
      const name = worker < 0 ? "memory of the coordinator" : `memory of worker ${worker}`;
      this.#write({ ph: "C", name, pid: 1, tid: 0, ts: micro(atMs), args: { bytes: n } });
    }
  }

  end(atMs: number, outcome: string): void {
    this.#endWait(atMs);
    this.#count(atMs);
    this.#endPhase(atMs);
    this.#instant(`job ended: ${outcome}`, 0, atMs, { rejects: this.#rejects });
  }

  #batch({ id, worker, how, counts, bytesIn, bytesOut, busyMs }: Ended, atMs: number): void {
    const key = `${worker}:${id}`;
    const batch = this.#open.get(key);
    this.#open.delete(key);
    if (batch === undefined) return;
    const { begun } = batch;
    // On one thread nothing may overlap: asynchronous batches do, and are shown from the end of the one before.
    const lastMs = this.#lastEndMs.get(worker) ?? 0;
    const startMs = Math.min(atMs, Math.max(lastMs, batch.atMs, how === "done" ? atMs - busyMs : 0));
    this.#lastEndMs.set(worker, atMs);
    const [segment] = begun.segments;
    this.#write({
      ph: "X",
      name: how === "done" ? "batch" : `batch ${how}`,
      pid: 1,
      tid: worker + 1,
      ts: micro(startMs),
      dur: micro(atMs) - micro(startMs),
      args: {
        id,
        ...counts,
        source: this.#sources[segment?.source ?? 0],
        offset: segment?.first ?? segment?.start,
        bytesIn,
        bytesOut,
        busyMs,
        sentMs: batch.atMs,
      },
    });
  }

  #endPhase(atMs: number): void {
    if (this.#phase !== undefined) this.#period(this.#phase.name, this.#phase.atMs, atMs, {});
    this.#phase = undefined;
  }

  #endWait(atMs: number): void {
    if (this.#waiting !== undefined)
      this.#instant("waited", 0, this.#waiting.atMs, { reason: this.#waiting.reason, ms: atMs - this.#waiting.atMs });
    this.#waiting = undefined;
  }

  #count(atMs: number): void {
    this.#countedMs = atMs;
    const ts = micro(atMs);
    for (const part of COMMITTED)
      this.#write({ ph: "C", name: `committed ${part}`, pid: 1, tid: 0, ts, args: { [part]: this.#committed[part] } });
  }

  #period(name: string, fromMs: number, toMs: number, args: TraceEvent["args"] & object): void {
    this.#write({ ph: "X", name, pid: 1, tid: 0, ts: micro(fromMs), dur: micro(toMs) - micro(fromMs), args });
  }

  #instant(name: string, tid: number, atMs: number, args: TraceEvent["args"] & object): void {
    this.#write({ ph: "i", name, pid: 1, tid, ts: micro(atMs), s: "t", args });
  }

  #name(what: "process_name" | "thread_name", tid: number, name: string): void {
    this.#write({ ph: "M", name: what, pid: 1, tid, ts: 0, args: { name } });
  }
}

const COMMITTED = ["records", "rejected", "bytesIn", "bytesOut"] as const;

function detailOf({ pid, place }: JobEvent & { readonly type: "workerSpawned" }): string {
  if (place !== undefined) return ` (executor ${place.executor} on ${place.host})`;
  return pid === undefined ? "" : ` (pid ${pid})`;
}

function micro(ms: number): number {
  return Math.round(ms * 1000);
}
