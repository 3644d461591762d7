/** What a job should give, by a plain loop: one record after the other, in this process, with nothing of pmap's. */
import { parse } from "csv-parse/sync";
import { ABOUT, COMMON, KEYS, MAPS, REDUCES, YIELDS } from "./functions.ts";
import type { Deed, Input, Job } from "./job.ts";

export interface Reject {
  readonly source: string;
  /** Where the loop knows them. */
  readonly line: number | undefined;
  readonly offset: number | undefined;
  readonly kind: string;
  /** What could be read of it. */
  readonly value: unknown;
}

export interface Expected {
  /** By record, those that are read: the texts that it prints, or its reject. */
  readonly records: readonly (readonly string[] | Reject)[];
  /** The one text or the texts of groups, in order; undefined for a job without a reduce. */
  readonly reduced: readonly string[] | undefined;
}

interface Place {
  readonly source: string;
  readonly line: number | undefined;
  readonly offset: number | undefined;
}
type Read = Place & ({ readonly value: unknown; readonly raw?: string } | { readonly unreadable: true });
type Any = (...args: unknown[]) => unknown;
interface About {
  readonly n: number | undefined;
  readonly s: string;
}

export function isReject(record: readonly string[] | Reject): record is Reject {
  return "kind" in record;
}

export async function expectedOf(job: Job): Promise<Expected> {
  const { script, flags } = job;
  const reduce = script.reduce === undefined ? undefined : REDUCES[script.reduce];
  const about = compile(ABOUT[job.from]) as (record: unknown) => About;
  const base = compile(reduce?.map ?? (MAPS[script.map] as string));
  const count = compile(YIELDS) as (a: About) => number;
  const key = script.key === undefined ? undefined : compile(KEYS[script.key] as string);
  const print = printer(job.to);
  const times = (a: About) => (script.style.includes("generator") ? count(a) : 1);
  const records: (readonly string[] | Reject)[] = [];
  const values: [key: unknown, value: unknown][] = [];
  for (const { source, line, offset, ...read } of recordsOf(job)) {
    if (records.length === flags.limit) break;
    const value = "unreadable" in read ? undefined : read.value;
    const rejectAs = (kind: string) => void records.push({ source, line, offset, kind, value });
    if ("unreadable" in read) {
      rejectAs("parse");
      continue;
    }
    const a = about(value);
    const deed = kindOf(a.n === undefined ? undefined : script.deeds.get(a.n));
    const isKept = script.filter === "none" || a.s.length % 3 !== 1;
    if (deed !== undefined && (isKept || script.deedIn === "filter")) {
      rejectAs(deed);
      continue;
    }
    const printed: string[] = [];
    if (isKept && script.style === "none") printed.push(read.raw ?? print(value));
    else if (isKept) {
      for (let i = times(a); i > 0; i--) {
        const made = base(a, value, { source, offset });
        if (made === undefined) continue;
        if (reduce === undefined) printed.push(print(made));
        else values.push([key?.(job.from === "bytes" ? { n: 0, s: "" } : a, made), made]);
      }
    }
    records.push(printed);
  }
  return { records, reduced: reduce === undefined ? undefined : fold(job, values) };
}

/** The kind of reject that a deed makes of its record. */
function kindOf(deed: Deed | undefined): string | undefined {
  if (deed === undefined || deed === "once") return undefined;
  if (deed === "bigint") return "output";
  if (deed === "kill") return "signal";
  if (deed === "hang" || deed === "never") return "timeout";
  return deed.startsWith("exit") ? "exit" : deed;
}

function compile(source: string): Any {
  return new Function(`${COMMON}\nreturn ${source};`)() as Any;
}

function printer(to: Job["to"]): (value: unknown) => string {
  if (to === "jsonl" || to === "json" || to === "parquet") return (value) => JSON.stringify(value);
  return (value) => (typeof value === "string" ? value : JSON.stringify(value));
}

/** What these texts look like in the output. */
export function joined(texts: readonly string[], to: Job["to"]): Buffer {
  if (to === "json") return Buffer.from(texts.length === 0 ? "[]\n" : `[\n${texts.join(",\n")}\n]\n`);
  const end = to === "nul" ? "\0" : "\n";
  return Buffer.from(texts.map((text) => text + end).join(""));
}

function fold({ script, to }: Job, values: readonly [unknown, unknown][]): string[] {
  const { reduce, initial, finish } = REDUCES[script.reduce as string] as (typeof REDUCES)[string];
  const step = compile(reduce);
  const end = finish === undefined ? undefined : compile(finish);
  const begin = (): unknown => {
    const first = compile(initial as string) as unknown;
    return typeof first === "function" ? first() : structuredClone(first);
  };
  const groups = new Map<unknown, unknown>();
  for (const [key, value] of values) {
    if (groups.has(key)) groups.set(key, step(groups.get(key), value));
    else groups.set(key, initial === undefined ? value : step(begin(), value));
  }
  const print = printer(to);
  if (script.key === undefined) {
    if (groups.size === 0 && initial === undefined) return [];
    const all = groups.size === 0 ? begin() : groups.get(undefined);
    return [print(end === undefined ? all : end(all))];
  }
  const sorted = [...groups].sort(([a], [b]) => compareKeys(a, b));
  return sorted.map(([key, value]) => print(end === undefined ? { key, value } : end(value, key)));
}

function compareKeys(a: unknown, b: unknown): number {
  const rank = (key: unknown) => [null, false, true].indexOf(key as null) + 1 || (typeof key === "number" ? 4 : 5);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (typeof a === "number") return a - (b as number);
  const [left, right] = [[...(a as string)], [...(b as string)]].map((chars) =>
    chars.map((char) => char.codePointAt(0)),
  );
  for (let i = 0; ; i++) {
    const [x, y] = [left?.[i] ?? -1, right?.[i] ?? -1];
    if (x !== y) return x - y;
    if (x === -1) return 0;
  }
}

function* recordsOf(job: Job): Iterable<Read> {
  if (job.range !== undefined) {
    const { from, to, step } = job.range;
    for (let value = from, i = 0; value <= to; value += step, i++) {
      yield { source: "--range", line: i + 1, offset: i, value };
    }
    return;
  }
  for (const input of job.inputs) yield* readers[job.from as keyof typeof readers](input);
}

const readers: Record<Exclude<Job["from"], "range">, (input: Input) => Iterable<Read>> = {
  *jsonl(input) {
    for (const { bytes, ...place } of linesOf(input, 0x0a)) {
      try {
        const raw = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
        if (raw.trim() === "") continue;
        yield { ...place, value: JSON.parse(raw), raw };
      } catch {
        yield { ...place, unreadable: true };
      }
    }
  },
  *json({ name, pieces }) {
    const text = Buffer.concat(pieces).toString();
    let values: unknown[] = [];
    try {
      const all = JSON.parse(text);
      values = Array.isArray(all) ? all : [all];
    } catch {
      for (const line of text.split("\n")) if (line.trim() !== "") values.push(...[JSON.parse(line)].flat(1));
    }
    // The line is that in which a value begins: see test/e2e/json.test.ts.
    for (const value of values) yield { source: name, line: undefined, offset: undefined, value };
  },
  *text(input) {
    for (const { bytes, ...place } of linesOf(input, 0x0a)) {
      yield { ...place, value: new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).replace(/\r$/, "") };
    }
  },
  *nul(input) {
    for (const { bytes, ...place } of linesOf(input, 0)) yield { ...place, value: bytes.toString() };
  },
  *csv({ name, pieces }) {
    const place = { source: name, line: undefined, offset: undefined };
    const rows: Iterable<string[]>[] = [];
    // Row by row, as they were made: csv-parse does not go on behind a row that is none.
    for (const piece of pieces) {
      try {
        rows.push(parse(piece, { bom: true, relax_column_count: true, skip_empty_lines: true }) as string[][]);
      } catch {
        rows.push([[]]);
      }
    }
    const [, ...records] = rows.flatMap((some) => [...some]);
    for (const row of records) {
      if (row.length === 2) yield { ...place, value: { n: row[0], s: row[1] } };
      else yield { ...place, unreadable: true };
    }
  },
  bytes: (input) => readers.text(input),
};

function* linesOf({ name, pieces }: Input, end: number): Iterable<Place & { readonly bytes: Buffer }> {
  const all = Buffer.concat(pieces);
  const hasMark = end === 0x0a && all.subarray(0, 3).toString("latin1") === "\xef\xbb\xbf";
  for (let offset = hasMark ? 3 : 0, line = 1; offset < all.length; line++) {
    const found = all.indexOf(end, offset);
    const to = found === -1 ? all.length : found;
    yield { source: name, line, offset, bytes: all.subarray(offset, to) };
    offset = to + 1;
  }
}
