/** The page: what a report says stands in it as text and tables, and its script draws charts beside them. */
import { countText, percentText, rateText, sizeText, timeText } from "../units.ts";
import { Html, html, jsonInHtml } from "./html.ts";
import type { ReportData } from "./report-data.ts";
import { clusterSections } from "./sections/cluster.ts";
import { hotLineSections } from "./sections/hot-lines.ts";
import { jobSections } from "./sections/job.ts";
import { recordSections } from "./sections/records.ts";
import { timeSections } from "./sections/time.ts";
import { secondsText } from "./texts.ts";

export interface PageParts {
  readonly script: string;
  readonly style: string;
  /** SHA-256 of text, in hexadecimal digits. */
  readonly sha256: (text: string) => string;
}

export function reportPage(data: ReportData, { script, style, sha256 }: PageParts): string {
  const sections = [
    ...timeSections(data),
    ...clusterSections(data),
    ...hotLineSections(data),
    ...recordSections(data),
    ...jobSections(data),
  ];
  const hash = Buffer.from(sha256(script), "hex").toString("base64");
  // No text of a record can run, whatever it is, and nothing is loaded.
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`;
  const title = `pmap: ${data.about.script.name}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${raw(style)}</style>
</head>
<body>
<header>
<p class="what">pmap report · ${data.about.made}</p>
<h1>${data.verdict.headline}</h1>
${data.verdict.reasons.map((reason) => html`<p>${reason}</p>`)}
${failure(data)}
${figures(data)}
<nav aria-label="Sections">${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a> `)}</nav>
</header>
<main>
${sections.map(
  ({ id, title, body }) => html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>
`,
)}
</main>
<footer><p>What each figure means: docs/report.md of pmap ${data.about.version}. Records and the script stand in this page as text.</p></footer>
<script type="application/json" id="report-data">${jsonInHtml(forPrograms(data))}</script>
<script>${raw(script)}</script>
</body>
</html>
`.text;
}

/** What stands in the page already is not there twice. */
function forPrograms({ about, slowest: _, rejects, failure: __, hotLines: ___, ...data }: ReportData): object {
  return { made: about.made, ...data, rejects: rejects.map(({ kind, count }) => ({ kind, count })) };
}

/** Of our own files, made when pmap was built. */
function raw(text: string): Html {
  return new Html(text);
}

function failure({ failure, outcome }: ReportData): Html | undefined {
  if (failure === undefined) return undefined;
  const what = outcome === "failed" ? "The job failed with:" : "The job ended with:";
  return html`<div class="failure" role="note"><p>${what}</p><pre>${failure}</pre></div>`;
}

function figures(data: ReportData): Html {
  const { stats, verdict, kept, filtered, rejected, doneBefore } = data;
  const seconds = stats.wallMs / 1000;
  const rows: [string, string][] = [
    ["time", secondsText(stats.wallMs)],
    ["records", stats.records.toLocaleString("en-US")],
    ["records a second", rateText(stats.total.records / seconds)],
    ["workers", String(stats.workers)],
  ];
  if (verdict.speedUp !== undefined) rows.push(["times one process", verdict.speedUp.toFixed(2)]);
  rows.push(["efficiency", percentText(stats.efficiency)]);
  if (stats.coresUsed !== undefined) rows.push(["cores busy", stats.coresUsed.toFixed(2)]);
  if (stats.total.bytesIn > 0) rows.push(["read", `${sizeText(stats.total.bytesIn)}B`]);
  rows.push(["printed", `${sizeText(data.bytesOut)}B`]);
  if (filtered > 0 || rejected > 0) rows.push(["kept", kept.toLocaleString("en-US")]);
  if (filtered > 0) rows.push(["filtered", filtered.toLocaleString("en-US")]);
  if (rejected > 0) rows.push(["rejected", rejected.toLocaleString("en-US")]);
  rows.push(...clusterFigures(stats));
  if (data.deathCount > 0 && stats.cluster === undefined)
    rows.push(["workers died", data.deathCount.toLocaleString("en-US")]);
  if (doneBefore > 0) rows.push(["done by an earlier run", countText(doneBefore, "record")]);
  const [slowest] = stats.slowest;
  if (slowest !== undefined) rows.push(["slowest record", timeText(slowest.ms)]);
  return html`<dl class="figures">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function clusterFigures({ cluster }: ReportData["stats"]): [string, string][] {
  if (cluster === undefined) return [];
  const { tasks, attemptsFailed, executors, executorsLost } = cluster;
  const rows: [string, number][] = [
    ["tasks", tasks],
    ["executors", executors],
  ];
  if (attemptsFailed > 0) rows.push(["attempts failed", attemptsFailed]);
  if (executorsLost > 0) rows.push(["executors lost", executorsLost]);
  return rows.map(([name, n]) => [name, n.toLocaleString("en-US")]);
}
