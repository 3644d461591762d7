import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { errorOf, library } from "../support/library.ts";
import { eventually, processesWith, temporaryFolder } from "../support/run-pmap.ts";

// A pool that stays: every item has an answer of its own, whatever happens to the workers.

const { createPool } = library;
const folder = temporaryFolder();

function file(name: string, source: string): string {
  const path = join(folder, name);
  writeFileSync(path, source);
  return path;
}

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

test("maxQueued counts items that wait, and not those that idle workers take", async () => {
  for (const maxQueued of [0, 1, 3, Number.POSITIVE_INFINITY]) {
    const pool = await createPool((n: number) => n, { cores: 2, maxQueued });
    const count = 2 + Math.min(maxQueued, 5);
    for (let round = 0; round < 3; round++) {
      const answers = Promise.all(Array.from({ length: count }, (_, n) => pool.run(n)));
      if (Number.isFinite(maxQueued)) {
        const { code, message } = await errorOf(pool.run(-1));
        assert.equal(code, "PMAP_QUEUE_FULL");
        assert.equal(
          message,
          `Cannot run an item: no worker is idle, and as many items wait as maxQueued allows: ${maxQueued}`,
        );
      }
      assert.deepEqual(
        await answers,
        Array.from({ length: count }, (_, n) => n),
      );
    }
    await pool.close();
  }
});

test("an idle worker takes as many asynchronous items as run at once in it", async () => {
  const pool = await createPool(async (n: number) => n, { cores: 2, concurrency: 3, maxQueued: 1 });
  assert.equal(await pool.run(0), 0);
  const answers = Promise.all(Array.from({ length: 7 }, (_, n) => pool.run(n)));
  assert.equal((await errorOf(pool.run(7))).code, "PMAP_QUEUE_FULL");
  assert.equal((await answers).length, 7);
  await pool.close();
});

/** Runs a task, and checks that all processes that were started in it are gone. */
async function leavesNoProcess(task: () => Promise<void>): Promise<void> {
  const name = `PMAP_TEST_${process.pid}_${Math.random()}`;
  process.env[name] = "1";
  try {
    await task();
    assert.ok(await eventually(() => processesWith(`${name}=1`).length === 0));
  } finally {
    delete process.env[name];
  }
}

test("a signal ends the pool and its workers", async () => {
  await leavesNoProcess(async () => {
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
  });
});

test("a signal ends a pool whose script is still loading", async () => {
  await leavesNoProcess(async () => {
    const controller = new AbortController();
    const script = file(
      "waits.mjs",
      'console.error("waits"); setInterval(() => {}, 1000); await new Promise(() => {});',
    );
    const reason = new Error("enough");
    const { code, cause } = await errorOf(
      createPool(script, { cores: 2, signal: controller.signal, onStderr: () => controller.abort(reason) }),
    );
    assert.deepEqual([code, cause], ["PMAP_CANCELLED", reason]);
    const { code: late } = await errorOf(createPool((n: number) => n, { signal: controller.signal }));
    assert.equal(late, "PMAP_CANCELLED");
  });
});

/** A signal that counts who listens to it. */
function countedSignal() {
  const { signal } = new AbortController();
  const listeners = new Set<unknown>();
  let most = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (type: string, listener: () => void) => {
    listeners.add(listener);
    most = Math.max(most, listeners.size);
    addEventListener.call(signal, type, listener);
  };
  signal.removeEventListener = (type: string, listener: () => void) => {
    listeners.delete(listener);
    removeEventListener.call(signal, type, listener);
  };
  return { signal, now: () => listeners.size, most: () => most };
}

test("no listener is left on a signal, and all share one", async () => {
  const { signal, now, most } = countedSignal();
  const { pmap } = library;
  const pools = await Promise.all([1, 2, 3].map(() => createPool((n: number) => n, { cores: 1, signal })));
  const answers = pools.flatMap((pool) => [1, 2, 3].map((n) => pool.run(n, { signal })));
  const jobs = [1, 2].map(() => pmap((n: number) => n, [1], { cores: 1, signal }).toArray());
  await Promise.all([...answers, ...jobs]);
  for (const pool of pools) await pool.close();
  assert.deepEqual([now(), most()], [0, 1]);
  await errorOf(createPool("nope.ts", { signal }));
  await errorOf(createPool({ code: { map: "_ +" } }, { signal }));
  assert.deepEqual([now(), most()], [0, 1]);
});

test("what is no signal is refused before any worker starts", async () => {
  await leavesNoProcess(async () => {
    for (const signal of [new AbortController(), 5, "x", {}, true, () => {}]) {
      const { code, message } = await errorOf(createPool((n: number) => n, { signal: signal as never }));
      assert.equal(code, "PMAP_USAGE");
      assert.match(message, /^Cannot use the option "signal": expected an AbortSignal, not /);
    }
    const pool = await createPool((n: number) => n, { cores: 1, signal: null as never });
    for (const signal of [new AbortController(), 5, "x", {}, true, () => {}]) {
      const { code, message } = await errorOf(pool.run(1, { signal: signal as never }));
      assert.equal(code, "PMAP_USAGE");
      assert.match(message, /^Cannot use the option "signal": expected an AbortSignal, not /);
    }
    for (const options of [5, "x", true, () => {}, [], ["signal"], new AbortController().signal]) {
      const { code, message } = await errorOf(pool.run(1, options as never));
      assert.equal(code, "PMAP_USAGE");
      assert.match(message, /^Cannot use the options of an item: expected an object, not /);
    }
    const unknown = await errorOf(pool.run(1, { timeout: 5 } as never));
    assert.equal(unknown.message, 'Cannot use the option "timeout": there is none of that name');
    for (const none of [undefined, null, {}, { signal: undefined }, { signal: null }])
      assert.equal(await pool.run(1, none as never), 1);
    assert.equal(pool.stats().completed, 5);
    await pool.close();
  });
});

test("options of a pool that are no object of options are wrong usage", async () => {
  for (const options of [4, "x", true, () => {}, [], [4], Symbol("x"), new Map(), new AbortController().signal]) {
    const { code, message } = await errorOf(createPool((n: number) => n, options as never));
    assert.equal(code, "PMAP_USAGE");
    assert.match(message, /^Cannot use the options: expected an object, not /);
  }
});

test("options of a job are refused by name, and those of a pool by their type", async () => {
  const ofJobs = {
    from: "jsonl",
    limit: 1,
    onError: "fail",
    maxErrors: 1,
    errors: "e.jsonl",
    chunk: 5,
    report: "r.html",
    trace: "t.json",
    profile: "p.cpuprofile",
    stats: true,
    onProgress: () => {},
    resume: true,
    restart: true,
    to: "csv",
    filesFrom: "list.txt",
    glob: "*.csv",
    ordered: false,
    minFree: "1K",
    maxLoad: 100,
    engine: "spark",
    columns: ["a"],
    map: (n: number) => n,
    reduce: (a: number) => a,
  };
  for (const [name, value] of Object.entries(ofJobs)) {
    const { code, message } = await errorOf(createPool((n: number) => n, { [name]: value } as never));
    assert.equal(code, "PMAP_USAGE");
    assert.equal(
      message,
      `Cannot use the option "${name}" with a pool: it is for a job, which has an input and an end`,
    );
  }
  for (const maxQueued of [Number.NaN, -1, 1.5, "2", 2n, true, {}, []]) {
    const { code, message } = await errorOf(createPool((n: number) => n, { maxQueued } as never));
    assert.equal(code, "PMAP_USAGE");
    assert.match(message, /^Cannot use the option "maxQueued": expected a whole number or Infinity, not /);
  }
  const other = await errorOf(createPool((n: number) => n, { core: 1 } as never));
  assert.equal(other.message, 'Cannot use the option "core": there is none of that name');
});

test("items that cannot be iterated are refused", async () => {
  const pool = await createPool((n: number) => n, { cores: 1 });
  for (const items of [5, null, undefined, {}, true, () => {}, { [Symbol.iterator]: 5 }]) {
    const { code, message } = await errorOf(pool.map(items as never).next());
    assert.equal(code, "PMAP_USAGE");
    assert.match(message, /^Cannot run the items: expected an iterable, not /);
  }
  assert.equal((await pool.map(new Set([7])).next()).value, 7);
  await pool.close();
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
