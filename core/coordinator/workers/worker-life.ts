/** A worker's life: it loads the script, starts, and stops; what it has answered to each, or its end has. */
import type { Exit } from "../../platform/runtime.ts";
import type { Broken, FromWorker } from "../../protocol/messages.ts";
import type { ScriptFacts } from "../../script/types.ts";
import { Question } from "./question.ts";

export type LoadOutcome =
  | { readonly tag: "loaded"; readonly facts: ScriptFacts }
  | { readonly tag: "broken"; readonly broken: Broken }
  | { readonly tag: "died"; readonly exit: Exit };

/** Undefined when it is ready for records. */
export type StartOutcome = Broken | Exit | undefined;

/** The user's counters of setup and teardown; undefined when the worker went before it said them. */
export type StopOutcome = readonly (readonly [name: string, n: number])[] | undefined;

/** What a worker tells when it stops. */
export interface LastWords {
  /** CPU time that its process has taken, in milliseconds. */
  readonly cpuMs: number | undefined;
  /** For `--explain`: the fields of a record that the script sees. */
  readonly fields: readonly string[] | undefined;
  /** What the script's teardown threw. */
  readonly teardownFailure: Broken | undefined;
}

export class WorkerLife implements LastWords {
  readonly load = new Question<LoadOutcome>();
  readonly start = new Question<StartOutcome>();
  readonly stop = new Question<StopOutcome>();
  /** Whether it has been heard of: it runs, and has loaded the script. */
  loaded = false;
  cpuMs: number | undefined;
  fields: readonly string[] | undefined;
  teardownFailure: Broken | undefined;

  /** Hears every message. */
  hear(message: FromWorker): void {
    switch (message.type) {
      case "loaded":
        this.loaded = true;
        this.load.answer({ tag: "loaded", facts: message.facts });
        break;
      case "started":
        this.start.answer(undefined);
        break;
      case "stopped":
        this.cpuMs = message.cpuMs;
        this.fields = message.fields;
        this.stop.answer(message.counters);
        break;
      case "broken":
        if (message.phase === "load") this.load.answer({ tag: "broken", broken: message });
        else if (message.phase === "setup") this.start.answer(message);
        else this.teardownFailure = message;
        break;
      default:
        break;
    }
  }

  died(exit: Exit): void {
    this.load.answer({ tag: "died", exit });
    this.start.answer(exit);
    this.stop.answer(undefined);
  }
}
