// laws: a record's numbers depend on the seed, the source and the offset, and on nothing else.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RecordRandom } from "../../../../../core/worker/script/record-random.ts";

function draw(seed: number, source: number, offset: number, count: number): number[] {
  const random = new RecordRandom();
  random.reseed(seed, source, offset);
  return Array.from({ length: count }, () => random.next());
}

const seed = fc.nat();
const source = fc.nat(1000);
const offset = fc.oneof(fc.nat(1000), fc.nat(2 ** 52));

test("the same record draws the same numbers, whatever was drawn before it", () => {
  fc.assert(
    fc.property(seed, source, offset, fc.nat(), fc.nat(20), (seed, source, offset, other, before) => {
      const random = new RecordRandom();
      random.reseed(other, other, other);
      for (let i = 0; i < before; i++) random.next();
      random.reseed(seed, source, offset);
      assert.deepEqual(
        Array.from({ length: 5 }, () => random.next()),
        draw(seed, source, offset, 5),
      );
    }),
  );
});

test("the numbers are in [0, 1)", () => {
  fc.assert(
    fc.property(seed, source, offset, (seed, source, offset) => {
      for (const n of draw(seed, source, offset, 20)) assert.equal(n >= 0 && n < 1, true, String(n));
    }),
  );
});

test("the numbers are these, on every runtime and in every version", () => {
  assert.deepEqual(
    draw(1, 2, 3, 3).map((n) => Math.floor(n * 2 ** 32)),
    [1752983984, 22407766, 3146556638],
  );
});

test("another seed, source or offset draws other numbers, also beyond 32 bits", () => {
  fc.assert(
    fc.property(seed, source, offset, (seed, source, offset) => {
      const here = String(draw(seed, source, offset, 3));
      assert.notEqual(String(draw(seed + 1, source, offset, 3)), here);
      assert.notEqual(String(draw(seed, source + 1, offset, 3)), here);
      assert.notEqual(String(draw(seed, source, offset + 1, 3)), here);
      assert.notEqual(String(draw(seed, source, offset + 2 ** 32, 3)), here);
    }),
  );
});

test("the first numbers of neighbouring records spread evenly, and so do the numbers of one record", () => {
  const neighbours = Array.from({ length: 20_000 }, (_, i) => draw(0, 0, i * 20, 1)[0] as number);
  for (const numbers of [neighbours, draw(0, 0, 0, 20_000)]) {
    const mean = numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
    assert.equal(Math.abs(mean - 0.5) < 0.01, true, `mean ${mean}`);
    const tenths = new Array<number>(10).fill(0);
    for (const n of numbers) tenths[Math.floor(n * 10)] = (tenths[Math.floor(n * 10)] as number) + 1;
    for (const count of tenths) assert.equal(Math.abs(count - 2000) < 200, true, `${tenths}`);
    let product = 0;
    for (let i = 1; i < numbers.length; i++) {
      product += ((numbers[i - 1] as number) - 0.5) * ((numbers[i] as number) - 0.5);
    }
    assert.equal(Math.abs(product / numbers.length) < 0.002, true, "a number tells the next one");
  }
});
