/** Functions of the program's that are called while a job runs. */
import { describeError } from "../../core/errors.ts";
import { PmapError } from "./errors.ts";

/** Calls one, by the name of its option. It never throws. */
export type CallBack = (name: string, call: () => void) => void;

/** @param onThrown gets what one has thrown: the job is to end with it */
export function createCallBack(onThrown: (error: PmapError) => void): CallBack {
  return (name, call) => {
    try {
      call();
    } catch (error) {
      onThrown(new PmapError("PMAP_JOB", `${name} threw ${describeError(error)}`, { cause: error }));
    }
  };
}
