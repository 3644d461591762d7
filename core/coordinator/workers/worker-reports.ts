/** What workers tell beside their answers: what they measure and sample, which record they are on, what fails in no record. */
import { JobError } from "../../errors.ts";
import type { CpuProfile } from "../../protocol/call-tree.ts";
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
  /** Whether the job goes on over failures. */
  readonly goesOn: () => boolean;
  /** Hears a failure that the job does not go on over. */
  readonly onFailure: (error: JobError) => void;
}

type Reported = Pick<WorkerEvents, "stray" | "running" | "profiled" | "measured">;

export class WorkerReports {
  readonly #options: WorkerReportsOptions;
  /** By worker, where they measure themselves; of one that died, what it told last. */
  readonly stats = new Map<number, WorkerStats>();
  /** The first failure that no record can be blamed for; it may come after the last record. */
  strayFailure: JobError | undefined;

  constructor(options: WorkerReportsOptions) {
    this.#options = options;
  }

  eventsOf(worker: number): Reported {
    return {
      stray: ({ message, stack }) => this.#stray(new JobError(stack === "" ? message : `${message}\n${stack}`)),
      running: (id, at) => this.#options.observer?.({ type: "recordRunning", id, worker, at }),
      profiled: (profile) => this.#options.onProfile?.(profile),
      measured: (stats) => void this.stats.set(worker, stats),
    };
  }

  /** Fails the job, unless it goes on over failures: then each kind is told once. */
  #stray(error: JobError): void {
    if (this.#options.goesOn()) {
      this.#options.onWarning?.(error.message);
      return;
    }
    this.strayFailure ??= error;
    this.#options.onFailure(error);
  }
}
