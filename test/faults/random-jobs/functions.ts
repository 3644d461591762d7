/**
 * The functions of random scripts, as source: the script of a job has them, and so has the loop that says what is right.
 *
 * `a` is what `about` says of a record: its number `n` (undefined where it has none) and a text `s`.
 */
import type { Format } from "./job.ts";

export const ABOUT: Readonly<Record<Format, string>> = {
  jsonl: "objectAbout",
  json: "objectAbout",
  csv: "((r) => ({ n: Number(r.n), s: r.s }))",
  text: "lineAbout",
  nul: "lineAbout",
  bytes: "lineAbout",
  range: "((r) => ({ n: r, s: `#${r}` }))",
};

export const COMMON = `
const objectAbout = (r) =>
  r !== null && typeof r === "object" && !Array.isArray(r) && typeof r.n === "number"
    ? { n: r.n, s: String(r.s) }
    : { n: undefined, s: JSON.stringify(r) };
const lineAbout = (r) => ({ n: /^\\d+/.test(r) ? Number.parseInt(r, 10) : undefined, s: r });
const tag = (a) => (a.n === undefined ? \`?\${a.s.length}\` : \`\${a.n}\`);
`;

/** (a, r, ctx) => value, for jobs without a reduce. */
export const MAPS: Readonly<Record<string, string>> = {
  same: "(a, r) => r",
  number: "(a) => a.n",
  row: "(a) => ({ n: a.n ?? null, s: a.s })",
  object: "(a) => ({ n: a.n, length: a.s.length, begin: a.s.slice(0, 20) })",
  place: "(a, r, ctx) => [ctx.source, ctx.offset, a.s.length]",
  text: "(a) => a.s.toUpperCase()",
  some: "(a) => (a.n % 3 === 0 ? undefined : tag(a))",
  nothing: "(a) => (a.n === 1 ? 1 : undefined)",
  odd: "(a) => (a.n % 9 === 4 ? Number.NaN : a.n % 9 === 5 ? { at: new Date(a.n * 1000), no: undefined } : [a.n, [null]])",
  wide: "(a) => (a.s + '-').repeat(1 + (a.n % 50 || 0))",
};

/** How many values a generator yields of a record, and what the i-th is made of. */
export const YIELDS = "(a) => (a.n === undefined ? 1 : a.n % 4)";

interface Reduce {
  /** (a) => value */
  readonly map: string;
  readonly reduce: string;
  readonly initial?: string;
  readonly merge?: string;
  readonly finish?: string;
}

/** Each gives the same wherever its input is cut; most tell the order of the values, too. */
export const REDUCES: Readonly<Record<string, Reduce>> = {
  sum: { map: "(a) => a.n ?? 1", reduce: "(x, y) => x + y" },
  "sum from 0": { map: "(a) => a.n ?? 1", reduce: "(x, y) => x + y", initial: "0", finish: "(x) => [x]" },
  concat: { map: "(a) => `${tag(a)};`", reduce: "(x, y) => x + y" },
  first: { map: "(a) => tag(a)", reduce: "(x) => x" },
  last: { map: "(a) => tag(a)", reduce: "(_, y) => y" },
  most: { map: "(a) => a.s.length", reduce: "(x, y) => Math.max(x, y)" },
  count: { map: "(a) => tag(a)", reduce: "(x) => x + 1", initial: "0", merge: "(x, y) => x + y" },
  list: {
    map: "(a) => tag(a)",
    reduce: "(x, y) => (x.push(y), x)",
    initial: "[]",
    merge: "(x, y) => x.concat(y)",
    finish: "(x) => x.join(' ')",
  },
  table: {
    map: "(a) => tag(a).slice(-1)",
    reduce: "(x, y) => x.set(y, (x.get(y) ?? 0) + 1)",
    initial: "() => new Map()",
    merge: "(x, y) => { for (const [k, n] of y) x.set(k, (x.get(k) ?? 0) + n); return x; }",
    finish: "(x) => [...x].sort()",
  },
  big: { map: "(a) => BigInt(a.n ?? 1)", reduce: "(x, y) => x + y", finish: "(x) => `${x}`" },
};

/** (r, value) => key, with `a` about the record. */
export const KEYS: Readonly<Record<string, string>> = {
  few: "(a) => (a.n ?? -1) % 7",
  many: "(a) => `key ${a.n ?? -1}`",
  odd: `(a) => {
    if (a.n === undefined) return null;
    const kinds = [a.n % 2 === 0, a.n / 8, \`k\${a.n % 7}\`, "\\u00e9\\ud83d\\ude00".slice(0, a.n % 4), a.s.slice(0, 2)];
    return kinds[a.n % 5];
  }`,
  "of the value": "(a, value) => String(value).slice(-1)",
  "the same": "() => 'all'",
};
