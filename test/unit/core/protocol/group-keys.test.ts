// laws: strings have the order of their bytes; a separator comes after the key before it, not after its own, and is no longer than it must be.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareKeys, separatorOf, sortKeys } from "../../../../core/protocol/group-keys.ts";
import type { Key } from "../../../../core/script/types.ts";

const text = fc.string({
  unit: fc.constantFrom("a", "b", "é", "\ue000", "\uffff", "😀", "😁", "\ud83d"),
  maxLength: 12,
});
const halves = fc.string({
  unit: fc.constantFrom("a", "\ue000", "\uffff", "😀", "\ud83d", "\ud83e", "\ude00", "\udfff"),
  maxLength: 6,
});
const key = fc.oneof<fc.Arbitrary<Key>[]>(text, text, fc.integer(), fc.constantFrom<Key>(null, true, false));

test("a separator of two keys in order lies between them", () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      if (compareKeys(a, b) === 0) return;
      const [before, after] = sortKeys([a, b]) as [Key, Key];
      const separator = separatorOf(before, after);
      assert.ok(
        compareKeys(before, separator) < 0,
        `${JSON.stringify(separator)} is not after ${JSON.stringify(before)}`,
      );
      assert.ok(compareKeys(separator, after) <= 0, `${JSON.stringify(separator)} is after ${JSON.stringify(after)}`);
    }),
    { numRuns: 5000 },
  );
});

/** UTF-8 in which a surrogate that has no other half stands for itself (WTF-8). */
function bytesOf(text: string): Buffer {
  return Buffer.concat(
    Array.from(text, (character) => {
      const point = character.codePointAt(0) as number;
      if (point < 0xd800 || point > 0xdfff) return Buffer.from(character);
      return Buffer.from([0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63)]);
    }),
  );
}

test("strings have the order of their bytes, also where surrogates stand alone", () => {
  fc.assert(
    fc.property(halves, halves, (a, b) => {
      const order = Math.sign(Buffer.compare(bytesOf(a), bytesOf(b)));
      assert.equal(Math.sign(compareKeys(a, b)), order);
      assert.deepEqual(sortKeys([a, b]), order <= 0 ? [a, b] : [b, a]);
    }),
    { numRuns: 5000 },
  );
});

test("long keys that differ early have a short separator, and the first key of all is cut", () => {
  const long = (start: string) => start + "x".repeat(8000);
  assert.equal(separatorOf(long("ab"), long("ac")), "ac");
  assert.equal(separatorOf(long("a😀"), long("a😁")), "a😁");
  assert.equal((separatorOf(undefined, long("")) as string).length, 32);
  assert.equal(separatorOf(3, long("")), "");
  assert.equal(separatorOf("a", 7), 7);
});
