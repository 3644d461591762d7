import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { RECORDS, type RecordKind } from "./records.ts";

/** Belongs to the file's name: raise it when the records change, so that no old file is reused. */
const version = 1;
const recordsPerWrite = 2_000;

/**
 * The path of a file of `records` generated records of a kind: written once to a folder in TMPDIR, the same bytes on every
 * machine, and reused after that.
 *
 * @example await generate(1_000_000) // 195 MB
 */
export async function generate(records: number, kind: RecordKind = "ascii"): Promise<string> {
  const folder = join(tmpdir(), "pmap-bench");
  const path = join(folder, `${kind === "ascii" ? "records" : kind}-v${version}-${records}.jsonl`);
  if (await stat(path).catch(() => undefined)) return path;
  await mkdir(folder, { recursive: true });
  const partial = `${path}.${process.pid}`;
  const out = createWriteStream(partial);
  const random = generator(20_260_101);
  const make = RECORDS[kind];
  for (let first = 0; first < records; first += recordsPerWrite) {
    let text = "";
    for (let id = first; id < Math.min(first + recordsPerWrite, records); id++)
      text += `${JSON.stringify(make(id, random))}\n`;
    if (!out.write(text)) await once(out, "drain");
  }
  out.end();
  await finished(out);
  await rename(partial, path);
  return path;
}

/** mulberry32: integer arithmetic only, so the same numbers on every runtime. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
