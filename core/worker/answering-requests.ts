/** From a request to its answer: run, timed, and sent with its output or without it, which is then kept until it is granted a place. */
import { byteCount, joinPieces } from "../bytes.ts";
import { JobError } from "../errors.ts";
import type { WorkerHost } from "../platform/runtime.ts";
import { doneBody } from "../protocol/done-body.ts";
import { type Frame, MAX_BODY_BYTES } from "../protocol/frames.ts";
import type { EarlyCut, FromWorker, Grant, Pausing, Request, RunningRecord } from "../protocol/messages.ts";
import type { WorkerSettings } from "../protocol/worker-settings.ts";
import type { Answer } from "./answer.ts";
import { every, type TellSign } from "./aside.ts";
import type { PiecePool } from "./emitters/print.ts";
import { failedBy } from "./failure-messages.ts";
import type { KeptOutputs } from "./kept-outputs.ts";
import type { Outbox } from "./outbox.ts";
import type { Profiler } from "./profile/profiler.ts";
import type { RecordWatch } from "./records/batch-options.ts";
import { type Begun, beginTime, timeSince } from "./request-time.ts";
import type { RequestRunner } from "./requests.ts";

export interface AnsweringOptions {
  readonly host: WorkerHost;
  readonly outbox: Outbox;
  readonly pieces: PiecePool;
  readonly kept: KeptOutputs;
  readonly runner: RequestRunner;
  readonly settings: WorkerSettings;
  readonly profiler: () => Profiler | undefined;
  /** What the script has counted before its first record, where that is told with the first answer. */
  readonly setupCounters?: Map<string, number> | undefined;
  /** Called when a request has been answered. */
  readonly onReplied?: (id: number) => void;
}

/** With requests that take longer, a frame is not held until the next one is done, in milliseconds: the journal waits for it. */
const SLOW_MS = 250;

export class RequestAnswering {
  readonly #options: AnsweringOptions;
  /** How long the last request has taken: the next one may take as long. */
  #busyMs = 0;

  constructor(options: AnsweringOptions) {
    this.#options = options;
  }

  answer(request: Request, frame: Frame): void {
    const { host, profiler, settings } = this.#options;
    const begun = beginTime(host, settings.measures?.explains === true);
    profiler()?.begin();
    try {
      const answer = this.#run(request, frame);
      if (answer instanceof Promise) {
        const rest = this.#keepAlive(request.id);
        answer.finally(rest).then(
          (settled) => this.#reply(request, settled, begun),
          (error) => this.#refuse(request, error),
        );
      } else this.#reply(request, answer, begun);
    } catch (error) {
      this.#refuse(request, error);
    }
  }

  write(grant: Grant): void {
    this.#during("write", () => this.#writeKept(grant));
  }

  halt(): void {
    this.#options.runner.halt();
  }

  #run(request: Request, frame: Frame): Answer | Promise<Answer> {
    const { runner } = this.#options;
    switch (request.type) {
      case "map":
        return runner.map(request, joinPieces(frame.body), this.#watchFor(request.id), this.#tellFor(request.id));
      case "merge":
        return runner.merge(request, joinPieces(frame.body));
      case "group":
        return runner.group(request);
      case "compress":
        return runner.compress(request, joinPieces(frame.body));
      case "rows":
        return runner.rows(request, joinPieces(frame.body));
    }
  }

  /** While a request only waits, nothing else shows the coordinator's clock that the worker is well. */
  #keepAlive(id: number): () => void {
    const { host, outbox, settings } = this.#options;
    const { timeoutMs } = settings;
    if (timeoutMs === undefined) return () => {};
    return every(timeoutMs / 4, host.after, () => outbox.send({ type: "heartbeat", id }));
  }

  #tellFor(id: number): TellSign {
    return (sign: FromWorker["type"], what?: RunningRecord | EarlyCut | Pausing) =>
      this.#options.outbox.send({ ...what, type: sign, id } as FromWorker);
  }

  #watchFor(id: number): RecordWatch {
    const { outbox } = this.#options;
    return {
      started: (source, offset, line) => outbox.send({ type: "recordStarted", id, source, offset, line }),
      waits: (source, offset, line) => outbox.send({ type: "recordStarted", id, source, offset, line, waits: true }),
      ended: (source, offset) => outbox.send({ type: "recordEnded", id, source, offset }),
    };
  }

  #reply(request: Request, answer: Answer, begun: Begun): void {
    const { outbox, profiler, onReplied } = this.#options;
    profiler()?.end(request, answer);
    if ("output" in answer) this.#sendOutput(request, answer, begun);
    else outbox.send(answer.head, answer.before);
    onReplied?.(request.id);
  }

  #sendOutput(request: Request, answer: Extract<Answer, { output: unknown }>, begun: Begun): void {
    const { host, outbox, pieces, kept, settings, profiler, setupCounters } = this.#options;
    const bytes = byteCount(answer.output);
    const keep = bytes > settings.inlineBytes;
    const bodyBytes = (keep ? 0 : bytes) + byteCount(answer.values);
    if (bodyBytes > MAX_BODY_BYTES) {
      this.#refuse(request, tooMuch(bodyBytes));
      return;
    }
    if (keep) kept.keep(answer.head.id, answer.output);
    const { asideMs = 0 } = answer;
    const time = timeSince(begun, host);
    this.#busyMs = time.busyMs - asideMs;
    const times = { ...time, busyMs: this.#busyMs, asideMs: asideMs > 0 ? asideMs : undefined };
    const counters = [...answer.head.counters, ...(setupCounters ?? [])];
    setupCounters?.clear();
    const head = { ...answer.head, ...times, counters, bytes, kept: keep, stats: profiler()?.stats() };
    this.#during("send", () => outbox.send(head, doneBody(keep ? undefined : answer.output, answer.values)));
    if (!keep && host.port.sendsAtOnce) pieces.give(answer.output);
  }

  #refuse(request: Request, thrown: unknown): void {
    const { host, outbox, profiler } = this.#options;
    profiler()?.end(request);
    outbox.send(failedBy(host, request.id, thrown));
  }

  #during(stage: "send" | "write", action: () => void): void {
    const profiler = this.#options.profiler();
    if (profiler === undefined) action();
    else profiler.during(stage, action);
  }

  #writeKept(grant: Grant): void {
    const { outbox, pieces, kept } = this.#options;
    const { id } = grant;
    try {
      pieces.give(kept.write(grant));
      outbox.hold({ type: "written", id });
      if (this.#busyMs > SLOW_MS) outbox.release();
    } catch (error) {
      outbox.send({ type: "unwritten", id, message: (error as Error).message });
    }
  }
}

/** Output is bounded between records: this is what a single one has made of itself. */
function tooMuch(bytes: number): JobError {
  return new JobError(
    `Cannot take ${bytes} bytes from a worker at once: a frame holds ${MAX_BODY_BYTES}\nWith -o FILE a worker writes its output itself`,
  );
}
