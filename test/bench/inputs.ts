import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "./generate.ts";
import { generate1brc } from "./generate-1brc.ts";
import { generateCsv } from "./generate-csv.ts";
import type { RecordKind } from "./records.ts";

/** Rows of the One Billion Row Challenge are short: this many make about as many bytes as one record. */
const ROWS_PER_RECORD = 10;

export interface Input {
  path: string;
  records: number;
}

/** A workload's input of about the size of a number of records, made when it is not there yet. */
export async function inputOf(workload: string, size: number, kind: RecordKind): Promise<Input> {
  const folder = join(tmpdir(), "pmap-bench");
  mkdirSync(folder, { recursive: true });
  if (workload === "tiny") {
    const path = join(folder, "tiny.jsonl");
    writeFileSync(path, '{"a":1}\n');
    return { path, records: 1 };
  }
  if (workload === "csv" || workload === "csv-plain")
    return { path: await generateCsv(size, workload === "csv"), records: size };
  if (workload !== "1brc") return { path: await generate(size, kind), records: size };
  const rows = size * ROWS_PER_RECORD;
  const path = join(folder, `1brc-${rows}.txt`);
  if (!existsSync(path)) {
    const partial = `${path}.${process.pid}`;
    generate1brc(rows, partial);
    renameSync(partial, path);
  }
  return { path, records: rows };
}
