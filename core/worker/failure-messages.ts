/** What the coordinator is told of a failure that is no record's. */
import { describeError, InternalError, JobError, userStack, withoutColours } from "../errors.ts";
import type { WorkerHost } from "../platform/runtime.ts";
import type { Broken, Failed, Stray } from "../protocol/messages.ts";
import type { ScriptSource } from "../script/types.ts";
import { CallError } from "./emitters/folder.ts";
import { ScriptError } from "./script/script-exports.ts";

/** Of a script that cannot be loaded, set up or torn down. */
export function brokenBy(host: WorkerHost, error: unknown, phase: Broken["phase"], source?: ScriptSource): Broken {
  const cause = error instanceof ScriptError ? error.cause : error;
  const wantsTsx = source?.loader === "native" && host.wantsTsx(cause, source.url);
  if (error instanceof ScriptError || error instanceof JobError)
    return { type: "broken", phase, message: error.message, stack: "", wantsTsx };
  const what = phase === "load" ? `Cannot load "${source?.name}": ` : `${phase} threw `;
  const syntax = phase === "load" && !wantsTsx ? host.describeSyntax?.(error, source?.url) : undefined;
  if (syntax !== undefined) return { type: "broken", phase, message: what + syntax, stack: "", wantsTsx };
  const message = what + withoutColours(describeError(error));
  const stack = withoutColours(userStack(error, host.isOwnFrame));
  // The message of a module that is not found may end with the place itself.
  const isTold = stack !== "" && message.endsWith(`\n${stack}`);
  return { type: "broken", phase, message, stack: isTold ? "" : stack, wantsTsx };
}

/** Of a request: a merge that throws, an input that cannot be read, or a bug of ours. */
export function failedBy(host: WorkerHost, id: number, thrown: unknown): Failed {
  const error = thrown instanceof CallError ? thrown.cause : thrown;
  const told = thrown instanceof CallError ? `${thrown.verb} threw ${describeError(error)}` : describeError(error);
  return {
    type: "failed",
    id,
    failure: undefined,
    counts: { records: 0, emittedFrom: 0, filtered: 0, rejected: 0 },
    message: error instanceof JobError ? error.message : told,
    stack: error instanceof JobError ? "" : userStack(error, host.isOwnFrame),
    internal: error instanceof InternalError,
  };
}

/** Of what has failed beside all requests. */
export function strayBy(host: WorkerHost, phase: Stray["phase"], what: "rejected" | "thrown", error: unknown): Stray {
  const how = what === "rejected" ? "a promise was rejected and nothing handles it" : "a timer or an event has thrown";
  const when = phase === "records" ? "not tied to a record" : `in ${phase}`;
  const message = `${how} (${when}): ${describeError(error)}`;
  return { type: "stray", phase, message, stack: userStack(error, host.isOwnFrame) };
}
