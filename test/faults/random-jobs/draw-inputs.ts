/** Random inputs: records with their numbers, and what else stands between them in files of people. */
import type { Draws } from "./draws.ts";
import type { Format, Input } from "./job.ts";

export interface Drawn {
  readonly inputs: readonly Input[];
  /** How many records have a number: 1 to this. */
  readonly numbered: number;
}

const TEXTS = [
  "",
  "a",
  "some words",
  "Zürich",
  "日本語",
  "😀 and 👨‍👩‍👧",
  "tab\tand \\ and \" and '",
  "\u2028\u00a0",
  "0",
  "null",
];
const ODD_VALUES = [
  ...["null", "true", '"text"', "12", "-0", "1E5", "0.1", "1e21", "[]", '[1,{"n":2}]', "{}", '"\\ud800"', '"\\u00e9"'],
  ...['{"n":"text"}', '{"__proto__":{"n":3},"s":1}', '{"a":1,"a":2}', '{"2":1,"1":2,"x":{"y":[[]]}}', ' { "x" : 1 } '],
];
const BAD_LINES = [
  "{",
  '{"n":1,}',
  "nul",
  '"abc',
  "[1,2",
  '{"a":1} {"b":2}',
  "01",
  "+1",
  "'a'",
  "NaN",
  '"\t"',
  "]",
  "\ufeff1",
];

/** @param count about how many records; @param names `-` and files */
export function drawInputs(draws: Draws, format: Exclude<Format, "range">, count: number, names: string[]): Drawn {
  const style = {
    end: format === "nul" ? "\0" : draws.chance(0.1) && format !== "bytes" ? "\r\n" : "\n",
    odd: draws.chance(0.4) ? 0.1 : 0,
    bad: draws.chance(0.35) ? 0.02 : 0,
    long: draws.chance(0.1) ? 0.01 : 0,
  };
  let n = 0;
  const lists = names.map((): Uint8Array[] => []);
  const borders = draws.cuts(count, names.length - 1);
  while (borders.length < names.length - 1) borders.push(draws.chance(0.5) ? count : 0);
  borders.sort((a, b) => a - b);
  for (let i = 0; i < count; i++) {
    const list = lists[borders.filter((border) => border <= i).length] as Uint8Array[];
    const isOther = draws.chance(style.odd);
    const isBad = draws.chance(style.bad);
    const other = isOther ? oddOf(draws, format) : isBad ? badOf(draws, format) : undefined;
    if (other === undefined) n++;
    list.push(other ?? Buffer.from(numbered(draws, format, n, textOf(draws, format, draws.chance(style.long)))));
  }
  const inputs = names.map((name, i) => ({ name, pieces: finish(draws, format, style.end, lists[i] as Uint8Array[]) }));
  return { inputs, numbered: n };
}

function textOf(draws: Draws, format: Format, isLong: boolean): string {
  const text = isLong ? draws.pick(["x", "é😀", " "]).repeat(draws.integer(1, 40_000)) : draws.pick(TEXTS);
  return format === "nul" && draws.chance(0.2) ? `${text}\n${text}` : text;
}

function numbered(draws: Draws, format: Format, n: number, s: string): string {
  if (format === "csv") return `${n},${field(draws, s)}`;
  if (format !== "jsonl" && format !== "json") return `${n} ${s}`;
  if (draws.chance(0.9)) return JSON.stringify({ n, s });
  return draws.pick([
    JSON.stringify({ s, n }),
    JSON.stringify({ n, s, more: [n] }),
    ` {"n": ${n}, "s":${JSON.stringify(s)} }`,
  ]);
}

function field(draws: Draws, s: string): string {
  const text = draws.chance(0.1) ? `${s}\n"${s}"` : s;
  return /[",\r\n]/.test(text) || draws.chance(0.3) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Something between the records that is fine: another value, an empty line. */
function oddOf(draws: Draws, format: Format): Uint8Array {
  if (format === "jsonl" && draws.chance(0.4)) return Buffer.from(draws.pick(["", "  ", "\t"]));
  if (format === "jsonl" || format === "json") return Buffer.from(draws.pick(ODD_VALUES));
  if (format === "csv") return Buffer.from("");
  if (format === "bytes") return Buffer.from(draws.pick(["", " ", "no number"]));
  return draws.chance(0.3) ? Buffer.of(0x61, 0xff, 0xc3) : Buffer.from(draws.pick(["", " ", "no number", "\ufeff"]));
}

function badOf(draws: Draws, format: Format): Uint8Array | undefined {
  if (format === "csv") return Buffer.from(draws.pick(["7", "1,2,3", '8,"x"y']));
  if (format !== "jsonl") return undefined;
  return draws.chance(0.2) ? Buffer.of(0x22, 0xff, 0x22) : Buffer.from(draws.pick(BAD_LINES));
}

function finish(draws: Draws, format: Format, end: string, records: readonly Uint8Array[]): Uint8Array[] {
  if (format === "json") return jsonOf(draws, records);
  const pieces = records.map((record) => Buffer.concat([record, Buffer.from(end)]));
  if (format === "csv") pieces.unshift(Buffer.from(`n,s${end}`));
  const last = pieces.at(-1);
  if (last !== undefined && draws.chance(0.2)) pieces[pieces.length - 1] = last.subarray(0, last.length - end.length);
  if (format !== "bytes" && format !== "nul" && pieces.length > 0 && draws.chance(0.05)) {
    pieces[0] = Buffer.concat([Buffer.from("\ufeff"), pieces[0] as Buffer]);
  }
  return pieces;
}

/** One array, or values behind each other; the brackets and commas are part of the pieces around them. */
function jsonOf(draws: Draws, values: readonly Uint8Array[]): Uint8Array[] {
  if (values.length === 0) return draws.chance(0.5) ? [] : [Buffer.from("[ ]\n")];
  const isArray = draws.chance(0.7);
  const between = draws.pick(isArray ? [",", ",\n", "\n , \t"] : ["\n", "\n\n  "]);
  return values.map((value, i) => {
    const before = i > 0 ? between : isArray ? "[" : "";
    const after = i < values.length - 1 ? "" : isArray ? "]" : "\n";
    return Buffer.concat([Buffer.from(before), value, Buffer.from(after)]);
  });
}
