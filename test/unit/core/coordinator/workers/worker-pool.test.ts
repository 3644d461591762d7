// The pool with workers that are nothing but links: what is sent to them, when, and what becomes of those that never come up.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bufferText as text } from "../../../../../adapters/shared/buffer-codec.ts";
import type { Batch } from "../../../../../core/coordinator/job/batch.ts";
import { type BatchTaskOptions, runBatch } from "../../../../../core/coordinator/workers/run-batch.ts";
import type { WorkerPoolSettings } from "../../../../../core/coordinator/workers/script-start.ts";
import { WorkerPool } from "../../../../../core/coordinator/workers/worker-pool.ts";
import type { Exit, WorkerLink } from "../../../../../core/platform/runtime.ts";
import { createFrameDecoder, encodeFrame } from "../../../../../core/protocol/frames.ts";
import type { FromWorker, ToWorker } from "../../../../../core/protocol/messages.ts";
import type { ScriptFacts, ScriptSource } from "../../../../../core/script/types.ts";
import { mapRequest } from "../../../../support/map-request.ts";

const script: ScriptSource = {
  name: "-e",
  url: undefined,
  code: { map: "_" },
  modules: [],
  loader: "native",
  folder: "/",
};
const facts: ScriptFacts = { keyed: false, reduces: false, setsUp: false, tearsDown: false, options: {}, exports: [] };
const request = mapRequest({});

interface FakeWorker {
  readonly link: WorkerLink;
  /** Types of what it was sent. */
  readonly sent: string[];
  say(message: FromWorker): void;
  die(exit?: Partial<Exit>): void;
  /** Its process is gone; what it has said is still on its way. */
  exit(exit: Partial<Exit>): void;
}

function fakeWorker(): FakeWorker {
  const sent: string[] = [];
  let seal: number | undefined;
  const decode = createFrameDecoder(text, ({ head }) => {
    const message = head as ToWorker;
    if (message.type === "load") ({ seal } = message);
    sent.push(message.type);
  });
  let hear: (bytes: Uint8Array) => void = () => {};
  let close = () => {};
  let end: (exit: Exit) => void = () => {};
  const exited = new Promise<Exit>((resolve) => {
    end = resolve;
  });
  const exit = (how: Partial<Exit>) => end({ code: 1, signal: null, stderrTail: "", ...how });
  const die = (how: Partial<Exit> = {}) => {
    close();
    exit(how);
  };
  return {
    link: {
      port: {
        send(pieces) {
          for (const piece of pieces) decode(piece);
        },
        receive(onBytes, onClosed) {
          hear = onBytes;
          close = onClosed;
        },
      },
      pid: undefined,
      exited,
      kill: () => die(),
    },
    sent,
    say(message) {
      for (const piece of encodeFrame(text, message, [], seal)) hear(piece);
    },
    die,
    exit,
  };
}

const tearsDown: ScriptFacts = { ...facts, tearsDown: true };

function createPool(known: ScriptFacts | undefined): { pool: WorkerPool; workers: FakeWorker[] } {
  const workers: FakeWorker[] = [];
  const spawn = () => {
    const worker = fakeWorker();
    workers.push(worker);
    return worker.link;
  };
  // Time stands still but for what is only put off.
  const after = (delayMs: number, task: () => void) => {
    if (delayMs === 0) setTimeout(task);
    return () => {};
  };
  return { pool: new WorkerPool({ spawn, script, facts: known, text, now: () => 0, after }), workers };
}

const batch: Batch = { next: { source: 0, shift: 0 }, segments: [], block: undefined, bytes: 1 };

function taskOptions(pool: WorkerPool): BatchTaskOptions {
  let id = 0;
  return {
    acquire: (depth, again) => pool.available(depth, again),
    depth: () => 50,
    runsTogether: () => true,
    nextId: () => id++,
    retries: 2,
    timeoutMs: undefined,
    exitCall: "process.exit",
    failsByLine: false,
    budgetMs: undefined,
    isLost: () => false,
  };
}

const settings = {} as WorkerPoolSettings;
const eventLoopTurn = () => new Promise((resolve) => setTimeout(resolve));

test("where it is known what the script is, the first worker is sent its first request with it", async () => {
  const { pool, workers } = createPool(facts);
  pool.grow(2);
  pool.begin(settings);
  const handle = await pool.available(() => 1);
  void handle.request(request);
  assert.deepEqual(
    workers.map(({ sent }) => sent),
    [
      ["load", "start", "map"],
      ["load", "start"],
    ],
  );
  assert.equal(pool.saturated, false, "no worker is there yet");
});

test("a worker that is not needed to tell what the script is gets requests when it is up", async () => {
  const { pool, workers } = createPool(facts);
  pool.grow(2);
  pool.begin(settings);
  const first = await pool.available(() => 1);
  void first.request(request);
  const second = pool.available(() => 1);
  assert.equal(await Promise.race([second, eventLoopTurn()]), undefined);
  workers[1]?.say({ type: "loaded", facts });
  assert.equal((await second).worker, 1);
});

test("a module is asked what it is before any is started", async () => {
  const { pool, workers } = createPool(undefined);
  pool.grow(1);
  await eventLoopTurn();
  assert.deepEqual(workers[0]?.sent, ["load"]);
  workers[0]?.say({ type: "loaded", facts: { ...facts, setsUp: true } });
  assert.equal((await pool.facts).setsUp, true);
  pool.begin(settings);
  assert.deepEqual(workers[0]?.sent, ["load", "start"]);
  const handle = pool.available(() => 1);
  assert.equal(await Promise.race([handle, eventLoopTurn()]), undefined, "its setup has not been run");
  workers[0]?.say({ type: "started" });
  assert.equal((await handle).worker, 0);
});

test("workers that die before they are up have not died of the request that was sent ahead", async () => {
  const { pool, workers } = createPool(facts);
  pool.failed.catch(() => {});
  pool.grow(1);
  pool.begin(settings);
  const reply = (await pool.available(() => 1)).request(request);
  workers[0]?.die();
  const answer = await reply;
  assert.deepEqual(answer.tag === "died" && answer.death.blamed, false);
  for (const next of [1, 2]) {
    while (workers[next] === undefined) await eventLoopTurn();
    workers[next]?.die();
  }
  await assert.rejects(pool.failed, /^JobError: Cannot start workers: 3 in a row/);
});

test("workers that Ctrl-C ends before they are up have not failed: what it ends is the job", async () => {
  const { pool, workers } = createPool(facts);
  pool.grow(5);
  pool.begin(settings);
  for (const worker of workers) worker.die({ code: null, signal: "SIGINT" });
  assert.equal(await Promise.race([pool.failed, eventLoopTurn()]), undefined);
});

test("a worker that is given to several at once has nothing beside a request that is to run alone", async () => {
  const { pool, workers } = createPool(facts);
  pool.grow(2);
  pool.begin(settings);
  const options = taskOptions(pool);
  const outcomes = [1, 2, 3].map(() => runBatch(batch, undefined, options));
  await eventLoopTurn();
  assert.deepEqual(workers[0]?.sent, ["load", "start", "map", "map", "map"]);
  for (const worker of workers) worker.say({ type: "loaded", facts });
  workers[0]?.die({ code: 3 });
  await eventLoopTurn();
  const [, other] = workers;
  assert.deepEqual(other?.sent, ["load", "start", "map"], "the first of them may have been the cause: it is alone");
  const counts = { records: 0, emittedFrom: 0, filtered: 0, rejected: 0 };
  const nothing = { rejects: [], lines: [], counters: [], bytes: 0, kept: false, nodes: [], runs: [], busyMs: 0 };
  other.say({ type: "done", id: 3, asynchronous: true, counts, ...nothing } as FromWorker);
  assert.equal((await outcomes[0])?.tag, "done");
  await eventLoopTurn();
  assert.deepEqual(other.sent.slice(3), ["map", "map"]);
});

test("a worker that is told to stop after it was given out gets no request", async () => {
  const { pool, workers } = createPool(facts);
  pool.grow(1);
  pool.begin(settings);
  workers[0]?.say({ type: "loaded", facts });
  const handle = await pool.available(() => 2);
  pool.recycle(handle, 10, 10);
  void runBatch(batch, undefined, taskOptions(pool), handle);
  workers[1]?.say({ type: "loaded", facts });
  await eventLoopTurn();
  assert.deepEqual(
    workers.map(({ sent }) => sent),
    [
      ["load", "start", "stop"],
      ["load", "start", "map"],
    ],
  );
});

test("a job that ends while a worker is still on its way does not wait for it", async () => {
  const { pool, workers } = createPool(facts);
  pool.grow(1);
  pool.begin(settings);
  await pool.available(() => 1);
  await pool.stop();
  assert.equal(workers[0]?.sent.includes("stop"), false);
});

test("a worker that has torn down and is gone, and whose pipe is not closed yet, is not told to stop again", async () => {
  const { pool, workers } = createPool(tearsDown);
  pool.grow(1);
  pool.begin(settings);
  workers[0]?.say({ type: "loaded", facts: tearsDown });
  workers[0]?.say({ type: "started" });
  await pool.available(() => 1);
  const first = pool.stop();
  workers[0]?.say({ type: "stopped", counters: [] });
  workers[0]?.exit({ code: 0 });
  await first;
  const second = pool.stop();
  await eventLoopTurn();
  workers[0]?.die({ code: 0 });
  await second;
  pool.left.checkTeardown();
});

test("a worker that is killed because it is not needed fails no teardown, whatever it has still said", async () => {
  const { pool, workers } = createPool(tearsDown);
  pool.grow(2);
  pool.begin(settings);
  for (const say of ["loaded", "started"] as const) workers[0]?.say({ type: say, facts: tearsDown } as FromWorker);
  await pool.available(() => 1);
  const kills = workers[1] as { link: { kill: () => void } };
  kills.link.kill = () => {};
  const first = pool.stop();
  for (const say of ["loaded", "started"] as const) workers[1]?.say({ type: say, facts: tearsDown } as FromWorker);
  await eventLoopTurn();
  const second = pool.stop();
  workers[0]?.say({ type: "stopped", counters: [] });
  workers[0]?.die({ code: 0 });
  workers[1]?.die({ code: null, signal: "SIGKILL" });
  await Promise.all([first, second]);
  pool.left.checkTeardown();
});

test("workers that were dismissed are told to stop, and another is started when one is asked for after all", async () => {
  const { pool, workers } = createPool(facts);
  pool.grow(1);
  pool.begin(settings);
  workers[0]?.say({ type: "loaded", facts });
  const handle = await pool.available(() => 1);
  assert.equal(handle.worker, 0);
  pool.dismiss();
  assert.ok(workers[0]?.sent.includes("stop"));
  const another = pool.available(() => 1);
  assert.equal(workers.length, 2);
  workers[1]?.say({ type: "loaded", facts });
  assert.equal((await another).worker, 1, "not the one that leaves");
});

test("workers are not dismissed while one is asked for", async () => {
  const { pool, workers } = createPool(facts);
  pool.grow(1);
  pool.begin(settings);
  workers[0]?.say({ type: "loaded", facts });
  void (await pool.available(() => 1)).request(request);
  const waiting = pool.available(() => 1);
  pool.dismiss();
  assert.ok(!workers[0]?.sent.includes("stop"));
  workers[0]?.die();
  while (workers[1] === undefined) await eventLoopTurn();
  workers[1].say({ type: "loaded", facts });
  assert.equal((await waiting).worker, 1);
});
