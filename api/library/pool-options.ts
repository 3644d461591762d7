/** What a pool and its items can be told; the other options are for jobs. */
import { UsageError } from "../../core/errors.ts";
import { asPmapError } from "./errors.ts";
import { checkOptions, givenOptions, OPTION_TYPES } from "./option-types.ts";
import type { PoolOptions } from "./pool-types.ts";

/** Each of them, once: TypeScript holds it against the type. */
const TAKEN: Readonly<Record<keyof PoolOptions, true>> = {
  bigints: true,
  maxRecord: true,
  cores: true,
  runtime: true,
  mode: true,
  concurrency: true,
  totalConcurrency: true,
  rate: true,
  maxMemory: true,
  recycle: true,
  nice: true,
  sandbox: true,
  retries: true,
  retryThrows: true,
  timeout: true,
  seed: true,
  args: true,
  filter: true,
  setup: true,
  teardown: true,
  signal: true,
  handleSignals: true,
  onStderr: true,
  onWarning: true,
  maxQueued: true,
};

/** @throws {UsageError} for an option that a pool does not have, and for one that is not of its type */
export function checkPoolOptions(options: PoolOptions): void {
  const ofJobs = Object.keys(options).find((name) => name in OPTION_TYPES && !(name in TAKEN));
  if (ofJobs !== undefined)
    throw new UsageError(
      `Cannot use the option "${ofJobs}" with a pool: it is for a job, which has an input and an end`,
    );
  checkOptions(options, Object.keys(TAKEN));
}

/** @throws {PmapError} for options of an item that are none */
export function runOptions(options: unknown): { readonly signal?: AbortSignal | undefined } {
  try {
    if (options === undefined || options === null) return {};
    const given = givenOptions(options, "the options of an item");
    checkOptions(given, ["signal"]);
    return given;
  } catch (error) {
    throw asPmapError(error);
  }
}
