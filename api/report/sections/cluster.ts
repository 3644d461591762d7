/** What has run the job on other machines: its tasks, its executors, and the attempts that failed. */
import type { ClusterStats } from "../../job-stats-types.ts";
import { countText } from "../../units.ts";
import type { RecordedCluster } from "../cluster-recording.ts";
import { type Html, html } from "../html.ts";
import type { ReportData } from "../report-data.ts";
import type { Section } from "../section.ts";
import { table } from "../tables.ts";
import { secondsText } from "../texts.ts";

export function clusterSections(data: ReportData): Section[] {
  const {
    stats: { cluster },
    recordedCluster,
  } = data;
  if (cluster === undefined || recordedCluster === undefined) return [];
  return [
    {
      id: "cluster",
      title: "Cluster",
      body: html`${tasksText(cluster, data)}${executorTable(cluster, recordedCluster)}${attemptTable(cluster, recordedCluster)}`,
    },
  ];
}

function tasksText(cluster: ClusterStats, { diedBatches, diedMs }: ReportData): Html {
  const { version, master, tasks, attemptsFailed, executors, executorsLost } = cluster;
  const had = `Spark ${version} (${master}) has done ${countText(tasks, "task")} on ${countText(executors, "executor")}`;
  const lost =
    executorsLost === 0
      ? "None of them was lost."
      : `${executorsLost.toLocaleString("en-US")} of them ${executorsLost === 1 ? "was" : "were"} lost.`;
  const failed =
    attemptsFailed === 0 ? "No attempt at a task failed." : `${countText(attemptsFailed, "attempt")} failed.`;
  const dropped =
    diedBatches === 0
      ? ""
      : ` What ${countText(diedBatches, "attempt")} had done was of no use, because they failed or another was faster: ${secondsText(diedMs)}.`;
  return html`<p>${had}. ${lost} ${failed}${dropped}</p>`;
}

function executorTable({ executors: all }: ClusterStats, { executors }: RecordedCluster): Html {
  return table({
    caption: executors.length < all ? `The first ${executors.length} of ${all} executors` : "Executors",
    head: ["executor", "machine", "from", "to", "why"],
    rows: executors.map(({ executor, host, fromMs, end }) => [
      executor,
      host,
      secondsText(fromMs),
      end === undefined ? "the end" : secondsText(end.atMs),
      end?.reason,
    ]),
    texts: [0, 1, 4],
  });
}

function attemptTable({ attemptsFailed }: ClusterStats, { failedAttempts }: RecordedCluster): Html | undefined {
  if (failedAttempts.length === 0) return undefined;
  const isCut = failedAttempts.length < attemptsFailed;
  return table({
    caption: isCut ? `The first ${failedAttempts.length} attempts that failed` : "Attempts that failed",
    head: ["executor", "machine", "at", "attempt", "why"],
    rows: failedAttempts.map(({ executor, host, atMs, nth, reason }) => [
      executor,
      host,
      secondsText(atMs),
      String(nth),
      html`<pre>${reason}</pre>`,
    ]),
    texts: [0, 1, 4],
  });
}
