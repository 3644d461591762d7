import assert from "node:assert/strict";
import { test } from "node:test";
import { errorOf, library } from "../support/library.ts";
import { eventually, processesWith } from "../support/run-pmap.ts";

// A pool that stays: every item has an answer of its own, whatever happens to the workers.

const { createPool } = library;

test("10,000 calls of 50 callers at once: each gets its own answer", async () => {
  const pool = await createPool((n: number) => ({ n, twice: n * 2 }), { cores: 2 });
  let next = 0;
  async function caller() {
    for (let n = next++; n < 10_000; n = next++) assert.deepEqual(await pool.run(n), { n, twice: n * 2 });
  }
  await Promise.all(Array.from({ length: 50 }, caller));
  const { completed, failed, queued, running, started } = pool.stats();
  assert.deepEqual([completed, failed, queued, running, started], [10_000, 0, 0, 0, 2]);
  await pool.close();
});

test("an item that throws fails alone, with its own error", async () => {
  const pool = await createPool(
    (n: number) => {
      if (n % 10 === 3) throw new RangeError(`no ${n}`);
      return n;
    },
    { cores: 2 },
  );
  const answers = await Promise.allSettled(Array.from({ length: 100 }, (_, n) => pool.run(n)));
  for (const [n, answer] of answers.entries()) {
    if (n % 10 !== 3) assert.deepEqual(answer, { status: "fulfilled", value: n });
    else {
      assert.equal(answer.status, "rejected");
      const { code, record } = answer.reason;
      assert.deepEqual(
        [code, record.message, record.record, record.line],
        ["PMAP_RECORD", `map threw RangeError: no ${n}`, String(n), n + 1],
      );
    }
  }
  await pool.close();
});

test("a worker that is killed from outside costs no answer", async () => {
  const pool = await createPool(
    async (n: number) => {
      if (n === 0) return process.pid;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return n;
    },
    { cores: 2 },
  );
  const pid = (await pool.run(0)) as number;
  const answers = Promise.all(Array.from({ length: 60 }, (_, n) => pool.run(n + 1)));
  process.kill(pid, "SIGKILL");
  assert.deepEqual(
    await answers,
    Array.from({ length: 60 }, (_, n) => n + 1),
  );
  assert.ok(pool.stats().started > 2);
  await pool.close();
});

test("an item that exits, hangs or kills its worker is the one that fails", async () => {
  const pool = await createPool(
    (what: string) => {
      if (what === "exit") process.exit(4);
      if (what === "kill") process.kill(process.pid, "SIGKILL");
      while (what === "hang");
      return what;
    },
    { cores: 2, timeout: 1000, retries: 1 },
  );
  const answers = await Promise.allSettled(["a", "exit", "b", "hang", "c", "kill", "d"].map((what) => pool.run(what)));
  assert.deepEqual(
    answers.map((answer) => (answer.status === "fulfilled" ? answer.value : answer.reason.record.kind)),
    ["a", "exit", "b", "timeout", "c", "signal", "d"],
  );
  await pool.close();
});

test("asynchronous items run at once in a worker, as many as concurrency says", async () => {
  const pool = await createPool(
    async (_: number) => {
      const state = globalThis as { running?: number; most?: number };
      state.running = (state.running ?? 0) + 1;
      state.most = Math.max(state.most ?? 0, state.running);
      await new Promise((resolve) => setTimeout(resolve, 30));
      state.running--;
      return state.most;
    },
    { cores: 1, concurrency: 4 },
  );
  const most = (await Promise.all(Array.from({ length: 40 }, (_, n) => pool.run(n)))) as number[];
  assert.equal(Math.max(...most), 4);
  await pool.close();
});

test("map gives the values of items in their order, several of one, none of another", async () => {
  const pool = await createPool(
    function* (n: number) {
      for (let i = 0; i < n % 3; i++) yield n;
    },
    { cores: 2 },
  );
  async function* items() {
    for (let n = 0; n < 1000; n++) yield n;
  }
  const values: number[] = [];
  for await (const value of pool.map(items())) values.push(value);
  const expected = Array.from({ length: 1000 }, (_, n) => Array<number>(n % 3).fill(n)).flat();
  assert.deepEqual(values, expected);
  assert.equal(await pool.run(3), undefined);
  assert.match((await errorOf(pool.run(2))).message, /^the script has emitted 2 values for one item/);
  await pool.close();
});

test("map gives a value before its input gives the next item", async () => {
  const pool = await createPool((n: number) => n * 2, { cores: 2 });
  let next = (_: number) => {};
  async function* items() {
    for (let n = 1; n < 1000; ) {
      const answer = new Promise<number>((resolve) => {
        next = resolve;
      });
      yield n;
      n = await answer;
    }
  }
  const values: number[] = [];
  for await (const value of pool.map(items())) {
    values.push(value);
    next(value);
  }
  assert.deepEqual(values, [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]);
  await pool.close();
});

test("what waits is bounded by maxQueued, taken out by a signal, and finished by close", async () => {
  const pool = await createPool(
    async (n: number) => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return n;
    },
    { cores: 1, concurrency: 1, maxQueued: 2 },
  );
  const first = pool.run(1);
  // It is given out before the others wait.
  while (pool.stats().running === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const controller = new AbortController();
  const withdrawn = errorOf(pool.run(2, { signal: controller.signal }));
  const last = pool.run(3);
  assert.equal((await errorOf(pool.run(4))).code, "PMAP_QUEUE_FULL");
  controller.abort();
  assert.equal((await withdrawn).code, "PMAP_CANCELLED");
  assert.equal(pool.stats().queued, 1);
  const closed = pool.close();
  assert.equal((await errorOf(pool.run(5))).message, "Cannot run an item: the pool is closed");
  assert.deepEqual([await first, await last], [1, 3]);
  await closed;
});

test("a signal ends the pool and its workers", async () => {
  const name = `PMAP_TEST_${process.pid}_${Math.random()}`;
  process.env[name] = "1";
  try {
    const controller = new AbortController();
    const pool = await createPool(
      (n: number) => {
        while (n > 0);
        return n;
      },
      { cores: 2, signal: controller.signal },
    );
    const running = errorOf(pool.run(1));
    controller.abort();
    assert.equal((await running).code, "PMAP_CANCELLED");
    assert.equal((await errorOf(pool.run(0))).code, "PMAP_CANCELLED");
    await pool.close();
    assert.ok(await eventually(() => processesWith(`${name}=1`).length === 0));
  } finally {
    delete process.env[name];
  }
});

test("setup runs once a worker, teardown at the end, and a worker is replaced after its records", async () => {
  let printed = "";
  const onStderr = (bytes: Uint8Array) => {
    printed += new TextDecoder().decode(bytes);
  };
  const pool = await createPool((n: number) => n, {
    cores: 1,
    recycle: 10,
    onStderr,
    setup: () => console.error("up"),
    teardown: () => console.error("down"),
  });
  for (let n = 0; n < 25; n++) assert.equal(await pool.run(n), n);
  await pool.close();
  const ups = printed.match(/^up$/gm)?.length ?? 0;
  assert.equal(printed.match(/^down$/gm)?.length, ups);
  assert.ok(ups >= 2, printed);
});

test("a script that cannot be used is an error of createPool, or of the first item", async () => {
  assert.equal((await errorOf(createPool("nope.ts"))).code, "PMAP_SCRIPT");
  assert.match((await errorOf(createPool({ code: { map: "_ +" } }))).message, /^Cannot compile map: /);
  const reduces = createPool({ code: { map: "_", reduce: "(a, b) => a + b" } });
  assert.match((await errorOf(reduces)).message, /^Cannot run items: the script has a reduce/);
  const pool = await createPool((n: number) => n, {
    setup: () => {
      throw new Error("not today");
    },
  });
  assert.match((await errorOf(pool.run(1))).message, /^setup threw Error: not today/);
  await pool.close();
});

test("items that were asked for ahead do not run when no more values are wanted", async () => {
  const pool = await createPool(
    (n: number) => {
      const end = performance.now() + 20;
      while (performance.now() < end);
      return n;
    },
    { cores: 1 },
  );
  const numbers = Array.from({ length: 250 }, (_, n) => n);
  for await (const n of pool.map(numbers)) if (n === 2) break;
  assert.equal(pool.stats().queued, 0);
  assert.equal(await pool.run(1000), 1000);
  await pool.close();
});

test("what onStderr throws is the error of the items", async () => {
  const onStderr = () => {
    throw new Error("broken");
  };
  const pool = await createPool(
    async (n: number) => {
      console.error(n);
      await new Promise((resolve) => setTimeout(resolve, 3000));
    },
    { cores: 1, onStderr },
  );
  const { code, message } = await errorOf(pool.run(1));
  assert.deepEqual([code, message], ["PMAP_JOB", "onStderr threw Error: broken"]);
  await pool.close();
});
