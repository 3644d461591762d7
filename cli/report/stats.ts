/** `--stats`: where the time of each worker went, and how well they were used. */

import { printable } from "../../api/errors.ts";
import type { Report } from "../../api/execution.ts";
import { jobStats, type Measured, STAGES } from "../../api/job-stats.ts";
import type { ClusterStats, JobStats, WorkerRow, WorkerStats } from "../../api/job-stats-types.ts";
import { countText, percentText, sizeText, timeText } from "../../api/units.ts";
import { slowPlace } from "./slow-place.ts";

/** The job's stats for people, or as JSON for programs. */
export function statsOf(measured: Measured & Pick<Report, "figures">, form: "table" | "json"): string {
  const stats = measured.figures ?? jobStats(measured, performance.now(), process.cpuUsage());
  return form === "table" ? `${printable(tableOf(stats))}\n` : `${JSON.stringify(stats, null, 2)}\n`;
}

function tableOf(stats: JobStats): string {
  const { total, perWorker, slowest, cluster } = stats;
  // A column that has nothing to say in any row is left out.
  const stages = STAGES.filter((stage) => total.ms[stage] > 0);
  const rowOf = (name: string, { records, bytesIn, bytesOut, batches, ms }: WorkerStats) => [
    name,
    records.toLocaleString("en-US"),
    `${sizeText(bytesIn)}B`,
    `${sizeText(bytesOut)}B`,
    batches.toLocaleString("en-US"),
    ...stages.map((stage) => stageText(ms[stage])),
  ];
  const head = ["worker", "records", "in", "out", "batches", ...stages];
  const rows = [head, ...perWorker.map((row) => rowOf(nameOf(row), row)), rowOf("all", total)];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] as number)).join("  "));
  const onCluster = cluster === undefined ? [] : [`pmap: ${clusterText(cluster)}`];
  return [...lines, ...slowLines(slowest), `pmap: ${useText(stats)}`, ...onCluster].join("\n");
}

/** On a cluster with its executor. */
function nameOf({ worker, executor, host }: WorkerRow): string {
  return executor === undefined ? String(worker) : `executor ${executor} on ${host}: ${worker}`;
}

function clusterText({ version, master, tasks, attemptsFailed, executors, executorsLost }: ClusterStats): string {
  const had = `${countText(tasks, "task")} on ${countText(executors, "executor")} of Spark ${version}, ${master}`;
  const failed = attemptsFailed === 0 ? "" : `; ${countText(attemptsFailed, "attempt")} failed`;
  return `${had}${failed}${executorsLost === 0 ? "" : `; ${countText(executorsLost, "executor")} lost`}`;
}

/** Milliseconds in a unit that people read; nothing is `-`. */
function stageText(ms: number): string {
  if (ms === 0) return "-";
  return ms < 1000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

function slowLines(slowest: JobStats["slowest"]): string[] {
  const width = Math.max(0, ...slowest.map(({ ms }) => timeText(ms).length));
  return slowest.map(({ source, ...slow }, i) => {
    const title = i === 0 ? "slowest" : "       ";
    return `${title}  ${timeText(slow.ms).padStart(width)}  ${slowPlace({ sourceName: source, ...slow })}`;
  });
}

function useText({ efficiency, workers, wallMs, coresUsed, coordinator, cluster }: JobStats): string {
  const used = `${percentText(efficiency)} of ${workers} x ${(wallMs / 1000).toFixed(2)} s went to the records`;
  const cores = coresUsed === undefined ? "" : `; ${coresUsed.toFixed(2)} cores were busy`;
  // Of a cluster the rest is not known.
  const share = coordinator === undefined || cluster !== undefined ? "" : `, ${percentText(coordinator.share)} of all`;
  const own =
    coordinator === undefined ? "" : `; the coordinator took ${coordinator.cpuMs.toFixed(0)} ms of CPU${share}`;
  return `${used}${cores}${own}`;
}
