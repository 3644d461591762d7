// The type that a sample of records has: every record of the sample has to be of it, as tsc sees it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { declarationOf } from "../../../api/record-type.ts";
import { temporaryFolder } from "../../support/run-pmap.ts";

const folder = temporaryFolder();
const tsc = fileURLToPath(new URL("../../../node_modules/.bin/tsc", import.meta.url));

test("the type has optional keys, unions, nested objects, arrays, and literals where they are few", () => {
  const records = Array.from({ length: 12 }, (_, i) => ({
    id: i,
    kind: i % 2 === 0 ? "bus" : "train",
    name: `name ${i}`,
    zip: "12345",
    ...(i > 5 ? { note: null } : {}),
    "odd key": i === 0 ? "x-1" : i,
    at: { lat: i, tags: i === 3 ? ["a"] : [] },
    list: [[1], ["2", null]],
  }));
  assert.equal(
    declarationOf("Row", records),
    `interface Row {
  id: number;
  kind: "bus" | "train";
  name: string;
  zip: string;
  "odd key": string | number;
  at: {
    lat: number;
    tags: string[];
  };
  list: (string | number | null)[][];
  note?: null;
}`,
  );
});

test("of sorted data the first values are not taken for all of them", () => {
  const states = (borders: readonly number[]) =>
    Array.from({ length: 1000 }, (_, n) => ({ state: `S${borders.filter((border) => n >= border).length}` }));
  assert.match(declarationOf("Row", states([100, 300, 900])), /state: string;/);
  assert.match(declarationOf("Row", states([100, 300])), /state: "S0" \| "S1" \| "S2";/);
});

test("records that are no objects have a type, too, and so have none at all", () => {
  assert.equal(declarationOf("Row", [1, 2]), "type Row = number;");
  assert.equal(declarationOf("Row", [1n, "2 apples", [], true]), "type Row = unknown[] | string | bigint | boolean;");
  assert.equal(declarationOf("Row", [{ a: 1 }, null]), "type Row = {\n  a: number;\n} | null;");
  assert.equal(declarationOf("Row", []), "type Row = unknown;");
  assert.equal(declarationOf("Row", [{}]), "type Row = Record<string, never>;");
});

test("objects with a key for each thing are tables", () => {
  const records = Array.from({ length: 100 }, (_, i) => ({ [`id${i}`]: { n: i, of: i % 2 ? "a" : "b" } }));
  assert.equal(declarationOf("Row", records), 'type Row = Record<string, {\n  n: number;\n  of: "a" | "b";\n}>;');
});

test("the text of a key cannot leave its quotes, and is seen", () => {
  assert.equal(
    declarationOf("Row", [{ 'a": any; //\n\u202e': 1 }]),
    'interface Row {\n  "a\\": any; //\\n\\u202e": number;\n}',
  );
});

test("a key that only some records have, and all objects inherit, may be anything", () => {
  assert.equal(declarationOf("Row", [{ toString: 1 }, {}]), "interface Row {\n  toString?: unknown;\n}");
  assert.equal(declarationOf("Row", [{ toString: 1 }]), "interface Row {\n  toString: number;\n}");
});

test("tsc accepts every record of the sample as of the type", () => {
  // An object literal with that key has a prototype instead.
  const key = fc.oneof(
    fc.constantFrom("a", "b", "c", "d"),
    fc.string().filter((text) => text !== "__proto__"),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom("bus", "train", "on foot", "1", ""),
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: true }),
    ),
  }));
  const row = fc.dictionary(key, value, { maxKeys: 6, noNullPrototype: true });
  const wide = fc.array(fc.dictionary(fc.uuid(), value, { minKeys: 3, maxKeys: 5, noNullPrototype: true }), {
    minLength: 40,
    maxLength: 50,
  });
  const seed = Math.floor(Math.random() * 2 ** 31);
  const samples = [
    ...fc.sample(fc.array(row, { minLength: 1, maxLength: 20 }), { numRuns: 60, seed }),
    ...fc.sample(fc.array(value, { maxLength: 10 }), { numRuns: 30, seed }),
    ...fc.sample(wide, { numRuns: 3, seed }),
  ];
  const path = join(folder, "samples.ts");
  const blocks = samples.map(
    (records) => `{\n${declarationOf("Row", records)}\nconst rows: Row[] = ${JSON.stringify(records)};\nvoid rows;\n}`,
  );
  writeFileSync(path, `${blocks.join("\n")}\nexport {};\n`);
  const { status, stdout } = spawnSync(
    tsc,
    [
      "--ignoreConfig",
      "--noEmit",
      "--strict",
      "--exactOptionalPropertyTypes",
      "--target",
      "esnext",
      "--types",
      "",
      path,
    ],
    { encoding: "utf8", cwd: folder },
  );
  assert.equal(status, 0, `seed ${seed}\n${stdout.slice(0, 2000)}`);
});
