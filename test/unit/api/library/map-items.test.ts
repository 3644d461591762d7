import assert from "node:assert/strict";
import { test } from "node:test";
import { type ItemAhead, mapItems } from "../../../../api/library/map-items.ts";

// pool.map without a pool: a test answers its items itself, in the order that it wants.

interface Asked {
  readonly item: unknown;
  readonly withdrawn: () => boolean;
  answer(...values: unknown[]): void;
  fail(error: Error): void;
}

function asker() {
  const asked: Asked[] = [];
  const ask = (item: unknown): ItemAhead => {
    const { promise: values, resolve: answer, reject: fail } = withResolvers<readonly unknown[]>();
    values.catch(() => {});
    let isWithdrawn = false;
    asked.push({ item, withdrawn: () => isWithdrawn, answer: (...all) => answer(all), fail });
    return {
      values,
      withdraw: () => {
        isWithdrawn = true;
      },
    };
  };
  return { asked, ask };
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((resolveIt, rejectIt) => {
    resolve = resolveIt;
    reject = rejectIt;
  });
  return { promise, resolve, reject };
}

/** Everything that can go on without another answer has gone on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

async function all(values: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const value of values) found.push(value);
  return found;
}

const never = new Promise<never>(() => {});
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

test("a producer that waits for the answer to an item gets it before it gives the next", async () => {
  const answered = [withResolvers<void>(), withResolvers<void>(), withResolvers<void>()];
  async function* items() {
    for (const [n, { promise }] of answered.entries()) {
      yield n;
      await promise;
    }
  }
  const ask = (item: unknown) => {
    const values = Promise.resolve([item]);
    return { values, withdraw: () => {} };
  };
  const found: unknown[] = [];
  for await (const value of mapItems(items(), { most: 256, ask })) {
    found.push(value);
    answered[value as number]?.resolve();
  }
  assert.deepEqual(found, [0, 1, 2]);
});

test("values come in the order of their items, in whatever order those are answered and come", async () => {
  for (let round = 0; round < 200; round++) {
    const random = randomOf(round);
    const { asked, ask } = asker();
    const count = Math.floor(random() * 12);
    const most = 1 + Math.floor(random() * 4);
    async function* items() {
      for (const n of numbers(count)) {
        for (let turn = random() * 3; turn >= 1; turn--) await settle();
        yield n;
      }
    }
    const found = all(mapItems(items(), { most, ask }));
    const waiting = new Set<Asked>();
    for (let taken = 0, done = 0; done < count; ) {
      await settle();
      for (; taken < asked.length; taken++) waiting.add(asked[taken] as Asked);
      assert.ok(waiting.size <= most, `${waiting.size} of ${most}`);
      const [...open] = waiting;
      const next = open[Math.floor(random() * open.length)];
      if (next === undefined) continue;
      waiting.delete(next);
      done++;
      next.answer(...numbers((next.item as number) % 3).map(() => next.item));
    }
    const expected = numbers(count).flatMap((n) => numbers(n % 3).map(() => n));
    assert.deepEqual(await found, expected, `round ${round}`);
  }
});

test("no more items are read than may be ahead", async () => {
  const { asked, ask } = asker();
  const found = all(mapItems(numbers(10), { most: 3, ask }));
  await settle();
  assert.equal(asked.length, 3);
  // The first holds back the others.
  asked[1]?.answer(1);
  asked[2]?.answer(2);
  await settle();
  assert.equal(asked.length, 3);
  asked[0]?.answer(0);
  await settle();
  assert.equal(asked.length, 6);
  for (let n = 3; n < 10; n++) {
    asked[n]?.answer(n);
    await settle();
  }
  assert.deepEqual(await found, numbers(10));
});

test("an input is read when the first value is asked for, and no further than may be ahead", async () => {
  let taken = 0;
  function* items() {
    for (;;) yield taken++;
  }
  const { asked, ask } = asker();
  const values = mapItems(items(), { most: 2, ask });
  await settle();
  assert.equal(taken, 0);
  const first = values.next();
  await settle();
  asked[0]?.answer("a");
  assert.deepEqual(await first, { done: false, value: "a" });
  // Two are ahead of the value that was taken, however long the next is not asked for.
  await settle();
  assert.equal(asked.length, 3);
});

/** What happens to an input that is left early. */
function leavable(stops: { at: number; in?: Promise<void> }) {
  const told = { closed: false };
  async function* items() {
    try {
      for (let n = 0; ; n++) {
        if (n === stops.at) await (stops.in ?? never);
        yield n;
      }
    } finally {
      told.closed = true;
    }
  }
  return { items: items(), told };
}

for (const [what, leave] of [
  [
    "break",
    async (values: AsyncIterable<unknown>) => {
      for await (const _ of values) break;
    },
  ],
  [
    "a throw in the consumer",
    async (values: AsyncIterable<unknown>) => {
      const left = (async () => {
        for await (const _ of values) throw new Error("enough");
      })();
      await assert.rejects(left, { message: "enough" });
    },
  ],
] as const) {
  test(`${what} withdraws what is ahead, and ends an input between two items`, async () => {
    const { asked, ask } = asker();
    const { items, told } = leavable({ at: Number.POSITIVE_INFINITY });
    const left = leave(mapItems(items, { most: 4, ask }));
    await settle();
    asked[0]?.answer(0);
    await left;
    assert.deepEqual(
      asked.map(({ withdrawn }) => withdrawn()),
      [false, true, true, true, true],
    );
    assert.equal(told.closed, true);
  });

  test(`${what} does not wait for an input that is in the middle of an item`, async () => {
    const { asked, ask } = asker();
    const gate = withResolvers<void>();
    const { items, told } = leavable({ at: 2, in: gate.promise });
    const left = leave(mapItems(items, { most: 4, ask }));
    await settle();
    asked[0]?.answer(0);
    await left;
    assert.equal(told.closed, false);
    gate.resolve();
    await settle();
    assert.equal(told.closed, true);
    assert.equal(asked.length, 2);
  });
}

test("an input that throws ends the map behind the values of the items before", async () => {
  async function* broken() {
    yield 0;
    yield 1;
    throw new Error("broken");
  }
  function* brokenAtOnce() {
    yield 0;
    yield 1;
    throw new Error("broken");
  }
  for (const items of [broken, brokenAtOnce]) {
    const { asked, ask } = asker();
    const found: unknown[] = [];
    const ended = (async () => {
      for await (const value of mapItems(items(), { most: 4, ask })) found.push(value);
    })();
    await settle();
    asked[1]?.answer("b");
    asked[0]?.answer("a");
    await assert.rejects(ended, { message: "broken" });
    assert.deepEqual(found, ["a", "b"]);
  }
});

test("an item that fails ends the map in its turn, with its own error, and withdraws the others", async () => {
  const { asked, ask } = asker();
  const { items, told } = leavable({ at: 3 });
  const found: unknown[] = [];
  const ended = (async () => {
    for await (const value of mapItems(items, { most: 4, ask })) found.push(value);
  })();
  await settle();
  asked[1]?.fail(new Error("no"));
  await settle();
  asked[0]?.answer("a");
  await assert.rejects(ended, { message: "no" });
  assert.deepEqual(found, ["a"]);
  assert.equal(asked[2]?.withdrawn(), true);
  assert.equal(told.closed, false);
});

test("promises in an iterable are awaited, as for await does", async () => {
  const ask = (item: unknown) => {
    const values = Promise.resolve([item]);
    return { values, withdraw: () => {} };
  };
  assert.deepEqual(await all(mapItems([Promise.resolve(1), 2, Promise.resolve(3)], { most: 2, ask })), [1, 2, 3]);
});

/** Numbers from 0 to 1, the same for a seed. */
function randomOf(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}
