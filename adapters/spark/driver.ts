/** Spark as a cluster: the other end of the driver's pipes (java/dev/pmap/spark/Driver.java). */
import { basename } from "node:path";
import type { Cluster, ClusterTask, Shuffle, TaskAnswer } from "../../core/coordinator/cluster/cluster.ts";
import type { StageJob, StageTask } from "../../core/coordinator/stage/messages.ts";
import { JobError } from "../../core/errors.ts";
import type { Exit, RuntimeName, WorkerLink } from "../../core/platform/runtime.ts";
import type { TextCodec } from "../../core/platform/text-codec.ts";
import { createFrameDecoder, encodeFrame, type Frame, FrameError } from "../../core/protocol/frames.ts";
import { type ArchivedFile, SCRIPT, stageArgv } from "./archive.ts";
import { attemptText, type FilesAnswer, type FromDriver, lastWords, waitingText } from "./driver-messages.ts";
import { FilesRequests } from "./files-requests.ts";
import type { ScriptFrames } from "./script-frames.ts";

export interface DriverOptions {
  readonly link: WorkerLink;
  readonly text: TextCodec;
  readonly after: (delayMs: number, task: () => void) => () => void;
  /** The runtime of workers on this machine and its version, where that is known. */
  readonly runtime?: string | undefined;
  /** What the user is to know, and the job goes on. */
  readonly onNotice: (message: string) => void;
  /** What scripts print on this machine. */
  readonly onSaid: (bytes: Uint8Array) => void;
  /** What only a user is told who wants to know more. */
  readonly onDetail: (message: string) => void;
}

/** Where the bytes of a task begin, where that is in a file of Hadoop's. */
export type PlaceOf = (task: StageTask) => { readonly uri: string; readonly start: number } | undefined;

/** What the stages of a job are started with. */
export interface StageStart {
  readonly job: StageJob;
  readonly runtime: RuntimeName;
  /** The file of that runtime on this machine, where it is known. */
  readonly program: string | undefined;
  /** A program that goes along, and runs stages on other machines. */
  readonly shipped: string | undefined;
  readonly files: readonly ArchivedFile[];
  /** Where the archive is made. */
  readonly archive: string;
  readonly placeOf: PlaceOf;
  /** Finds the script's own places in what stages say; undefined for code from the command line. */
  readonly frames: ScriptFrames | undefined;
}

interface Wave {
  readonly onAnswer: (answer: TaskAnswer) => void;
  readonly end: () => void;
  readonly fail: (error: Error) => void;
}

/** After this time without a task the user is told what the job waits for, and then each minute, in milliseconds. */
const WAITING_MS = 15_000;
const STILL_WAITING_MS = 60_000;
/** How long Spark may take to stop, in milliseconds. */
const STOP_MS = 10_000;

export class SparkDriver implements Cluster {
  readonly #options: DriverOptions;
  readonly #waves = new Map<number, Wave>();
  /** By task: the wave that it is in. */
  readonly #waveOf = new Map<number, Wave>();
  readonly #stages = new Set<string>();
  readonly #files: FilesRequests;
  #placeOf: PlaceOf = () => undefined;
  #frames: ScriptFrames | undefined;
  #nextWave = 0;
  #slots = 2;
  #version = "";
  #isStopping = false;
  /** Once Spark has started. */
  #master: string | undefined;
  #hasExecutors = false;
  /** Runtimes with their versions, that of this machine first where it is known. */
  readonly #runtimes = new Set<string>();
  #onOpened = () => {};
  #cancelWaiting = () => {};
  #fail: (error: Error) => void = () => {};
  readonly failed: Promise<never>;
  readonly ready: Promise<void>;

  constructor(options: DriverOptions) {
    this.#options = options;
    const { link, runtime } = options;
    if (runtime !== undefined) this.#runtimes.add(runtime);
    this.failed = new Promise((_, reject) => {
      this.#fail = (error) => {
        this.#cancelWaiting();
        reject(error);
      };
    });
    const opened = new Promise<void>((resolve) => {
      this.#onOpened = resolve;
    });
    this.ready = Promise.race([opened, this.failed]);
    // Each is awaited where it is needed, which may be nowhere.
    this.failed.catch(() => {});
    this.ready.catch(() => {});
    this.#files = new FilesRequests((head, body) => this.#send(head, body), this.failed);
    this.#listen();
    // Detached: `exited` never rejects.
    void link.exited.then((exit) => this.#gone(exit));
  }

  get slots(): number {
    return this.#slots;
  }

  get stages(): number {
    return this.#stages.size;
  }

  /** Spark's; "" until it is there. */
  get version(): string {
    return this.#version;
  }

  /** Says what stages are started with; they start with the first tasks. */
  open({ job, runtime, program, shipped, files, archive, placeOf, frames }: StageStart): void {
    this.#placeOf = placeOf;
    this.#frames = frames;
    const script = job.script.url === undefined ? undefined : SCRIPT;
    const argv = stageArgv(runtime, shipped === undefined ? runtime : `shipped:${basename(shipped)}`);
    const localArgv = stageArgv(runtime, program ?? runtime);
    const open = encodeFrame(this.#options.text, { type: "open", job });
    this.#send({ type: "open", archive, files, shipped, argv, localArgv, script, keyed: job.terms.keyed }, open);
    this.#tellWaiting(WAITING_MS);
  }

  async run(tasks: readonly ClusterTask[], onAnswer: (answer: TaskAnswer) => void): Promise<void> {
    const number = this.#nextWave++;
    await new Promise<void>((end, fail) => {
      const wave: Wave = { onAnswer, end, fail };
      this.#waves.set(number, wave);
      for (const { id } of tasks) this.#waveOf.set(id, wave);
      const placed = tasks.map((task) => (task.type === "task" ? { ...task, place: this.#placeOf(task) } : task));
      this.#send({ type: "run", wave: number, tasks: placed });
    });
  }

  shuffle(shuffle: Shuffle): void {
    this.#send({ type: "shuffle", ...shuffle });
  }

  /**
   * Asks something of Hadoop's files. What is asked is done in this order.
   * @throws {Error} with what Hadoop says
   */
  files(request: object, body: readonly Uint8Array[] = []): Promise<FilesAnswer> {
    return this.#files.ask(request, body);
  }

  cancel(): void {
    this.#waves.clear();
    this.#waveOf.clear();
    this.#send({ type: "cancel" });
  }

  /** Lets Spark stop; what has not gone after STOP_MS is killed. */
  async stop(): Promise<void> {
    this.#cancelWaiting();
    this.#isStopping = true;
    const { link, after } = this.#options;
    const giveUp = after(STOP_MS, () => link.kill());
    this.#send({ type: "stop" });
    await link.exited;
    giveUp();
  }

  kill(): void {
    this.#isStopping = true;
    this.#options.link.kill();
  }

  #tellWaiting(delayMs: number): void {
    this.#cancelWaiting = this.#options.after(delayMs, () => {
      this.#options.onNotice(waitingText(this.#master, this.#hasExecutors));
      this.#tellWaiting(STILL_WAITING_MS);
    });
  }

  /** Functions whose last digit the standard leaves open differ between runtimes, and between their versions. */
  #compareRuntime(runtime: string | undefined): void {
    if (runtime === undefined || this.#runtimes.has(runtime)) return;
    const [known] = this.#runtimes;
    this.#runtimes.add(runtime);
    if (known === undefined) return;
    this.#options.onNotice(
      `${runtime} runs on a machine of the cluster, and ${known} elsewhere: Math.sin and its like may differ in the last digit\n` +
        "Install the same version on every machine, or send this one along: --ship-runtime",
    );
  }

  #send(head: object, body: readonly Uint8Array[] = []): void {
    this.#options.link.port.send(encodeFrame(this.#options.text, head, body));
  }

  #listen(): void {
    const { link, text } = this.#options;
    const decode = createFrameDecoder(text, (frame) => this.#hear(frame));
    let isFoul = false;
    link.port.receive(
      (bytes) => {
        if (isFoul) return;
        try {
          decode(bytes);
        } catch (error) {
          if (!(error instanceof FrameError)) throw error;
          isFoul = true;
          this.#fail(new JobError(`Cannot understand Spark's driver: ${error.message}`));
        }
      },
      () => {},
    );
  }

  #hear({ head, body }: Frame): void {
    const message = head as FromDriver;
    switch (message.type) {
      case "ready":
        this.#slots = Math.max(1, message.slots);
        this.#master = message.master;
        this.#version = message.version;
        this.#options.onDetail(
          `Spark ${message.version}, ${message.master}${message.ui === "" ? "" : `, ${message.ui}`}`,
        );
        break;
      case "opened":
        this.#onOpened();
        break;
      case "begun":
        this.#cancelWaiting();
        break;
      case "slots":
        this.#slots = message.count;
        this.#hasExecutors = true;
        break;
      case "answer":
        this.#stages.add(message.stage);
        this.#compareRuntime(message.runtime);
        this.#waveOf.get(message.answer.id)?.onAnswer({
          head: this.#frames?.answer(message.answer) ?? message.answer,
          body,
          kept: message.kept,
          part: message.part,
        });
        this.#waveOf.delete(message.answer.id);
        break;
      case "broken":
        this.#fail(new JobError(this.#frames?.text(message.message) ?? message.message, { about: "script" }));
        break;
      case "unready":
        this.#fail(new JobError(`Cannot start Spark: ${message.message}`));
        break;
      case "ended":
        this.#waves.get(message.wave)?.end();
        this.#waves.delete(message.wave);
        break;
      case "failed":
        this.#waves.get(message.wave)?.fail(new JobError(`Cannot run a task on Spark: ${message.message}`));
        this.#waves.delete(message.wave);
        break;
      case "files":
        this.#files.answered(message);
        break;
      case "said":
        this.#options.onSaid(this.#options.text.encode(`${message.line}\n`));
        break;
      case "lost":
        this.#options.onDetail(`executor ${message.executor} is lost: ${message.reason}`);
        break;
      case "attempt":
        this.#options.onDetail(attemptText(message));
        break;
    }
  }

  #gone(exit: Exit): void {
    if (this.#isStopping) return;
    const how = exit.signal === null ? `exited with code ${exit.code}` : `was ended by ${exit.signal}`;
    const words = lastWords(exit.stderrTail);
    this.#fail(new JobError(`Cannot go on: Spark's driver ${how}${words === "" ? "" : `\n${words}`}`));
  }
}
