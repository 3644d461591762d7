/** What every host has from the web's own interfaces. */
import type { Port, WorkerHost } from "../../core/platform/runtime.ts";
import { compress } from "./compress.ts";
import { pageCodecs } from "./page-codecs.ts";
import { isOwnFrame } from "./stack-frames.ts";
import { describePlace, syntaxPlace } from "./syntax-error.ts";

type Basics = Pick<
  WorkerHost,
  | "port"
  | "signal"
  | "isOwnFrame"
  | "describeSyntax"
  | "now"
  | "after"
  | "compress"
  | "pageCodecs"
  | "loadMembers"
  | "abort"
  | "exit"
>;

/** As they are before the script is loaded: test libraries put clocks in their place that stand still. */
const { setTimeout, clearTimeout } = globalThis;
const now = performance.now.bind(performance);

/** @param unref lets the process end although this timer has not fired */
export function hostBasics(port: Port, exit: () => void, unref: (timer: Timer) => void): Basics {
  const abort = new AbortController();
  return {
    port,
    signal: abort.signal,
    isOwnFrame,
    describeSyntax: (error) => describePlace(syntaxPlace(error)),
    now,
    after(delayMs, task) {
      const timer = setTimeout(task, delayMs);
      unref(timer);
      return () => clearTimeout(timer);
    },
    compress,
    pageCodecs,
    async loadMembers() {
      const { openMembers } = await import("./member-file.ts");
      return openMembers;
    },
    abort: () => abort.abort(),
    exit() {
      abort.abort();
      exit();
    },
  };
}

export type Timer = ReturnType<typeof globalThis.setTimeout>;
