import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, rename, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";

/** Belongs to the file's name: raise it when the records change, so that no old file is reused. */
const version = 1;
const recordsPerWrite = 2_000;

const cities = ["Aachen", "Bergamo", "Cork", "Den Haag", "Espoo", "Faro", "Gdansk", "Haarlem", "Innsbruck", "Jena"];
const tags = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta"];
const notes = [
  "call back in the morning, not before nine",
  "left a parcel at the neighbour's door",
  "needs a new key for the cellar",
  "paid in full, the receipt is in the post",
  "waits for a reply since Monday",
];

/**
 * The path of a file of `records` generated records, about 195 bytes of ASCII each: written once to a folder in TMPDIR, the
 * same bytes on every machine, and reused after that.
 *
 * @example await generate(1_000_000) // 195 MB
 */
export async function generate(records: number): Promise<string> {
  const folder = join(tmpdir(), "pmap-bench");
  const path = join(folder, `records-v${version}-${records}.jsonl`);
  if (await stat(path).catch(() => undefined)) return path;
  await mkdir(folder, { recursive: true });
  const partial = `${path}.${process.pid}`;
  const out = createWriteStream(partial);
  const random = generator(20_260_101);
  for (let first = 0; first < records; first += recordsPerWrite) {
    let text = "";
    for (let id = first; id < Math.min(first + recordsPerWrite, records); id++) text += `${record(id, random)}\n`;
    if (!out.write(text)) await once(out, "drain");
  }
  out.end();
  await finished(out);
  await rename(partial, path);
  return path;
}

function record(id: number, random: () => number): string {
  const pick = (list: string[]): string => list[Math.floor(random() * list.length)] ?? "";
  return JSON.stringify({
    id,
    name: `user-${Math.floor(random() * 1e9).toString(36)}`,
    score: Math.round(random() * 1e6) / 1e4,
    tags: [pick(tags), pick(tags)],
    active: random() < 0.5,
    city: pick(cities),
    group: `g${Math.floor(random() * 5_000)}`,
    ts: new Date(1_767_225_600_000 + id * 1_000).toISOString(),
    note: pick(notes),
  });
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
