/** What TypeScript has to infer of the library. Checked by `npm run types`: nothing of it runs. */
import { type Context, createPool, type MapRun, pmap, preduce, type Script } from "../../../../api/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Expect<T extends true> = T;

interface Row {
  readonly id: number;
  readonly name: string;
}

const plain = pmap((row: Row) => row.id, "rows.jsonl");
const promised = pmap(async (row: Row) => row.name, "rows.jsonl");
const generated = pmap(function* (row: Row) {
  yield row.id;
  yield row.name;
}, "rows.jsonl");
const filtered = pmap((row: Row) => (row.id > 1 ? row : undefined), "rows.jsonl");
const unknowns = pmap("script.ts", "rows.jsonl");
const module = pmap<typeof import("../../../../examples/flights.ts")>("flights.ts", "flights.jsonl");
const sum = preduce((row: Row) => row.id, "rows.jsonl", { reduce: (a: number, b: number) => a + b });
const finished = preduce((row: Row) => row.id, "rows.jsonl", {
  reduce: (a: number, b: number) => a + b,
  finish: (n: number) => String(n),
});
const groups = preduce((row: Row) => row.id, "rows.jsonl", {
  key: (row: Row) => row.name,
  reduce: (a: number, b: number) => a + b,
});
const pool = createPool((row: Row) => row.name.length);

export type Checks = [
  Expect<Equal<typeof plain, MapRun<number>>>,
  Expect<Equal<typeof promised, MapRun<string>>>,
  Expect<Equal<typeof generated, MapRun<string | number>>>,
  Expect<Equal<typeof filtered, MapRun<Row>>>,
  Expect<Equal<typeof unknowns, MapRun<unknown>>>,
  Expect<Equal<typeof module extends MapRun<infer Value> ? (Value extends object ? true : false) : never, true>>,
  Expect<Equal<Awaited<typeof sum>, number>>,
  Expect<Equal<Awaited<typeof finished>, string>>,
  Expect<Equal<Awaited<typeof groups>, Map<string, number>>>,
  Expect<Equal<Awaited<ReturnType<Awaited<typeof pool>["run"]>>, number | undefined>>,
];

export default {
  map(row: Row, ctx: Context) {
    ctx.count("rows");
    return row.name;
  },
  filter: (row: Row) => row.id > 0,
} satisfies Script<Row, string>;

// @ts-expect-error: there is no such option
pmap((row: Row) => row.id, "rows.jsonl", { core: 4 });
// @ts-expect-error: a duration has a unit
pmap((row: Row) => row.id, "rows.jsonl", { timeout: "2" });
