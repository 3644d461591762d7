/** What the system refuses, as the job's failure. */
import { JobError, systemReason } from "../errors.ts";

/** @throws {JobError} with what the system says: no record's fault */
export function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new JobError(`Cannot ${what}: ${systemReason((error as Error).message)}`);
  }
}
