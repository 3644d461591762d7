// The other end of the driver's pipes: what it says is heard, and however it ends, the job is told.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bufferText as text } from "../../../../adapters/shared/buffer-codec.ts";
import { SparkDriver } from "../../../../adapters/spark/driver.ts";
import { framesOf } from "../../../../adapters/spark/script-frames.ts";
import { type ClusterEvent, OutputLost, type TaskAnswer } from "../../../../core/coordinator/cluster/cluster.ts";
import type { StageTask } from "../../../../core/coordinator/stage/messages.ts";
import type { Exit } from "../../../../core/platform/runtime.ts";
import { createFrameDecoder, encodeFrame } from "../../../../core/protocol/frames.ts";

function createDriver(runtime?: string) {
  const sent: { head: Record<string, unknown> }[] = [];
  const notices: string[] = [];
  const details: string[] = [];
  const events: ClusterEvent[] = [];
  let hear: (bytes: Uint8Array) => void = () => {};
  let exit: (exit: Exit) => void = () => {};
  let waited = () => {};
  const decode = createFrameDecoder(text, (frame) => sent.push(frame as never));
  const driver = new SparkDriver({
    link: {
      port: {
        send: (pieces) => {
          for (const piece of pieces) decode(piece);
        },
        receive: (onBytes) => {
          hear = onBytes;
        },
      },
      pid: 1,
      exited: new Promise((resolve) => {
        exit = resolve;
      }),
      kill: () => exit({ code: null, signal: "SIGKILL", stderrTail: "" }),
    },
    text,
    after: (_, task) => {
      waited = task;
      return () => {
        waited = () => {};
      };
    },
    runtime,
    onNotice: (message) => notices.push(message),
    onSaid: () => {},
    onDetail: (message) => details.push(message),
    onEvent: (event) => events.push(event),
  });
  return {
    driver,
    sent,
    notices,
    details,
    events,
    say(head: object, body: string[] = []) {
      for (const piece of encodeFrame(
        text,
        head,
        body.map((part) => text.encode(part)),
      ))
        hear(piece);
    },
    foul: () => hear(text.encode("log4j: hello, this is no frame")),
    exit: (given: Partial<Exit>) => exit({ code: null, signal: null, stderrTail: "", ...given }),
    wait: () => waited(),
  };
}

/** What a stage has sent. */
function framed(head: object, body: string): string[] {
  return encodeFrame(text, head, [text.encode(body)]).map((piece) => text.decode(piece, 0, piece.length));
}

const frames = framesOf({ sources: [], mappings: "", version: 3, names: [] } as never, "by path");
const start = {
  job: { script: {}, terms: {} },
  runtime: "node",
  program: undefined,
  files: [],
  archive: "x",
  frames,
  placeOf: () => undefined,
} as never;
const task: StageTask = { type: "task", id: 7, segments: [], bytes: 1 };

test("a wave is sent, its answers are told by task, and it ends", async () => {
  const { driver, sent, say } = createDriver();
  say({ type: "ready", version: "4.0", master: "local", slots: 5, ui: "" });
  assert.equal(driver.slots, 5);
  say({ type: "slots", count: 8 });
  assert.equal(driver.slots, 8);
  const answers: TaskAnswer[] = [];
  const running = driver.run([task], (answer) => answers.push(answer));
  assert.deepEqual(sent.at(-1)?.head, { type: "run", wave: 0, tasks: [task] });
  const done = { type: "done", id: 7, rejects: [] };
  say({ type: "answer", stage: "0.1", answer: done }, ["out", "put"]);
  assert.equal(answers[0]?.head.id, 7);
  assert.equal(Buffer.concat([...(answers[0]?.body ?? [])]).toString(), "output");
  // A second time it belongs to none.
  say({ type: "answer", stage: "0.2", answer: done });
  assert.equal(answers.length, 1);
  say({ type: "ended", wave: 0 });
  await running;
  assert.equal(driver.stages, 2);
});

test("a wave that Spark gives up is an error of its own; what is cancelled is not heard of again", async () => {
  const { driver, sent, say } = createDriver();
  const running = driver.run([task], () => {});
  say({ type: "failed", wave: 0, message: "the stage on a was ended by signal 9" });
  await assert.rejects(running, { message: "Cannot run a task on Spark: the stage on a was ended by signal 9" });
  const answers: TaskAnswer[] = [];
  void driver.run([{ ...task, id: 8 }], (answer) => answers.push(answer));
  driver.cancel();
  assert.equal(sent.at(-1)?.head.type, "cancel");
  say({ type: "answer", stage: "0.1", answer: { type: "done", id: 8, rejects: [] } });
  say({ type: "failed", wave: 1, message: "cancelled" });
  assert.equal(answers.length, 0);
});

test("an output that is held is fetched piece by piece, one ahead of what is taken", async () => {
  const { driver, sent, say } = createDriver();
  const pieces = driver.fetch("9")[Symbol.asyncIterator]();
  const first = pieces.next();
  assert.deepEqual(
    sent.map(({ head }) => head),
    [
      { type: "fetch", held: "9" },
      { type: "fetch", held: "9" },
    ],
  );
  say({ type: "held", is: "piece" }, framed({ type: "output" }, "out"));
  const { type, pieces: output } = (await first).value;
  assert.equal(`${type} ${Buffer.concat(output)}`, "output out");
  assert.equal(sent.length, 2);
  const second = pieces.next();
  assert.equal(sent.length, 3);
  const reject = { kind: "throw", message: "no", stack: "" };
  say({ type: "held", is: "piece" }, framed({ type: "rejects" }, JSON.stringify([reject])));
  assert.deepEqual((await second).value, { type: "rejects", rejects: [reject] });
  const third = pieces.next();
  say({ type: "held", is: "end" });
  assert.equal((await third).done, true);
});

test("an output whose machine has gone is told, and one whose driver has gone fails", async () => {
  const { driver, say, exit } = createDriver();
  const lost = driver.fetch("9")[Symbol.asyncIterator]().next();
  say({ type: "held", is: "lost" });
  await assert.rejects(lost, OutputLost);
  const waits = driver.fetch("10")[Symbol.asyncIterator]().next();
  exit({ signal: "SIGKILL" });
  await assert.rejects(waits, /^JobError: Cannot go on: /);
  await assert.rejects(driver.fetch("11")[Symbol.asyncIterator]().next(), /^JobError: Cannot go on: /);
});

for (const [what, cause, message] of [
  ["cannot start Spark", (d) => d.say({ type: "unready", message: "no master" }), /^Cannot start Spark: no master$/],
  ["has no use for the script", (d) => d.say({ type: "broken", message: "Cannot load s" }), /^Cannot load s$/],
  ["prints what is no frame", (d) => d.foul(), /^Cannot understand Spark's driver: /],
  [
    "exits",
    (d) =>
      d.exit({
        code: 1,
        stderrTail:
          '26/12/01 08:10:58 INFO DAGScheduler: x\nException in thread "main" org.a.B$CException: no Java\n\tat a.b(C.java:1)\n',
      }),
    /^Cannot go on: Spark's driver exited with code 1\nno Java$/,
  ],
  ["is killed", (d) => d.exit({ signal: "SIGKILL" }), /^Cannot go on: Spark's driver was ended by SIGKILL$/],
] as [string, (driver: ReturnType<typeof createDriver>) => void, RegExp][])
  test(`a driver that ${what} fails the job`, async () => {
    const made = createDriver();
    cause(made);
    await assert.rejects(made.driver.failed, { message });
    await assert.rejects(made.driver.ready);
  });

test("a driver that is told to stop may exit", async () => {
  const { driver, sent, exit } = createDriver();
  const stopping = driver.stop();
  assert.equal(sent.at(-1)?.head.type, "stop");
  exit({ code: 0 });
  await stopping;
  const undecided = Symbol();
  assert.equal(await Promise.race([driver.failed, Promise.resolve(undecided)]), undecided);
});

test("another version of the runtime on a machine of the cluster is told, once", () => {
  const { say, notices } = createDriver("node 20.1");
  for (const runtime of ["node 20.1", "node 18.2", "node 18.2", undefined])
    say({ type: "answer", stage: "0.1", runtime, answer: { type: "done", id: 1, rejects: [] } });
  assert.equal(notices.length, 1);
  assert.match(
    notices[0] ?? "",
    /^node 18.2 runs on a machine of the cluster, and node 20.1 elsewhere: Math.sin .*\nInstall/,
  );
});

test("a cluster without free cores is told of, and what is lost to those who ask", () => {
  const { driver, say, wait, notices, details } = createDriver();
  driver.open(start);
  wait();
  say({ type: "ready", version: "4.0", master: "spark://h:7077", slots: 2, ui: "" });
  wait();
  say({ type: "slots", count: 1 });
  wait();
  assert.deepEqual(notices, [
    "waiting for Spark: it has not started yet",
    "waiting for Spark: spark://h:7077 gives no executors\nIs the cluster up, and has it free cores?",
    "waiting for Spark: it has not started a task yet",
  ]);
  const begun = createDriver();
  begun.driver.open(start);
  begun.say({ type: "begun", wave: 0, index: 0, attempt: 1, executor: "0", host: "h" });
  begun.wait();
  assert.deepEqual(begun.notices, []);
  say({ type: "attempt", attempt: 12, nth: 1, host: "h", executor: "3", reason: "gone" });
  say({ type: "lost", executor: "3", expected: false, reason: "killed" });
  assert.deepEqual(details.slice(1), [
    "attempt 1 at a task has failed on h (executor 3), and Spark tries again: gone",
    "executor 3 is lost: killed",
  ]);
});

test("attempts and executors are told as events, each attempt with its task", async () => {
  const { driver, events, say } = createDriver();
  const [one, two] = [task, { ...task, id: 8 }];
  const answers: TaskAnswer[] = [];
  void driver.run([one, two], (answer) => answers.push(answer));
  const by = { attempt: 40, executor: "3", host: "h" };
  say({ type: "executor", executor: "3", host: "h", slots: 2 });
  say({ type: "begun", wave: 0, index: 1, ...by });
  // What was cancelled is begun all the same, now and then.
  say({ type: "begun", wave: 5, index: 0, ...by });
  say({ type: "attempt", nth: 1, reason: "gone", ...by });
  say({ type: "dropped", ...by });
  say({ type: "lost", executor: "3", expected: false, reason: "killed" });
  assert.deepEqual(
    events.map(({ type }) => type),
    ["executorJoined", "attemptBegun", "attemptFailed", "attemptDropped", "executorEnded"],
  );
  const [, begun] = events;
  // The same object: it is known by it.
  assert.equal((begun as { task?: StageTask }).task, two);
  say({ type: "answer", stage: "3.0", answer: { type: "done", id: 8, rejects: [] }, ...by });
  assert.deepEqual(answers[0]?.by, by);
});
