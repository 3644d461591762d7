import { once } from "node:events";
import { createReadStream, createWriteStream, existsSync, renameSync } from "node:fs";
import { createInterface } from "node:readline";
import { finished } from "node:stream/promises";
import { generate } from "./generate.ts";

/**
 * The path of a CSV file of generated records; beside it are the same as JSON lines. Four of ten have a text in quotes; of those
 * without any, commas are left out. All fields are text.
 */
export async function generateCsv(records: number, hasQuotes: boolean): Promise<string> {
  const lines = await generate(records);
  const path = lines.replace(/\.jsonl$/, hasQuotes ? "-quoted.csv" : "-plain.csv");
  if (existsSync(path)) return path;
  const csv = createWriteStream(`${path}.${process.pid}`);
  const jsonl = createWriteStream(`${jsonLinesOf(path)}.${process.pid}`);
  let isFirst = true;
  for await (const line of createInterface({ input: createReadStream(lines) })) {
    const entries = Object.entries(JSON.parse(line) as Record<string, unknown>).map(([name, value]) => {
      const text = Array.isArray(value) ? value.join(" ") : String(value);
      return [name, hasQuotes ? text : text.replaceAll(",", "")] as const;
    });
    if (isFirst) csv.write(`${entries.map(([name]) => name).join(",")}\n`);
    isFirst = false;
    if (!csv.write(`${entries.map(([, text]) => field(text)).join(",")}\n`)) await once(csv, "drain");
    if (!jsonl.write(`${JSON.stringify(Object.fromEntries(entries))}\n`)) await once(jsonl, "drain");
  }
  for (const out of [csv.end(), jsonl.end()]) await finished(out);
  for (const each of [jsonLinesOf(path), path]) renameSync(`${each}.${process.pid}`, each);
  return path;
}

export function jsonLinesOf(csv: string): string {
  return csv.replace(/\.csv$/, ".jsonl");
}

function field(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
