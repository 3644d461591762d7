import { evenGrid } from "../../core/protocol/chunk-grid.ts";
import type { WorkerSettings } from "../../core/protocol/worker-settings.ts";

/** Settings of a worker that maps JSON lines and sends its output; what a test is about is given. */
export function workerSettings(given: Partial<WorkerSettings>): WorkerSettings {
  return {
    worker: 0,
    from: "jsonl",
    to: "jsonl",
    concurrency: 1,
    seed: 0,
    maxRecordBytes: 1000,
    onError: "fail",
    args: [],
    sources: [],
    range: undefined,
    bigints: false,
    grid: evenGrid(8),
    outputPath: undefined,
    inlineBytes: 0,
    timeoutMs: undefined,
    spillFolder: undefined,
    spillBytes: 1000,
    ...given,
  };
}
