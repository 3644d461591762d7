// Writes N rows of the One Billion Row Challenge: `Station;12.3`, one decimal, 413 stations, the same bytes every time.
//
//   node --import tsx test/bench/generate-1brc.ts 50000000 /tmp/measurements.txt
//
// The station names are made up; in number, length (3 to 26 bytes, about 9 on average) and in having a few that are not
// ASCII they are like the challenge's cities.
import { closeSync, openSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";

const STATIONS = 413;
const ROWS_PER_WRITE = 65_536;
const MAX_ROW_BYTES = 64;

/** Writes `rows` rows to `path`. */
export function generate1brc(rows: number, path: string): void {
  const random = generator(20_260_101);
  const encoder = new TextEncoder();
  const stations = stationNames(random).map((name) => ({
    bytes: encoder.encode(`${name};`),
    meanTenths: Math.round(-150 + random() * 450),
  }));
  const buffer = new Uint8Array(ROWS_PER_WRITE * MAX_ROW_BYTES);
  const file = openSync(path, "w");
  for (let row = 0; row < rows; ) {
    let at = 0;
    for (const end = Math.min(rows, row + ROWS_PER_WRITE); row < end; row++) {
      const { bytes, meanTenths } = stations[Math.floor(random() * STATIONS)] as (typeof stations)[number];
      buffer.set(bytes, at);
      at = writeTenths(buffer, at + bytes.length, Math.round(meanTenths + gauss(random) * 100));
    }
    for (let done = 0; done < at; ) done += writeSync(file, buffer, done, at - done);
  }
  closeSync(file);
}

function stationNames(random: () => number): string[] {
  const syllables =
    "ba be bor cha da dun el fa gar ha is jo ka kir lo lu ma mont na no or pa que ra sa ta ul va wi za".split(" ");
  const accented = ["é", "ș", "ñ", "ü", "ö", "İ", "ő"];
  const prefixes = ["San ", "New ", "Port ", "La ", "Las Palmas de "];
  const pick = (from: readonly string[]) => from[Math.floor(random() * from.length)] as string;
  const names = new Set<string>();
  while (names.size < STATIONS) {
    let name = "";
    for (let n = 2 + Math.floor(random() * 3); n > 0; n--) name += pick(syllables);
    name = (name[0] as string).toUpperCase() + name.slice(1);
    if (random() < 0.05) name += pick(accented);
    if (random() < 0.15) name = pick(prefixes) + name;
    names.add(name);
  }
  return [...names];
}

/** Writes `-12.3\n`, kept between -99.9 and 99.9; returns where it ends. */
function writeTenths(target: Uint8Array, start: number, tenths: number): number {
  let at = start;
  const rest = Math.min(999, Math.abs(tenths));
  if (tenths < 0) target[at++] = 45;
  if (rest >= 100) target[at++] = 48 + Math.floor(rest / 100);
  target[at++] = 48 + (Math.floor(rest / 10) % 10);
  target[at++] = 46;
  target[at++] = 48 + (rest % 10);
  target[at++] = 10;
  return at;
}

/** Box and Muller's. */
function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** mulberry32: short, fast, and the same on every runtime. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [rows, path] = process.argv.slice(2);
  if (!/^\d+$/.test(rows ?? "") || path === undefined)
    throw new Error("Cannot start: say how many rows, and which file");
  generate1brc(Number(rows), path);
}
