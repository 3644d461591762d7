/** How it is told that a worker cannot go on: what it has said, or how it has ended. */
import { JobError } from "../../errors.ts";
import type { Exit } from "../../platform/runtime.ts";
import type { Broken } from "../../protocol/messages.ts";
import type { KillReason } from "./death.ts";

/** What a script has done whose worker was ended because of what it has sent; undefined for other reasons. */
export function foulOf(reason: KillReason | undefined): string | undefined {
  if (reason === "protocol") return "the script wrote to a descriptor that belongs to pmap";
  if (reason === "message")
    return "the script has changed what pmap says in its worker (Object.prototype.toJSON, or the like)";
  return undefined;
}

/** A teardown that its worker has not survived. */
export function cutOff(exit: Exit, reason: KillReason | undefined): Broken {
  const how = exit.signal === null ? describeExit(exit) : `was ended by ${exit.signal}`;
  const foul = foulOf(reason);
  const message = foul === undefined ? `teardown's worker ${how}` : `in its teardown ${foul}`;
  return { type: "broken", phase: "teardown", message, stack: "", wantsTsx: false };
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
