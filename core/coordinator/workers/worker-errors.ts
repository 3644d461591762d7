/** How it is told that a worker cannot go on: what it has said, or how it has ended. */
import { JobError } from "../../errors.ts";
import type { Exit } from "../../platform/runtime.ts";
import type { Broken } from "../../protocol/messages.ts";

/** A teardown that its worker has not survived. */
export function cutOff(exit: Exit): Broken {
  const how = exit.signal === null ? describeExit(exit) : `was ended by ${exit.signal}`;
  return { type: "broken", phase: "teardown", message: `teardown's worker ${how}`, stack: "", wantsTsx: false };
}

/** What a worker has said of a script that it cannot use, as the job's failure. */
export function brokenError(broken: Broken): Error {
  const message = broken.stack === "" ? broken.message : `${broken.message}\n${broken.stack}`;
  return new JobError(message, { about: "script" });
}

/** `exited with code 3`, `was killed by SIGKILL`: how a worker's end is told. */
export function describeExit({ code, signal, stderrTail }: Exit): string {
  const how =
    signal !== null
      ? `were ended by ${signal}`
      : code === null
        ? "ended without an exit code"
        : `exited with code ${code}`;
  const words = stderrTail.trim();
  return words === "" ? how : `${how} (${words.split("\n").at(-1)})`;
}
