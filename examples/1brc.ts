// The One Billion Row Challenge: minimum, mean and maximum by station, of rows such as `Hamburg;12.3`.
//
//   pmap examples/1brc.ts measurements.txt
//
// `from: "bytes"` gives the map whole lines, a chunk at a time, so it can parse by hand: four bytes at once, no strings,
// tenths as whole numbers, an open-addressing hash table. Rows are trusted to be well formed: nothing checks them.

/** Minimum, maximum and sum in tenths of a degree, and the number of rows. */
type Stats = [min: number, max: number, sum: number, count: number];
type Table = Record<string, Stats>;

export const options = { from: "bytes" };

const MAX_STATIONS = 10_000;
const MAX_NAME_WORDS = 26;
const SLOT_BITS = 14;
// From a hash to a station's number plus 1. The names that a worker has met stay from chunk to chunk, the numbers do not.
const slots = new Uint16Array(1 << SLOT_BITS);
const names: string[] = [];
/** Each name, four bytes a word, the last one filled up with zeros. */
const nameWords = new Int32Array(MAX_STATIONS * MAX_NAME_WORDS);
const minimums = new Int32Array(MAX_STATIONS).fill(1000);
const maximums = new Int32Array(MAX_STATIONS).fill(-1000);
const sums = new Float64Array(MAX_STATIONS);
const counts = new Int32Array(MAX_STATIONS);

export default function map(bytes: Uint8Array): Table {
  minimums.fill(1000, 0, names.length);
  maximums.fill(-1000, 0, names.length);
  sums.fill(0, 0, names.length);
  counts.fill(0, 0, names.length);
  // Only a file's last row may lack its newline; with it, four bytes can be read wherever a row has any.
  const rows = bytes.at(-1) === 10 ? bytes : new Uint8Array(bytes.length + 1).fill(10);
  if (rows !== bytes) rows.set(bytes);
  addRows(new DataView(rows.buffer, rows.byteOffset, rows.length));
  const table: Table = {};
  for (const [i, name] of names.entries()) {
    const [min = 0, max = 0, sum = 0, count = 0] = [minimums[i], maximums[i], sums[i], counts[i]];
    if (count > 0) table[name] = [min, max, sum, count];
  }
  return table;
}

function addRows(view: DataView): void {
  for (let at = 0, end = view.byteLength; at < end; ) {
    const start = at;
    let hash = 0;
    let word = view.getInt32(at, true);
    while (semicolons(word) === 0) {
      hash = Math.imul(hash ^ word, 0x9e3779b1);
      hash ^= hash >>> 15;
      at += 4;
      word = view.getInt32(at, true);
    }
    const lowest = semicolons(word) & -semicolons(word);
    const last = word & ((lowest >>> 7) - 1);
    const station = stationAt(view, start, at, last, Math.imul(hash ^ last, 0x9e3779b1));
    at += ((31 - Math.clz32(lowest)) >>> 3) + 1;

    // `-12.3`, `-1.2`, `12.3` or `1.2`, without a branch: digits have bit 4 set, `-` and `.` do not.
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

/** Not 0 if one of the four bytes is a semicolon; the lowest bit that is set is the first one's highest. */
function semicolons(word: number): number {
  return ((word ^ 0x3b3b3b3b) - 0x01010101) & ~(word ^ 0x3b3b3b3b) & 0x80808080;
}

/** The number of the station whose name goes from `start` to the part of it, `last`, that stands at `at`. */
function stationAt(view: DataView, start: number, at: number, last: number, hash: number): number {
  for (let slot = hash >>> (32 - SLOT_BITS); ; slot = (slot + 1) % slots.length) {
    const station = (slots[slot] as number) - 1;
    if (station === -1) return addStation(view, start, at, last, slot);
    let words = station * MAX_NAME_WORDS;
    let from = start;
    for (; from < at && nameWords[words] === view.getInt32(from, true); from += 4) words++;
    if (from === at && nameWords[words] === last) return station;
  }
}

function addStation(view: DataView, start: number, at: number, last: number, slot: number): number {
  const station = names.length;
  const words = (at - start) / 4;
  if (station === MAX_STATIONS || words >= MAX_NAME_WORDS) throw new RangeError("too many or too long names");
  for (let i = 0; i < words; i++) nameWords[station * MAX_NAME_WORDS + i] = view.getInt32(start + 4 * i, true);
  nameWords[station * MAX_NAME_WORDS + words] = last;
  const length = at - start + ((39 - Math.clz32(last)) >>> 3);
  names.push(new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + start, length)));
  slots[slot] = station + 1;
  return station;
}

export function reduce(left: Table, right: Table): Table {
  for (const [name, [min, max, sum, count]] of Object.entries(right)) {
    const [oldMin, oldMax, oldSum, oldCount] = left[name] ?? [min, max, 0, 0];
    left[name] = [Math.min(oldMin, min), Math.max(oldMax, max), oldSum + sum, oldCount + count];
  }
  return left;
}

/** `{ "Hamburg": "-12.3/9.7/31.4", ... }`, by name. */
export function finish(table: Table): Record<string, string> {
  const print = (tenths: number) => (tenths / 10).toFixed(1);
  const lines = Object.entries(table).map(([name, [min, max, sum, count]]) => {
    return [name, `${print(min)}/${print(Math.round(sum / count))}/${print(max)}`] as const;
  });
  return Object.fromEntries(lines.sort(([a], [b]) => (a < b ? -1 : 1)));
}
