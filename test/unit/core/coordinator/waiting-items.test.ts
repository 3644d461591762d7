import assert from "node:assert/strict";
import { test } from "node:test";
import type { Item } from "../../../../core/coordinator/item-batch.ts";
import { WaitingItems } from "../../../../core/coordinator/waiting-items.ts";

function item(number: number, bytes = 1): Item {
  return { number, line: new Uint8Array(bytes), resolve: () => {}, reject: () => {} };
}

const numbersOf = (items: readonly Item[]) => items.map(({ number }) => number);

test("items leave in the order in which they came, whatever is added, taken and removed between", () => {
  const waiting = new WaitingItems();
  let expected: Item[] = [];
  let number = 0;
  for (let turn = 0; turn < 20_000; turn++) {
    const what = (turn * 7919) % 13;
    if (what < 8) {
      const added = item(number++);
      waiting.add(added);
      expected.push(added);
    } else if (what < 12) {
      const most = what - 7;
      assert.deepEqual(numbersOf(waiting.take(most)), numbersOf(expected.slice(0, most)));
      expected = expected.slice(most);
    } else {
      const left = expected[turn % 5];
      if (left === undefined) continue;
      assert.equal(waiting.remove(left), true);
      assert.equal(waiting.remove(left), false);
      expected = expected.filter((each) => each !== left);
    }
    assert.equal(waiting.size, expected.length);
  }
  assert.deepEqual(numbersOf(waiting.clear()), numbersOf(expected));
  assert.equal(waiting.size, 0);
  assert.deepEqual(waiting.take(5), []);
});

test("an item that was taken does not wait, and cannot be removed", () => {
  const waiting = new WaitingItems();
  const [one, two] = [item(1), item(2)];
  waiting.add(one);
  waiting.add(two);
  assert.deepEqual(numbersOf(waiting.take(1)), [1]);
  assert.equal(waiting.remove(one), false);
  assert.deepEqual(numbersOf(waiting.clear()), [2]);
});

test("no more is taken when the bytes of a batch are reached, and one item at least", () => {
  const waiting = new WaitingItems();
  for (let number = 0; number < 5; number++) waiting.add(item(number, number === 3 ? 5_000_000 : 600_000));
  assert.deepEqual(numbersOf(waiting.take(5)), [0, 1]);
  assert.deepEqual(numbersOf(waiting.take(5)), [2, 3]);
  assert.deepEqual(numbersOf(waiting.take(5)), [4]);
});
