/** Spark as a cluster: the other end of the driver's pipes (java/dev/pmap/spark/Driver.java). */
import type {
  Cluster,
  ClusterEvent,
  ClusterTask,
  Shuffle,
  TaskAnswer,
} from "../../core/coordinator/cluster/cluster.ts";
import { JobError } from "../../core/errors.ts";
import type { WorkerLink } from "../../core/platform/runtime.ts";
import type { TextCodec } from "../../core/platform/text-codec.ts";
import { encodeFrame, type Frame } from "../../core/protocol/frames.ts";
import { type FromListener, listenerHearing } from "./attempt-messages.ts";
import { answerOf, endText, type FilesAnswer, type FromDriver, readyText } from "./driver-messages.ts";
import { FilesRequests } from "./files-requests.ts";
import { FrameLink } from "./frame-link.ts";
import { HeldOutputs } from "./held-outputs.ts";
import { Opening } from "./opening.ts";
import { RuntimeVersions } from "./runtime-versions.ts";
import type { ScriptFrames } from "./script-frames.ts";
import { openMessage, type PlaceOf, type StageStart } from "./stage-start.ts";
import { WaitingNotice } from "./waiting-notice.ts";
import { Waves } from "./waves.ts";

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
  readonly onEvent: (event: ClusterEvent) => void;
}

/** How long Spark may take to stop, in milliseconds. */
const STOP_MS = 10_000;

export class SparkDriver implements Cluster {
  readonly #options: DriverOptions;
  readonly #waves = new Waves();
  readonly #waiting: WaitingNotice;
  readonly #runtimes: RuntimeVersions;
  readonly #stages = new Set<string>();
  readonly #files: FilesRequests;
  readonly #held: HeldOutputs;
  readonly #hearListener: (message: FromListener) => void;
  #placeOf: PlaceOf = () => undefined;
  #frames: ScriptFrames | undefined;
  readonly #channel: FrameLink;
  slots = 2;
  /** Spark's; "" until it is there. */
  version = "";
  master = "";
  #isStopping = false;
  readonly #opening = new Opening();

  constructor(options: DriverOptions) {
    this.#options = options;
    const { link, runtime, after, onNotice } = options;
    this.#waiting = new WaitingNotice(after, onNotice);
    this.#runtimes = new RuntimeVersions(runtime, onNotice);
    this.#hearListener = listenerHearing(options, (wave, index) => this.#waves.taskAt(wave, index));
    this.#channel = new FrameLink(link, options.text, {
      onFrame: (frame) => this.#hear(frame),
      onFoul: (reason) => this.#fail(new JobError(`Cannot understand Spark's driver: ${reason}`)),
    });
    this.#files = new FilesRequests((head, body) => this.#channel.send(head, body), this.failed);
    this.#held = new HeldOutputs(options.text, (head) => this.#channel.send(head));
    // Detached: `exited` never rejects.
    void link.exited.then((exit) => {
      if (!this.#isStopping) this.#fail(new JobError(`Cannot go on: ${endText(exit)}`));
    });
  }

  get failed(): Promise<never> {
    return this.#opening.failed;
  }

  get ready(): Promise<void> {
    return this.#opening.ready;
  }

  get stages(): number {
    return this.#stages.size;
  }

  /** Says what stages are started with; they start with the first tasks. */
  open(start: StageStart): void {
    this.#placeOf = start.placeOf;
    this.#frames = start.frames;
    this.#channel.send(openMessage(start), encodeFrame(this.#options.text, { type: "open", job: start.job }));
    this.#waiting.begin();
  }

  async run(tasks: readonly ClusterTask[], onAnswer: (answer: TaskAnswer) => void): Promise<void> {
    const { number: wave, ended } = this.#waves.begin(tasks, onAnswer);
    const placed = tasks.map((task) => (task.type === "range" ? task : { ...task, place: this.#placeOf(task) }));
    this.#channel.send({ type: "run", wave, tasks: placed });
    await ended;
  }

  readonly fetch: Cluster["fetch"] = (held) => this.#held.fetch(held, this.#frames);

  shuffle(shuffle: Shuffle): void {
    this.#channel.send({ type: "shuffle", ...shuffle });
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
    this.#channel.send({ type: "cancel" });
  }

  /** Lets Spark stop; what has not gone after STOP_MS is killed. */
  async stop(): Promise<void> {
    this.#waiting.end();
    this.#isStopping = true;
    const giveUp = this.#options.after(STOP_MS, () => this.kill());
    this.#channel.send({ type: "stop" });
    await this.#options.link.exited;
    giveUp();
  }

  kill(): void {
    this.#isStopping = true;
    this.#options.link.kill();
  }

  #hear({ head, body }: Frame): void {
    const message = head as FromDriver;
    switch (message.type) {
      case "ready":
        this.slots = Math.max(1, message.slots);
        this.#waiting.master = message.master;
        this.version = message.version;
        this.master = message.master;
        this.#options.onDetail(readyText(message));
        break;
      case "opened":
        this.#opening.opened();
        break;
      case "slots":
        this.slots = message.count;
        this.#waiting.hasExecutors = true;
        break;
      case "answer":
        this.#stages.add(message.stage);
        this.#runtimes.compare(message.runtime);
        this.#waves.answered(answerOf(message, body, this.#frames));
        break;
      case "broken":
        this.#fail(new JobError(this.#frames?.text(message.message) ?? message.message, { about: "script" }));
        break;
      case "unready":
        this.#fail(new JobError(`Cannot start Spark: ${message.message}`));
        break;
      case "ended":
      case "failed":
        this.#waves.end(message);
        break;
      case "held":
        this.#held.answered({ head: message, body });
        break;
      case "files":
        this.#files.answered(message);
        break;
      case "said":
        this.#options.onSaid(this.#options.text.encode(`${message.line}\n`));
        break;
      default:
        if (message.type === "begun") this.#waiting.end();
        if (!this.#isStopping) this.#hearListener(message);
    }
  }

  #fail(error: Error): void {
    for (const each of [this.#opening, this.#held]) each.fail(error);
    this.#waiting.end();
  }
}
