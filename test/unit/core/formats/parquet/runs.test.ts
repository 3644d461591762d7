import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bitsFor, readRuns } from "../../../../../core/formats/parquet/runs.ts";

/** A run of one value, or groups of eight with all of their bits. */
type Run = { readonly value: number; readonly count: number } | { readonly values: readonly number[] };

function pack(runs: readonly Run[], bits: number): Uint8Array {
  const bytes: number[] = [];
  const varint = (n: number) => {
    let left = n;
    for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) + 0x80);
    bytes.push(left);
  };
  for (const run of runs) {
    if ("count" in run) {
      varint(run.count * 2);
      for (let i = 0; i < Math.ceil(bits / 8); i++) bytes.push(Math.floor(run.value / 256 ** i) % 256);
    } else {
      varint((run.values.length / 8) * 2 + 1);
      const all = run.values.reduceRight((sum, value) => sum * 2n ** BigInt(bits) + BigInt(value), 0n);
      for (let i = 0; i < (run.values.length / 8) * bits; i++) bytes.push(Number((all >> BigInt(8 * i)) & 0xffn));
    }
  }
  return Uint8Array.from(bytes);
}

function runsOf(bits: number): fc.Arbitrary<Run> {
  const value = fc.integer({ min: 0, max: 2 ** Math.min(bits, 31) - 1 });
  const groups = fc.integer({ min: 1, max: 4 });
  return fc.oneof(
    fc.record({ value, count: fc.integer({ min: 1, max: 300 }) }),
    groups.chain((n) => fc.array(value, { minLength: n * 8, maxLength: n * 8 })).map((values) => ({ values })),
  );
}

function unpacked(runs: readonly Run[]): number[] {
  return runs.flatMap((run) => ("count" in run ? Array.from({ length: run.count }, () => run.value) : run.values));
}

test("what has been packed comes out, of any number of bits", () => {
  const cases = fc
    .integer({ min: 1, max: 32 })
    .chain((bits) => fc.tuple(fc.constant(bits), fc.array(runsOf(bits), { minLength: 1, maxLength: 6 })));
  fc.assert(
    fc.property(cases, ([bits, runs]) => {
      const bytes = pack(runs, bits);
      const expected = unpacked(runs);
      const output = readRuns({ bytes, at: 0, end: bytes.length }, bits, new Int32Array(expected.length));
      assert.deepEqual([...output], expected);
    }),
  );
});

test("a run that says billions fills what is asked for, and no more", () => {
  const bytes = pack([{ value: 1, count: 2 ** 30 }], 1);
  assert.deepEqual([...readRuns({ bytes, at: 0, end: bytes.length }, 1, new Uint8Array(5))], [1, 1, 1, 1, 1]);
});

test("too few bytes are a SyntaxError", () => {
  const whole = pack([{ value: 3, count: 4 }, { values: [1, 2, 3, 0, 1, 2, 3, 0] }], 2);
  for (let end = 0; end < whole.length; end++)
    assert.throws(() => readRuns({ bytes: whole, at: 0, end }, 2, new Uint8Array(12)), SyntaxError);
});

test("runs of nothing come to an end", () => {
  const bytes = new Uint8Array(100);
  assert.throws(() => readRuns({ bytes, at: 0, end: bytes.length }, 1, new Uint8Array(5)), SyntaxError);
  assert.deepEqual([...readRuns({ bytes, at: 0, end: 0 }, 0, new Uint8Array(3))], [0, 0, 0]);
});

test("as many bits as the largest value has", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 255].map(bitsFor), [0, 1, 2, 2, 3, 8]);
});
