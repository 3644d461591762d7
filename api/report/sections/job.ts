/** What ran where: memory, deaths, the machine, the command line and the script. */
import { sizeText } from "../../units.ts";
import { type Html, html } from "../html.ts";
import { MOST_WORKERS } from "../recording.ts";
import type { ReportData } from "../report-data.ts";
import type { Section } from "../section.ts";
import { table, tableBehind } from "../tables.ts";
import { secondsText } from "../texts.ts";
import { chart } from "./chart.ts";

export function jobSections(data: ReportData): Section[] {
  const ofThisMachine = [
    { id: "memory", title: "Memory", body: memorySection(data) },
    { id: "deaths", title: "Deaths and retries", body: deathSection(data) },
  ];
  return [
    // Of other machines neither is known.
    ...(data.stats.cluster === undefined ? ofThisMachine : []),
    { id: "job", title: "Job and machine", body: jobSection(data) },
    { id: "script", title: "Script", body: scriptSection(data) },
  ];
}

function memorySection({ peaks, charts }: ReportData): Html {
  if (peaks.length === 0) return html`<p>This system does not tell the memory of a process (Linux does).</p>`;
  const rows = peaks
    .slice(0, MOST_WORKERS)
    .map(({ worker, bytes }) => [worker < 0 ? "pmap's own process" : `worker ${worker}`, `${sizeText(bytes)}B`]);
  return html`<p class="note">Resident memory, looked at now and then: a short peak may be missed.${peaks.length > charts.memory.length ? ` The chart has the ${charts.memory.length} processes with the most.` : ""}</p>
${chart("memory-chart", "Resident memory of each process over time; the peaks are in the table below.", true)}
${tableBehind({ caption: "The most that each process had", head: ["process", "memory"], rows })}`;
}

function deathSection({ deaths, deathCount, diedBatches, diedMs }: ReportData): Html {
  if (deathCount === 0) return html`<p>No worker died.</p>`;
  return html`<p>${deathCount.toLocaleString("en-US")} died; ${diedBatches.toLocaleString("en-US")} requests that they had were given to others, and ${secondsText(diedMs)} of work was lost.</p>
${table({
  caption: deaths.length < deathCount ? `The first ${deaths.length}` : "Workers that ended without being told to",
  head: ["worker", "at", "how"],
  rows: deaths.map(({ worker, atMs, how }) => [String(worker), secondsText(atMs), how]),
  texts: [0, 2],
})}`;
}

function jobSection({ about }: ReportData): Html {
  const facts = about.facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return html`<pre class="command">${about.commandLine}</pre>
<dl class="facts">${facts}</dl>`;
}

function scriptSection({ about }: ReportData): Html {
  return html`<h3>${about.script.name}</h3>
<pre class="script" tabindex="0">${about.script.text}</pre>`;
}
