// The One Billion Row Challenge by hand, single-threaded: bytes, no strings, tenths as whole numbers.
//
//   node brc-loop.mjs <input> <output>
import { openSync, readSync } from "node:fs";
import { writeAll } from "./lines.mjs";

const [SEMICOLON, MINUS, POINT, ZERO, NEWLINE] = [59, 45, 46, 48, 10];
const SLOTS = 1 << 15;
const MOST_STATIONS = 10_000;

const slots = new Uint16Array(SLOTS); // a station's number plus 1
const hashes = new Int32Array(MOST_STATIONS);
const names = []; // bytes
const minimums = new Int32Array(MOST_STATIONS).fill(1000);
const maximums = new Int32Array(MOST_STATIONS).fill(-1000);
const sums = new Float64Array(MOST_STATIONS);
const counts = new Int32Array(MOST_STATIONS);

const [input, output] = process.argv.slice(2);
const from = openSync(input, "r");
const block = new Uint8Array(1 << 22);
let kept = 0;
for (;;) {
  const got = readSync(from, block, kept, block.length - kept, null);
  if (got === 0) break;
  const filled = kept + got;
  const border = block.lastIndexOf(NEWLINE, filled - 1) + 1;
  addRows(block, border);
  block.copyWithin(0, border, filled);
  kept = filled - border;
}
writeAll(openSync(output, "w"), `${JSON.stringify(result())}\n`);

function addRows(bytes, end) {
  for (let at = 0; at < end; ) {
    const start = at;
    let hash = 0;
    for (let byte = bytes[at]; byte !== SEMICOLON; byte = bytes[++at]) hash = Math.imul(hash, 31) + byte;
    const station = stationOf(bytes, start, at, Math.imul(hash, 0x9e3779b1));
    const negative = bytes[++at] === MINUS;
    if (negative) at++;
    let tenths = bytes[at++] - ZERO;
    if (bytes[at] !== POINT) tenths = tenths * 10 + bytes[at++] - ZERO;
    tenths = tenths * 10 + bytes[at + 1] - ZERO;
    at += 3;
    if (negative) tenths = -tenths;
    if (tenths < minimums[station]) minimums[station] = tenths;
    if (tenths > maximums[station]) maximums[station] = tenths;
    sums[station] += tenths;
    counts[station]++;
  }
}

function stationOf(bytes, start, end, hash) {
  for (let slot = hash >>> 17; ; slot = (slot + 1) % SLOTS) {
    const station = slots[slot] - 1;
    if (station === -1) return addStation(bytes.slice(start, end), hash, slot);
    if (hashes[station] === hash && isName(names[station], bytes, start, end)) return station;
  }
}

function isName(name, bytes, start, end) {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false;
  return true;
}

function addStation(name, hash, slot) {
  const station = names.push(name) - 1;
  hashes[station] = hash;
  slots[slot] = station + 1;
  return station;
}

function result() {
  const print = (tenths) => (tenths / 10).toFixed(1);
  const rows = names.map((name, i) => {
    const mean = Math.round(sums[i] / counts[i]);
    return [new TextDecoder().decode(name), [minimums[i], mean, maximums[i]].map(print).join("/")];
  });
  return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)));
}
