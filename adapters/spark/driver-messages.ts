/** What Spark's driver says to pmap (java/dev/pmap/spark/Driver.java), and how it is told. */
import type { Attempt, TaskAnswer } from "../../core/coordinator/cluster/cluster.ts";
import type { Exit } from "../../core/platform/runtime.ts";
import type { FromListener } from "./attempt-messages.ts";
import type { ScriptFrames } from "./script-frames.ts";
import type { WaveEnded } from "./waves.ts";

/** Lines of Spark's log that say why it has ended. */
const LAST_LINES = 8;

/** What it says on its own. */
export type FromDriver =
  | {
      readonly type: "ready";
      readonly version: string;
      readonly master: string;
      readonly slots: number;
      readonly ui: string;
    }
  | { readonly type: "opened" }
  | { readonly type: "unready"; readonly message: string }
  | Answered
  /** No executor can use the script. */
  | { readonly type: "broken"; readonly message: string }
  | WaveEnded
  | { readonly type: "slots"; readonly count: number }
  /** A stage of this machine, or a script in it, has printed a line. */
  | { readonly type: "said"; readonly line: string }
  | FromListener
  | HeldAnswer
  | FilesAnswer;

/** Of what was asked for that an executor holds. Body: the next frame that the stage has sent. */
export interface HeldAnswer {
  readonly type: "held";
  readonly is: "piece" | "end" | "lost";
}

/** What came of something that was asked of Hadoop's files (java/dev/pmap/spark/HadoopFiles.java). */
export interface FilesAnswer {
  readonly type: "files";
  readonly id: number;
  readonly error?: string;
  /** Of the output: what is there already. */
  readonly taken?: string;
  readonly files?: readonly unknown[];
}

/** Body: the answer's own. */
interface Answered extends Attempt {
  readonly type: "answer";
  readonly stage: string;
  /** The stage's, with its version. */
  readonly runtime?: string;
  readonly answer: TaskAnswer["head"];
  /** As in a TaskAnswer. */
  readonly kept?: string;
  readonly part?: string;
  readonly held?: string;
}

/** @param frames finds the script's own places in it */
export function answerOf(
  { answer, kept, part, held, attempt, executor, host }: Answered,
  body: TaskAnswer["body"],
  frames: ScriptFrames | undefined,
): TaskAnswer {
  return { head: frames?.answer(answer) ?? answer, by: { attempt, executor, host }, body, kept, part, held };
}

/** What a user is told who wants to know more. */
export function readyText({ version, master, ui }: FromDriver & { readonly type: "ready" }): string {
  return `Spark ${version}, ${master}${ui === "" ? "" : `, ${ui}`}`;
}

/** How it has ended, and why. */
export function endText(exit: Exit): string {
  const how = exit.signal === null ? `exited with code ${exit.code}` : `was ended by ${exit.signal}`;
  const words = lastWords(exit.stderrTail);
  return `Spark's driver ${how}${words === "" ? "" : `\n${words}`}`;
}

/** @param master undefined until Spark has started */
export function waitingText(master: string | undefined, hasExecutors: boolean): string {
  if (master === undefined) return "waiting for Spark: it has not started yet";
  if (hasExecutors || master.startsWith("local")) return "waiting for Spark: it has not started a task yet";
  return `waiting for Spark: ${master} gives no executors\nIs the cluster up, and has it free cores?`;
}

/** A line of Spark's log that is no warning, and a frame of Java's. */
const NOISE =
  /^\d\d\/\d\d\/\d\d \S+ INFO |^\s+(at |\.\.\. \d+ more)|^Using Spark's default log4j|^WARNING: Using incubator/;
const EXCEPTION = /^Exception in thread "main" (?:[\w$]+\.)+[\w$]+: /;

/** Why it has ended, from the end of its log. */
export function lastWords(log: string): string {
  const lines = log.trim().split("\n");
  return lines
    .filter((line) => !NOISE.test(line))
    .slice(-LAST_LINES)
    .map((line) => line.replace(EXCEPTION, ""))
    .join("\n");
}
