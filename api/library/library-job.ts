/** A job inside a program: it starts when its result is asked for, and what it has to say it says to the program. */
import { loadRuntime } from "../../adapters/detect.ts";
import type { OutputStream } from "../../core/coordinator/commit/sinks.ts";
import type { Job } from "../../core/coordinator/job/job.ts";
import type { Runtime } from "../../core/platform/runtime.ts";
import type { Report } from "../execution.ts";
import { jobStats } from "../job-stats.ts";
import { log } from "../log.ts";
import { execute } from "../run.ts";
import { version } from "../version.ts";
import { listenToAbort } from "./abort-signal.ts";
import { createCallBack } from "./callbacks.ts";
import { createChannel } from "./channel.ts";
import { asPmapError, PmapError } from "./errors.ts";
import { openInput } from "./inputs.ts";
import { givenOptions } from "./option-types.ts";
import { jobOptions, type LibraryOptions, runtimeOf } from "./options.ts";
import type { Reject, Summary } from "./outcome-types.ts";
import { createProgress } from "./progress.ts";
import { rejectOf } from "./reject.ts";
import { scriptSource } from "./script-reference.ts";
import { listenToSignals } from "./signals.ts";
import type { Input, MapLike, ScriptReference } from "./types.ts";

export interface JobRequest {
  /** Undefined where all functions are options. */
  readonly script: ScriptReference | MapLike | undefined;
  readonly input: Input;
  /** As they are given: they are looked at when the job starts. */
  readonly options: LibraryOptions | null | undefined;
}

/** Where the output goes. */
export type Target =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "stream"; open(runtime: Runtime): OutputStream };

export interface StartOptions {
  readonly target: Target;
  /** Options that belong to the target, as they are given. */
  readonly options?: LibraryOptions | null | undefined;
  /** Called before any record runs; what it throws ends the job. */
  readonly onPlanned?: (job: Job) => void;
}

export class LibraryJob {
  readonly #request: JobRequest;
  #options: LibraryOptions = {};
  readonly #channel = createChannel<Reject>();
  readonly #warnings: string[] = [];
  #keepsRejects = false;
  #isStarted = false;
  /** Before it was started. */
  #isCancelled = false;
  /** What a function of the program's has thrown. */
  #thrown: PmapError | undefined;
  readonly #call = createCallBack((error) => {
    this.#thrown ??= error;
    this.#cancel(error);
  });
  #resolve: (summary: Summary) => void = () => {};
  #reject: (error: PmapError) => void = () => {};
  #cancel: (error: PmapError) => void = () => {};
  readonly #cancelled: Promise<never>;
  readonly summary: Promise<Summary>;

  constructor(request: JobRequest) {
    this.#request = request;
    this.#cancelled = new Promise((_, reject) => {
      this.#cancel = reject;
    });
    this.summary = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Each may be of no interest to the program.
    this.#cancelled.catch(() => {});
    this.summary.catch(() => {});
  }

  get rejects(): AsyncIterable<Reject> {
    this.#keepsRejects = true;
    return this.#channel;
  }

  /** Runs the job; rejects with a PmapError. Once. */
  async start(start: StartOptions): Promise<Summary> {
    if (this.#isCancelled) return this.summary;
    if (this.#isStarted)
      throw new PmapError("PMAP_USAGE", "Cannot use the result twice: it has been asked for already");
    this.#isStarted = true;
    let endListening = () => {};
    try {
      this.#options = givenOptions(this.#request.options, "the options");
      endListening = listenToAbort(this.#options.signal, (reason) => this.#cancel(cancelledBy(reason)));
      this.#resolve(await this.#run(start));
    } catch (error) {
      this.#reject(asPmapError(error));
    } finally {
      endListening();
      this.#channel.end();
    }
    return this.summary;
  }

  /** Resolves when the job has ended. */
  async cancel(reason?: unknown): Promise<void> {
    this.#cancel(cancelledBy(reason));
    if (!this.#isStarted) {
      this.#isCancelled = true;
      this.#reject(cancelledBy(reason));
      this.#channel.end();
    }
    await this.summary.catch(() => {});
  }

  async #run({ target, options: targetOptions, onPlanned }: StartOptions): Promise<Summary> {
    const { script, input } = this.#request;
    const options = { ...this.#options, ...givenOptions(targetOptions, "the options of writeTo") };
    const startMs = performance.now();
    const startCpu = process.cpuUsage();
    const runtime = await Promise.race([loadRuntime(), this.#cancelled]);
    const source = await scriptSource(script, options, {
      runtime: runtimeOf(options, runtime.name),
      own: runtime.name,
    });
    const opened = openInput(input, options.bigints === true);
    let drain = () => {};
    const { onProgress, onStderr = log } = options;
    const progress = onProgress && createProgress((told) => this.#call("onProgress", () => onProgress(told)));
    const signals = options.handleSignals ? listenToSignals(() => drain()) : undefined;
    try {
      const path = target.kind === "file" ? target.path : undefined;
      const plan = jobOptions(options, { script: source, input: opened, outputPath: path, own: runtime.name });
      const report = await execute(plan, {
        runtime,
        version: version(),
        takeStarted: () => undefined,
        ownsStdout: false,
        beganMs: startMs,
        control: {
          drain: new Promise((resolve) => {
            drain = resolve;
          }),
          onKillable: (kill) => signals?.onSecond(kill),
          cancelled: this.#cancelled,
        },
        messages: {
          notice: () => {},
          warning: (message) => this.#warn(message),
          output: (bytes) => this.#call("onStderr", () => onStderr(bytes)),
        },
        ...(target.kind === "stream" ? { stream: target.open(runtime) } : {}),
        ...(onPlanned === undefined ? {} : { onPlanned }),
        observer: progress?.observer,
        onRejects: (placed) => {
          if (this.#keepsRejects) for (const each of placed) this.#channel.send(rejectOf(each));
        },
      });
      progress?.end();
      if (this.#thrown !== undefined) throw this.#thrown;
      const [missing] = (report as Report).missing ?? [];
      if (missing !== undefined) throw missing;
      const elapsedMs = performance.now() - startMs;
      const summary = summaryOf(report as Report, elapsedMs, this.#warnings);
      if (plan.stats === undefined) return summary;
      const measured = { ...(report as Report), mode: plan.mode };
      return { ...summary, stats: measured.figures ?? jobStats(measured, elapsedMs, process.cpuUsage(startCpu)) };
    } catch (error) {
      if (signals?.first === undefined) throw error;
      throw new PmapError("PMAP_CANCELLED", `the job was ended by ${signals.first}`, { cause: error });
    } finally {
      signals?.stop();
      opened.close();
    }
  }

  #warn(message: string): void {
    this.#warnings.push(message);
    this.#call("onWarning", () => this.#options.onWarning?.(message));
  }
}

function cancelledBy(reason: unknown): PmapError {
  return new PmapError("PMAP_CANCELLED", "the job was cancelled", reason === undefined ? {} : { cause: reason });
}

function summaryOf({ summary }: Report, elapsedMs: number, warnings: readonly string[]): Summary {
  const { records, emittedFrom, filtered, rejected, rejectsByKind, counters, bytesIn, bytesOut, workers } = summary;
  return {
    records,
    emitted: emittedFrom,
    filtered,
    rejected,
    rejectsByKind: Object.fromEntries(rejectsByKind),
    counters: Object.fromEntries(counters),
    bytesIn,
    bytesOut,
    seconds: elapsedMs / 1000,
    workers,
    warnings,
  };
}
