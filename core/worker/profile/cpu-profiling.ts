/** A worker's part of `--profile`: it tells now and then what has been sampled, so that its death costs only the last part. */
import { describeError, JobError } from "../../errors.ts";
import type { CpuSampler } from "../../platform/cpu-sampler.ts";
import type { WorkerHost } from "../../platform/runtime.ts";
import type { CpuProfile } from "../../protocol/call-tree.ts";
import type { ProfileSettings } from "../../protocol/worker-settings.ts";
import { foldCalls } from "./fold-calls.ts";

/** The first part is told early, for workers that do not live long; later ones are longer, as telling takes some 10 ms. */
const FIRST_MS = 250;
const LONGEST_MS = 8000;

type Host = Pick<WorkerHost, "now" | "isOwnFrame" | "sampleCpu">;

type Tell = (profile: CpuProfile) => void;

/** @throws {JobError} where the runtime cannot */
export async function startProfiling(host: Host, { codeLines }: ProfileSettings, tell: Tell): Promise<CpuProfiling> {
  try {
    return new CpuProfiling(host, await host.sampleCpu(codeLines), tell);
  } catch (error) {
    throw new JobError(`Cannot profile the script: ${describeError(error)}\nLeave out --profile`);
  }
}

export class CpuProfiling {
  readonly #host: Host;
  readonly #sampler: CpuSampler;
  readonly #tell: Tell;
  #everyMs = FIRST_MS;
  /** Not while it is told, and not where that has failed. */
  #dueMs: number;

  constructor(host: Host, sampler: CpuSampler, tell: Tell) {
    this.#host = host;
    this.#sampler = sampler;
    this.#tell = tell;
    this.#dueMs = host.now() + FIRST_MS;
  }

  get isDue(): boolean {
    return this.#host.now() >= this.#dueMs;
  }

  /** Never rejects: what cannot be told is lost, and the job goes on. */
  async tell(then: "go on" | "end"): Promise<void> {
    this.#dueMs = Number.POSITIVE_INFINITY;
    try {
      const calls = await this.#sampler.take(then);
      this.#tell(foldCalls(calls, this.#host.isOwnFrame).profile());
    } catch {
      return;
    }
    this.#everyMs = Math.min(2 * this.#everyMs, LONGEST_MS);
    this.#dueMs = this.#host.now() + this.#everyMs;
  }
}
