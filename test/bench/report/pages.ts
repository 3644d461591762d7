// The pages and pictures that are made from the kept results.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { keptResults, keptScales } from "../results.ts";
import { LONG, longOf, MAPS, secondsTables, speedUpTable, usageTable } from "./bench-tables.ts";
import { peersPlot, speedUpPlot } from "./plots.ts";
import { coordinatorTable, tailTable } from "./scale-tables.ts";

export interface GeneratedFile {
  path: string;
  /** As it has to be; undefined where there is nothing to show yet. */
  text: string | undefined;
}

const inDocs = (name: string): string => fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));

export function generatedFiles(): GeneratedFile[] {
  const results = keptResults();
  const scales = keptScales();
  // Tails are simulated more often than their coordinator is measured.
  const [tailed] = scales;
  const measured = scales.find(({ coordinator }) => coordinator.length > 0);
  const plots = { "speed-up.svg": speedUpPlot(results), "peers.svg": peersPlot(results) };
  const picture = (name: keyof typeof plots, alt: string) => (plots[name] ? `\n\n![${alt}](${name})` : "");
  const performance = {
    long: secondsTables(longOf(results), LONG),
    maps: secondsTables(results, MAPS) + picture("peers.svg", "Seconds of pmap and its peers, by workload"),
    "speed-up": speedUpTable(results) + picture("speed-up.svg", "Speed-up against cores"),
    group: secondsTables(results, ["group"]),
    csv: secondsTables(results, ["csv", "csv-plain"]),
    "1brc": secondsTables(results, ["1brc"]),
    tiny: secondsTables(results, ["tiny"], 3),
    usage: usageTable(results),
  };
  const scaleBlocks = measured && tailed && { coordinator: coordinatorTable(measured), tails: tailTable(tailed) };
  return [
    { path: inDocs("performance.md"), text: fillIn("performance.md", performance) },
    { path: inDocs("scale.md"), text: scaleBlocks && fillIn("scale.md", scaleBlocks) },
    ...Object.entries(plots).map(([name, text]) => ({ path: inDocs(name), text })),
  ];
}

/** The page with each block between its markers replaced: `<!-- begin maps -->` ... `<!-- end maps -->`. */
function fillIn(name: string, blocks: Readonly<Record<string, string>>): string {
  let page = existsSync(inDocs(name)) ? readFileSync(inDocs(name), "utf8") : "";
  for (const [block, text] of Object.entries(blocks)) {
    const [begin, end] = [`<!-- begin ${block} -->\n`, `<!-- end ${block} -->`];
    const [start, stop] = [page.indexOf(begin), page.indexOf(end)];
    if (start === -1 || stop === -1) throw new Error(`Cannot write docs/${name}: it has no place for "${block}".`);
    page = `${page.slice(0, start + begin.length)}\n${text}\n\n${page.slice(stop)}`;
  }
  return page;
}
