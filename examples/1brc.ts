// The One Billion Row Challenge: minimum, mean and maximum by station, of rows such as `Hamburg;12.3`.
//
//   pmap examples/1brc.ts measurements.txt
//   pmap examples/1brc.ts --cores 1 examples/data/measurements.txt
//
// `from: "bytes"` gives the map whole lines a chunk at a time, so it can parse by hand: four bytes at once, no strings,
// temperatures as whole tenths, stations in an open-addressing hash table. What it returns is a plain object per chunk.

/** Minimum, maximum and sum in tenths of a degree, and the number of rows. */
type Stats = [min: number, max: number, sum: number, count: number];
type Table = Record<string, Stats>;

export const options = { from: "bytes" };

const SLOTS = 1 << 15;
const MAX_STATIONS = SLOTS / 2;
const MAX_NAME_WORDS = 26;
const SEMICOLONS = 0x3b3b3b3b;

// The names a worker has met stay from chunk to chunk, the numbers do not.
/** From a hash to a station's number plus 1. */
const slots = new Uint16Array(SLOTS);
const names: string[] = [];
/** Each station's name, four bytes a word, the last one filled up with zeros. */
const nameWords = new Int32Array(MAX_STATIONS * MAX_NAME_WORDS);
const minimums = new Int32Array(MAX_STATIONS);
const maximums = new Int32Array(MAX_STATIONS);
const counts = new Int32Array(MAX_STATIONS);
const sums = new Float64Array(MAX_STATIONS);

export default function map(bytes: Uint8Array): Table {
  minimums.fill(1000, 0, names.length);
  maximums.fill(-1000, 0, names.length);
  counts.fill(0, 0, names.length);
  sums.fill(0, 0, names.length);
  addRows(bytes.at(-1) === 10 ? bytes : withLastNewline(bytes));
  const table: Table = {};
  for (let i = 0; i < names.length; i++) {
    if (counts[i] === 0) continue;
    table[names[i] as string] = [minimums[i] as number, maximums[i] as number, sums[i] as number, counts[i] as number];
  }
  return table;
}

function addRows(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length;
  for (let at = 0; at < end; ) {
    const start = at;
    let hash = 0;
    let word = view.getInt32(at, true);
    // The highest bit of each byte that is a semicolon (the lowest such bit is exact, and the only one used).
    let found = ((word ^ SEMICOLONS) - 0x01010101) & ~(word ^ SEMICOLONS) & 0x80808080;
    while (found === 0) {
      hash = Math.imul(hash ^ word, 0x9e3779b1);
      hash ^= hash >>> 15;
      at += 4;
      word = view.getInt32(at, true);
      found = ((word ^ SEMICOLONS) - 0x01010101) & ~(word ^ SEMICOLONS) & 0x80808080;
    }
    const lowest = found & -found;
    const last = word & ((lowest >>> 7) - 1);
    hash = Math.imul(hash ^ last, 0x9e3779b1);
    const station = stationAt(view, start, at, last, hash);
    at += ((31 - Math.clz32(lowest)) >>> 3) + 1;

    // `-12.3`, `-1.2`, `12.3` or `1.2`, without a branch: bit 4 is set in digits, but not in `-` and `.`.
    const negative = (~view.getInt32(at, true) << 27) >> 31;
    at -= negative;
    word = view.getInt32(at, true);
    const twoDigits = (word >>> 12) & 1;
    const digits = (word << (8 - 8 * twoDigits)) & 0x0f000f0f;
    const tenths = (digits & 0xff) * 100 + ((digits >>> 8) & 0xff) * 10 + (digits >>> 24);
    const value = (tenths ^ negative) - negative;
    at += 4 + twoDigits;

    if (value < (minimums[station] as number)) minimums[station] = value;
    if (value > (maximums[station] as number)) maximums[station] = value;
    sums[station] = (sums[station] as number) + value;
    counts[station] = (counts[station] as number) + 1;
  }
}

/** The station's number. Its name starts at `start`; `last` is the part of it that stands at `at`. */
function stationAt(view: DataView, start: number, at: number, last: number, hash: number): number {
  for (let slot = hash >>> 17; ; slot = (slot + 1) % SLOTS) {
    const station = (slots[slot] as number) - 1;
    if (station === -1) return addStation(view, start, at, last, slot);
    let word = station * MAX_NAME_WORDS;
    let from = start;
    while (from < at && nameWords[word] === view.getInt32(from, true)) {
      from += 4;
      word++;
    }
    if (from === at && nameWords[word] === last) return station;
  }
}

function addStation(view: DataView, start: number, at: number, last: number, slot: number): number {
  const station = names.length;
  if (station === MAX_STATIONS) throw new RangeError(`There are more than ${MAX_STATIONS} stations`);
  slots[slot] = station + 1;
  const words = station * MAX_NAME_WORDS;
  for (let from = start; from < at; from += 4) nameWords[words + (from - start) / 4] = view.getInt32(from, true);
  nameWords[words + (at - start) / 4] = last;
  const length = at - start + ((39 - Math.clz32(last)) >>> 3);
  names.push(new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + start, length)));
  minimums[station] = 1000;
  maximums[station] = -1000;
  counts[station] = 0;
  sums[station] = 0;
  return station;
}

function withLastNewline(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(bytes.length + 1);
  whole.set(bytes);
  whole[bytes.length] = 10;
  return whole;
}

export function reduce(left: Table, right: Table): Table {
  for (const [name, stats] of Object.entries(right)) {
    const before = left[name];
    if (before === undefined) left[name] = stats;
    else {
      before[0] = Math.min(before[0], stats[0]);
      before[1] = Math.max(before[1], stats[1]);
      before[2] += stats[2];
      before[3] += stats[3];
    }
  }
  return left;
}

/** `{ "Hamburg": "-12.3/9.7/31.4", ... }`, by name. */
export function finish(table: Table): Record<string, string> {
  const names = Object.keys(table).sort();
  return Object.fromEntries(names.map((name) => [name, print(table[name] as Stats)]));
}

function print([min, max, sum, count]: Stats): string {
  return [min, Math.round(sum / count), max].map((tenths) => (tenths / 10).toFixed(1)).join("/");
}
