// The tables of docs/scale.md.
import type { Scale } from "../results.ts";
import { fixed, grouped, table } from "./table.ts";

const KIBIBYTE = 1024;

export function coordinatorTable({ date, machine, runtime, coordinator }: Scale): string {
  const rows = coordinator.map((cost) => [
    cost.links,
    `${cost.workers}`,
    `${cost.spanBytes / KIBIBYTE} KiB`,
    fixed(cost.framesPerSpan, 1),
    fixed(cost.frameBytesPerSpan, 0),
    fixed(cost.cpuMicrosecondsPerSpan, 1),
    grouped(Math.round(cost.chunksPerSecond)),
    `${fixed(cost.coordinatorShare * 100)} %`,
    fixed(cost.coresFed, 0),
  ]);
  const head = [
    "links",
    "workers",
    "batch",
    "frames",
    "their bytes",
    "CPU µs a batch",
    "chunks a second",
    "share",
    "cores fed",
  ];
  return `${date.slice(0, 10)}, ${runtime}, ${machine.cpu}, ${machine.cores} cores\n\n${table(head, rows)}`;
}

export function tailTable({ tails, coordinatorMsPerFrame }: Scale): string {
  const rows = tails.map((tail) => [
    `${tail.workers}`,
    tail.inputBytes < 1e6 ? `${tail.inputBytes / 1e3} KB` : `${tail.inputBytes / 1e9} GB`,
    `${tail.costs}${tail.ordered ? "" : ", `--unordered`"}`,
    fixed(tail.boundMs, 0),
    fixed(tail.jobMs, 0),
    fixed(tail.tailMs, 0),
    `${fixed((tail.tailMs / tail.jobMs) * 100, 1)} %`,
    fixed(tail.boundMs / tail.jobMs),
  ]);
  const head = ["workers", "input", "costs of chunks", "bound, ms", "job, ms", "tail, ms", "tail / job", "bound / job"];
  return `The coordinator takes ${fixed(coordinatorMsPerFrame * 1000, 0)} µs for each frame.\n\n${table(head, rows)}`;
}
