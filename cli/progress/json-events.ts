/** `--progress json`: one object a line. docs/progress.md describes them, and changes with them. */

import type { JobEvent } from "../../api/execution.ts";
import type { JobMemory } from "../../api/job-memory.ts";
import type { Snapshot } from "./job-model.ts";
import { LONG_RECORD_MS } from "./status-text.ts";

/** Changes when a field changes its meaning or goes. */
const VERSION = 1;

/** The line for an event; undefined for one that is only counted. */
export function jsonEvent(event: JobEvent, ms: number): string | undefined {
  switch (event.type) {
    case "planned": {
      const { cores, unit, total, limit, sources, done } = event.plan;
      return line("started", ms, { cores, unit, total, limit, sources, done });
    }
    case "phase":
      return line("phase", ms, { phase: event.phase });
    case "workerSpawned":
      return line("workerStarted", ms, { worker: event.worker, pid: event.pid, ...event.place });
    case "workerEnded": {
      const { worker, exit, expected, reason } = event;
      return line("workerEnded", ms, { worker, expected, code: exit.code, signal: exit.signal, reason });
    }
    case "reject": {
      const { sourceName, line: at, failure } = event.reject;
      return line("reject", ms, {
        source: sourceName,
        line: at,
        offset: failure.offset,
        kind: failure.kind,
        message: failure.message,
      });
    }
    case "executorJoined":
      return line("executorStarted", ms, { executor: event.executor, host: event.host });
    case "executorEnded":
    case "attemptFailed": {
      const { type, ...fields } = event;
      return line(type, ms, fields);
    }
    case "waiting":
      return line("waiting", ms, { reason: event.reason });
    case "resumed":
      return line("resumed", ms, {});
    default:
      return undefined;
  }
}

/** @param outcome of a job that is over */
export function jsonProgress(
  snapshot: Snapshot,
  memory: JobMemory,
  outcome?: "done" | "failed" | "interrupted",
): string {
  const { pids, plan: _, running, elapsedMs, share, ...rest } = snapshot;
  const bytes = snapshot.cluster === undefined ? memory.bytes(pids, elapsedMs) : undefined;
  const long = running.filter(({ ms }) => ms > LONG_RECORD_MS);
  const name = outcome === undefined ? "progress" : "ended";
  return line(name, elapsedMs, { outcome, share, ...rest, memoryBytes: bytes, longRunning: long });
}

/** What is not known is left out. */
function line(event: string, ms: number, fields: Readonly<Record<string, unknown>>): string {
  const all = { pmap: VERSION, event, ms: Math.round(ms), ...fields };
  return `${JSON.stringify(all, (_, value: unknown) => (typeof value === "number" ? rounded(value) : value))}\n`;
}

function rounded(n: number): number {
  return Math.round(n * 1000) / 1000;
}
