/** What a worker measures of itself, with --stats, --explain and --profile. Other jobs have none of it loaded or running. */
import type { WorkerHost } from "../../platform/runtime.ts";
import type { Stopped } from "../../protocol/messages.ts";
import type { ProfileSettings } from "../../protocol/worker-settings.ts";
import type { Measures } from "../../protocol/worker-stats.ts";
import type { Script } from "../../script/types.ts";
import type { Outbox } from "../outbox.ts";
import { fieldsSeen } from "../script/record-fields.ts";
import type { CpuProfiling } from "./cpu-profiling.ts";
import { Profiler } from "./profiler.ts";

export interface MeasuringOptions {
  readonly host: WorkerHost;
  readonly outbox: Outbox;
  /** Has a task run behind those before it; requests that come meanwhile wait for it. */
  readonly inTurn: (task: () => Promise<void>) => void;
}

export class Measuring {
  readonly #options: MeasuringOptions;
  readonly #bornMs: number;
  #profiler: Profiler | undefined;
  #cpu: CpuProfiling | undefined;
  /** For --explain: the fields of a record that the script sees. */
  #seen: (() => Promise<string[] | undefined>) | undefined;

  constructor(options: MeasuringOptions) {
    this.#options = options;
    this.#bornMs = options.host.now();
  }

  get profiler(): Profiler | undefined {
    return this.#profiler;
  }

  /** Before the script is set up. */
  async profile(how: ProfileSettings): Promise<void> {
    const { host, outbox } = this.#options;
    const { startProfiling } = await import("./cpu-profiling.ts");
    this.#cpu = await startProfiling(host, how, (profile) => outbox.send({ type: "profiled", profile }));
  }

  /** After the script is set up. */
  begin(measures: Measures, script: Script): void {
    if (measures.explains) this.#seen = () => fieldsSeen(script);
    this.#profiler = new Profiler(this.#options.host.now, measures, this.#bornMs);
  }

  /** The coordinator's clock for records stands still until the profile has been told. */
  tellProfile(id: number): void {
    if (this.#cpu?.isDue !== true) return;
    const { outbox, inTurn } = this.#options;
    outbox.send({ type: "untimed", id });
    inTurn(async () => this.#cpu?.tell("go on"));
  }

  /** Tells the rest of the profile. */
  async endProfile(): Promise<void> {
    await this.#cpu?.tell("end");
  }

  async measured(): Promise<Omit<Stopped, "type" | "counters">> {
    const stats = this.#profiler?.stats();
    const fields = await this.#seen?.();
    return { stats, cpuMs: this.#options.host.cpuMs?.(), fields };
  }
}
