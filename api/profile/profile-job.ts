/** Runs a job with `--profile`: what its workers have sampled becomes one file. Loaded when it is wanted. */
import { writeFileSync } from "node:fs";
import { writeInJob } from "../../adapters/system/file-errors.ts";
import { CallTree } from "../../core/protocol/call-tree.ts";
import type { ExecuteOptions, Report } from "../execution.ts";
import type { Explained } from "../explain.ts";
import type { JobOptions } from "../options.ts";
import { onlyMissing, prepareFile } from "../report/report-files.ts";
import { cpuProfileText } from "./cpuprofile.ts";
import { hotLines } from "./hot-lines.ts";

type Run = (plan: JobOptions, options: ExecuteOptions) => Promise<Report | Explained>;

/** The most calls that are kept, and that the tree may have until it is looked at. */
const MOST_CALLS = 20_000;
const MOST_CALLS_UNPRUNED = 3 * MOST_CALLS;

/** @throws {UsageError} before the first record, where there can be no profile, or no file for it */
export async function profileJob(plan: JobOptions, options: ExecuteOptions, run: Run): Promise<Report | Explained> {
  const path = `${plan.profilePath}`;
  const tree = new CallTree();
  const withHotLines = (report: Report): Report => ({ ...report, hotLines: hotLines(tree, plan.script) });
  let undo = () => {};
  let isBegun = false;
  let isWritten = false;
  /** Once; a job that has not begun leaves no file. */
  const write = () => {
    if (isWritten) return;
    isWritten = true;
    if (!isBegun) undo();
    else {
      tree.prune(MOST_CALLS);
      writeInJob(path, () => writeFileSync(path, cpuProfileText(tree)));
    }
  };
  const onExit = () => void failureOf(write);
  process.on("exit", onExit);
  try {
    const report = await run(plan, {
      ...options,
      onProfile(profile) {
        tree.addAll(profile);
        if (tree.count > MOST_CALLS_UNPRUNED) tree.prune(MOST_CALLS);
        options.onProfile?.(profile);
      },
      onPlanned(job) {
        undo = prepareFile(path);
        options.onPlanned?.(job);
      },
      onBegun(soFar) {
        isBegun = true;
        options.onBegun?.(() => withHotLines(soFar()));
      },
    });
    const failure = failureOf(write);
    if (report.tag !== "ran") return report;
    const told = withHotLines(report);
    return failure === undefined ? told : { ...told, missing: [onlyMissing(failure, "profile")] };
  } catch (error) {
    const failure = failureOf(write);
    if (failure !== undefined && failure !== error) options.messages.warning(failure.message);
    throw error;
  } finally {
    process.off("exit", onExit);
  }
}

function failureOf(action: () => void): Error | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
