/** What workers tell beside their answers: what they measure and sample, which record they are on, what fails in no record. */
import { JobError } from "../../errors.ts";
import type { CpuProfile } from "../../protocol/call-tree.ts";
import type { Stray } from "../../protocol/messages.ts";
import type { WorkerStats } from "../../protocol/worker-stats.ts";
import type { Observer } from "../observer.ts";
import type { WorkerEvents } from "./worker-events.ts";

export interface ReportListeners {
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Hears where workers' time in the script went, where the settings say that they profile. */
  readonly onProfile?: ((profile: CpuProfile) => void) | undefined;
  readonly observer?: Observer | undefined;
}

export interface WorkerReportsOptions extends ReportListeners {
  /** Whether the job goes on over failures of records. */
  readonly goesOn: () => boolean;
  /** Hears a failure that the job does not go on over. */
  readonly onFailure: (error: JobError) => void;
}

type Reported = Pick<WorkerEvents, "stray" | "running" | "profiled" | "measured">;

export class WorkerReports {
  readonly #options: WorkerReportsOptions;
  /** By worker, where they measure themselves; of one that died, what it told last. */
  readonly stats = new Map<number, WorkerStats>();

  constructor(options: WorkerReportsOptions) {
    this.#options = options;
  }

  eventsOf(worker: number): Reported {
    return {
      stray: (stray) => this.#stray(stray),
      running: (id, at) => this.#options.observer?.({ type: "recordRunning", id, worker, at }),
      profiled: (profile) => this.#options.onProfile?.(profile),
      measured: (stats) => void this.stats.set(worker, stats),
    };
  }

  /** Fails the job, unless it goes on over failures of records: then each kind is told once. A setup or teardown may wait for it for ever. */
  #stray({ message, stack, phase }: Stray): void {
    const { goesOn, onWarning, onFailure } = this.#options;
    const text = stack === "" ? message : `${message}\n${stack}`;
    if (phase === "records" && goesOn()) onWarning?.(text);
    else onFailure(new JobError(text));
  }
}
