// What others read of Parquet that pmap writes: the same values.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { pythonWith, runPython } from "../support/python.ts";
import { runPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const python = pythonWith("pyarrow", "duckdb");

async function write(args: readonly string[], name: string): Promise<void> {
  const { code, stderr } = await runPmap([...args, "-o", name], { cwd: folder });
  assert.deepEqual([code, stderr], [0, ""]);
}

test(`pyarrow and DuckDB read the same values (skipped where no Python has both)`, {
  skip: python === undefined,
}, async () => {
  const values = [
    { i: 1, f: 0.1, s: "é😀\u0000", b: true, t: 5, big: "9007199254740993", j: [1] },
    { i: -5, f: -0, s: "", b: false, t: -86_400_000, big: "-9223372036854775808", j: { a: null } },
    { i: null, f: null, s: null, b: null, t: null, big: null, j: null },
  ];
  writeFileSync(join(folder, "values.jsonl"), values.map((value) => `${JSON.stringify(value)}\n`).join(""));
  const map =
    "({ ..._, f: _.i === -5 ? -0 : _.f, t: _.t === null ? null : new Date(_.t), big: _.big && BigInt(_.big) })";
  await write(["-e", map, "values.jsonl"], "values.parquet");
  const long = "({ id: _, text: 'x'.repeat(3400) + ` ${_ * 7919} é😀`, score: _ % 5 === 0 ? null : Math.sin(_) })";
  await write(["--range", "0..5999", "-e", long], "long.parquet");
  const code = `
import duckdb, json, math, sys
import pyarrow.parquet as pq
table = pq.read_table(sys.argv[1])
arrow = [(r["i"], r["f"], r["s"], r["b"], r["t"] and int(r["t"].timestamp() * 1000), r["big"], r["j"]) for r in table.to_pylist()]
duck = duckdb.sql(f"select i, f, s, b, epoch_ms(t), big, j from '{sys.argv[1]}'").fetchall()
assert arrow == duck, (arrow, duck)
assert math.copysign(1, arrow[1][1]) == -1
assert duckdb.sql(f"select count(*), sum(id), count(score) from '{sys.argv[2]}' where id >= 100").fetchall()[0] == (5900, sum(range(100, 6000)), 4720)
assert duckdb.sql(f"select id from '{sys.argv[2]}' where text like '% 7919 %'").fetchall() == [(1,)]
f = pq.ParquetFile(sys.argv[2])
assert sum(f.metadata.row_group(i).num_rows for i in range(f.metadata.num_row_groups)) == 6000
print(json.dumps([[str(t) for t in table.schema.types], arrow]))
`;
  const [types, found] = JSON.parse(
    runPython(python as string, code, [join(folder, "values.parquet"), join(folder, "long.parquet")]),
  );
  assert.deepEqual(types.slice(0, 6), ["int64", "double", "string", "bool", "timestamp[ms, tz=UTC]", "int64"]);
  const text = JSON.stringify(found);
  assert.equal(
    text,
    '[[1,0.1,"é😀\\u0000",true,5,9007199254740992,"[1]"],[-5,0,"",false,-86400000,-9223372036854776000,"{\\"a\\":null}"],[null,null,null,null,null,null,null]]',
  );
});

test("any values come to pyarrow and DuckDB as they were (skipped where no Python has both)", {
  skip: python === undefined,
}, async () => {
  const row = fc.record(
    {
      i: fc.maxSafeInteger(),
      f: fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Number.isInteger(n) ? n / 3 : n)),
      s: fc.string({ unit: "grapheme" }),
      e: fc.constantFrom("a", "é", "😀", ""),
      b: fc.boolean(),
      t: fc.date({ min: new Date(-6e13), max: new Date(2.5e14), noInvalidDate: true }),
      j: fc.jsonValue(),
      id: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    },
    { requiredKeys: [] },
  );
  const given = fc.sample(row, 1000);
  const texts = given.map((each) => ({
    ...each,
    t: each.t?.getTime(),
    id: each.id?.toString(),
    f: each.f?.toString(),
  }));
  writeFileSync(join(folder, "any.jsonl"), texts.map((each) => `${JSON.stringify(each)}\n`).join(""));
  const map =
    "({ ..._, ..._.t !== undefined && { t: new Date(_.t) }, ..._.id !== undefined && { id: BigInt(_.id) }, ..._.f !== undefined && { f: Number(_.f) } })";
  await write(["-e", map, "any.jsonl"], "any.parquet");
  const code = `
import duckdb, json, sys
import pyarrow.parquet as pq
from datetime import datetime, timedelta, timezone
names = ["i", "f", "s", "e", "b", "j", "id"]
columns = {name: pq.read_table(sys.argv[1]).column(name).to_pylist() for name in names}
columns["t"] = [None if t is None else t.value if hasattr(t, "value") else t for t in pq.read_table(sys.argv[1]).column("t").cast("int64").to_pylist()]
duck = duckdb.sql(f"select i, f, s, e, b, j, id, epoch_ms(t) from '{sys.argv[1]}'").fetchall()
assert duck == list(zip(*[columns[name] for name in names + ["t"]]))
columns["f"] = [None if f is None else repr(f) for f in columns["f"]]
columns["id"] = [None if n is None else str(n) for n in columns["id"]]
print(json.dumps(columns))
`;
  const found = JSON.parse(runPython(python as string, code, [join(folder, "any.parquet")])) as Record<
    string,
    unknown[]
  >;
  for (const [i, each] of given.entries()) {
    const expected = [each.i, each.f, each.s, each.e, each.b, each.t?.getTime(), each.id?.toString()];
    const read = [found.i, found.f, found.s, found.e, found.b, found.t, found.id].map((column) => column?.[i]);
    if (typeof read[1] === "string") read[1] = Number(read[1]);
    assert.deepEqual(
      read,
      // The zero below zero is no text that JSON lines bring to the map.
      expected.map((value) => (value === 0 ? 0 : (value ?? null))),
    );
    const json = found.j?.[i];
    assert.deepEqual(json === null ? null : JSON.parse(String(json)), JSON.parse(JSON.stringify(each.j ?? null)));
  }
});
