// The engine of many machines, on a cluster that is made up: whatever the order of the answers, the job is that of one machine.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bufferText as text } from "../../../../../adapters/shared/buffer-codec.ts";
import { joinPieces } from "../../../../../core/bytes.ts";
import {
  type Cluster,
  type ClusterTask,
  OutputLost,
  type Shuffle,
  type TaskAnswer,
} from "../../../../../core/coordinator/cluster/cluster.ts";
import { clusterEngine } from "../../../../../core/coordinator/cluster/cluster-engine.ts";
import { ClusterRecord } from "../../../../../core/coordinator/cluster/cluster-record.ts";
import type { HeldPiece } from "../../../../../core/coordinator/commit/elsewhere.ts";
import { createStreamSink } from "../../../../../core/coordinator/commit/sinks.ts";
import type { JobEnvironment } from "../../../../../core/coordinator/environment.ts";
import type { Job } from "../../../../../core/coordinator/job/job.ts";
import type { Source, StreamSource } from "../../../../../core/coordinator/job/source.ts";
import { JobRun } from "../../../../../core/coordinator/run-job.ts";
import type {
  FoundSource,
  StageDone,
  StageFailed,
  StageLook,
  StageTask,
} from "../../../../../core/coordinator/stage/messages.ts";
import type { WorkerPool } from "../../../../../core/coordinator/workers/worker-pool.ts";
import { Interrupted, JobError, UsageError } from "../../../../../core/errors.ts";
import { NO_ENDS } from "../../../../../core/formats/format.ts";
import { inputNamed } from "../../../../../core/formats/registry.ts";
import { evenGrid } from "../../../../../core/protocol/chunk-grid.ts";
import type { Done, Failed } from "../../../../../core/protocol/messages.ts";

const BYTES = 100;

const job: Job = {
  sources: [{ kind: "file", name: "x", path: "x", begin: 0, end: BYTES }],
  input: inputNamed("jsonl"),
  from: "jsonl",
  units: undefined,
  grid: evenGrid(10),
  maxBatchBytes: 10,
  handOnMs: 100,
  exitCall: "process.exit",
  maxRecordBytes: 100,
  ordered: true,
  limit: undefined,
  to: "jsonl",
  cores: 1,
  concurrency: 1,
  onError: "fail",
  maxErrors: undefined,
  retries: 0,
  timeoutMs: undefined,
  maxMemoryBytes: undefined,
  recycle: undefined,
  reduces: false,
  keyed: false,
};

const counts = { records: 1, emittedFrom: 1, filtered: 0, rejected: 0 };

/** Prints the task's first byte. */
function doneWith(task: StageTask, given: Partial<Done> = {}): TaskAnswer {
  const output = `${task.segments[0]?.start}\n`;
  const none = { rejects: [], lines: [1], counters: [], nodes: [], runs: [], asynchronous: false, busyMs: 1 };
  return {
    head: { type: "done", id: task.id, counts, bytes: output.length, kept: false, ...none, ...given },
    body: [text.encode(output)],
  };
}

function failedAt(task: StageTask, message = "no"): TaskAnswer {
  const failure = { kind: "throw", source: 0, offset: 0, line: 1, raw: "{}", message, stack: "", attempts: 1 } as const;
  const head: Failed = { type: "failed", id: task.id, failure, counts, message, stack: "", internal: false };
  return { head, body: [] };
}

interface Told {
  readonly waves: StageTask[][];
  readonly shuffles: Shuffle[];
  cancelled: number;
  begun: number;
}

interface Given {
  readonly run: (tasks: readonly StageTask[], onAnswer: (answer: TaskAnswer) => void) => Promise<void>;
  readonly merge?: Cluster["run"];
  readonly look?: (looks: readonly StageLook[], onAnswer: (answer: TaskAnswer) => void) => Promise<void>;
  readonly fetch?: Cluster["fetch"];
  readonly job?: Partial<Job>;
  readonly slots?: number;
  readonly failed?: Promise<never>;
  readonly drain?: Promise<void>;
  readonly environment?: Partial<JobEnvironment>;
}

function jobOn({
  run,
  merge,
  look,
  fetch = () => assert.fail("no output is held"),
  job: given,
  slots = 2,
  failed = new Promise<never>(() => {}),
  drain,
  environment,
}: Given) {
  const told: Told = { waves: [], shuffles: [], cancelled: 0, begun: 0 };
  const pieces: Uint8Array[] = [];
  const cluster: Cluster = {
    slots,
    stages: 3,
    ready: Promise.resolve(),
    failed,
    run(tasks, onAnswer) {
      if (areLooks(tasks)) return look?.(tasks, onAnswer) ?? assert.fail("there is nothing to look at");
      if (!isOfRecords(tasks)) return merge?.(tasks, onAnswer) ?? assert.fail("there are no ranges");
      told.waves.push([...tasks]);
      return run(tasks, onAnswer);
    },
    shuffle: (shuffle) => void told.shuffles.push(shuffle),
    fetch,
    cancel: () => void told.cancelled++,
  };
  const pool = { size: 1, facts: Promise.resolve({}), failed: new Promise<never>(() => {}), handles: () => [] };
  const record = new ClusterRecord(environment?.observer);
  const create = clusterEngine({
    cluster,
    record,
    pool: pool as unknown as WorkerPool,
    begin: () => void told.begun++,
    taskBytes: 10,
    outputStays: false,
  });
  const jobRun = new JobRun({ ...job, ...given }, create, {
    sink: createStreamSink({ write: (some) => void pieces.push(...some) }, NO_ENDS, text),
    text,
    after: (delayMs, task) => {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
    now: () => 0,
    residentBytes: () => undefined,
    openInput: () => assert.fail("stages read the input"),
    journal: undefined,
    resumeFrom: undefined,
    spare: () => undefined,
    drain: drain ?? new Promise(() => {}),
    onWarning: () => {},
    onRejects: () => undefined,
    ...environment,
  });
  return { jobRun, told, output: () => text.decode(joinPieces(pieces), 0, joinPieces(pieces).length) };
}

function isOfRecords(tasks: readonly ClusterTask[]): tasks is readonly StageTask[] {
  return tasks.every(({ type }) => type === "task");
}

function areLooks(tasks: readonly ClusterTask[]): tasks is readonly StageLook[] {
  return tasks.every(({ type }) => type === "look");
}

const inOrder = "0\n10\n20\n30\n40\n50\n60\n70\n80\n90\n";

test("answers that come in any order are committed in that of the input, and waves are as long as there are slots", async () => {
  const { jobRun, told, output } = jobOn({
    slots: 3,
    async run(tasks, onAnswer) {
      await Promise.resolve();
      for (const task of [...tasks].reverse()) onAnswer(doneWith(task));
    },
  });
  const summary = await jobRun.run();
  assert.equal(output(), inOrder);
  assert.deepEqual([summary.records, summary.workers, summary.bytesIn], [10, 3, BYTES]);
  assert.deepEqual(
    told.waves.map(({ length }) => length),
    [3, 3, 3, 1],
  );
  // Nothing was left to do for workers of this machine.
  assert.equal(told.begun, 0);
});

test("what is out is bounded: while the first task hangs, four waves are out and no more", async () => {
  let first: (() => void) | undefined;
  const { jobRun, told, output } = jobOn({
    job: { sources: [{ kind: "file", name: "x", path: "x", begin: 0, end: 10 * BYTES }] },
    run: (tasks, onAnswer) =>
      new Promise((resolve) => {
        for (const task of tasks) {
          if (task.id === 0) first = () => onAnswer(doneWith(task));
          else onAnswer(doneWith(task));
        }
        resolve();
      }),
  });
  const running = jobRun.run();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(told.waves.flat().length, 8);
  first?.();
  await running;
  assert.equal(output().split("\n").length - 1, 100);
});

test("the first failure in input order ends the job: what comes before it is committed, and the rest is cancelled", async () => {
  const answers: (() => void)[] = [];
  const { jobRun, told, output } = jobOn({
    run: (tasks, onAnswer) =>
      new Promise(() => {
        for (const task of tasks)
          answers.push(() => onAnswer(task.id >= 2 ? failedAt(task, `no ${task.id}`) : doneWith(task)));
        if (answers.length === 8) for (const answer of answers.slice(0, 7).reverse()) answer();
      }),
  });
  await assert.rejects(jobRun.run(), { message: "x:3: no 2" });
  assert.equal(output(), "0\n10\n");
  // The last one was still out.
  assert.equal(told.cancelled, 1);
});

test("a wave that cannot be run, or a cluster that goes, fails the job", async () => {
  const bad = jobOn({ run: () => Promise.reject(new JobError("Cannot run a task")) });
  await assert.rejects(bad.jobRun.run(), /Cannot run a task/);
  const failed = Promise.reject(new JobError("the driver has gone"));
  failed.catch(() => {});
  await assert.rejects(jobOn({ run: () => new Promise(() => {}), failed }).jobRun.run(), /the driver has gone/);
});

test("a job that is drained gives up what is out; what has come in order stands", async () => {
  let drain = () => {};
  const draining = new Promise<void>((resolve) => {
    drain = resolve;
  });
  const { jobRun, told, output } = jobOn({
    drain: draining,
    run: (tasks, onAnswer) =>
      new Promise(() => {
        // The third task does not answer; one behind it has.
        for (const task of tasks) if (task.id !== 2) onAnswer(doneWith(task));
        if (tasks.some(({ id }) => id === 2)) drain();
      }),
  });
  await assert.rejects(jobRun.run(), Interrupted);
  assert.equal(output(), "0\n10\n");
  assert.equal(told.cancelled, 1);
});

test("the first task says the columns of CSV, and goes alone", async () => {
  const { jobRun, told } = jobOn({
    job: { findsColumns: true, to: "csv" },
    async run(tasks, onAnswer) {
      await Promise.resolve();
      for (const task of tasks) onAnswer(doneWith(task, { columns: task.columns === undefined ? ["a"] : undefined }));
    },
  });
  await jobRun.run();
  const [first, ...others] = told.waves;
  assert.deepEqual(
    first?.map(({ columns }) => columns),
    [undefined],
  );
  assert.ok(others.flat().length === 9 && others.flat().every(({ columns }) => columns?.[0] === "a"));
});

function printed(...texts: string[]): HeldPiece {
  return { type: "output", pieces: texts.map((each) => text.encode(each)) };
}

/** What a task has printed, held by the cluster. */
function holding(task: StageTask, held: string): TaskAnswer {
  const { head, body } = doneWith(task);
  return { head: { ...head, bytes: body[0]?.length ?? 0 } as Done, body: [], held };
}

test("an output that the cluster holds is fetched when its turn has come", async () => {
  const fetched: string[] = [];
  let first = () => {};
  const { jobRun, output } = jobOn({
    run: (tasks, onAnswer) =>
      new Promise((resolve) => {
        for (const task of tasks) {
          if (task.id === 0) first = () => onAnswer(doneWith(task));
          else onAnswer(holding(task, `task ${task.id}`));
        }
        resolve();
      }),
    async *fetch(held) {
      fetched.push(held);
      yield printed(held);
      yield printed(";");
    },
  });
  const running = jobRun.run();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(fetched, []);
  first();
  await running;
  assert.equal(output(), `0\n${[1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => `task ${n};`).join("")}`);
});

for (const [what, secondBytes] of [
  ["is made again", 2],
  ["cannot be made again where it has another length", 3],
] as const)
  test(`an output that is lost with its machine ${what}`, async () => {
    const lost = new Set(["1"]);
    const { jobRun, told, output } = jobOn({
      job: { sources: [{ kind: "file", name: "x", path: "x", begin: 0, end: 10 }] },
      async run(tasks, onAnswer) {
        for (const task of tasks) {
          const answer = holding(task, String(told.waves.length));
          const bytes = told.waves.length === 1 ? 2 : secondBytes;
          onAnswer({ ...answer, head: { ...answer.head, bytes } as Done });
        }
      },
      async *fetch(held) {
        if (lost.has(held)) throw new OutputLost(held);
        yield printed(`run ${held}`);
      },
    });
    if (secondBytes === 2) await jobRun.run();
    else await assert.rejects(jobRun.run(), /^JobError: Cannot repeat a task: .*\nA script that/);
    assert.equal(output(), secondBytes === 2 ? "run 2" : "");
    assert.deepEqual(told.waves[1], told.waves[0]);
  });

test("an output that is lost when some of it has been fetched goes on where that ended", async () => {
  const { jobRun, told, output } = jobOn({
    job: { sources: [{ kind: "file", name: "x", path: "x", begin: 0, end: 10 }] },
    run: async (tasks, onAnswer) => {
      for (const task of tasks) onAnswer(holding(task, String(told.waves.length)));
    },
    async *fetch(held) {
      yield printed("one ", "two ");
      if (held === "1") throw new OutputLost(held);
      yield printed("three");
    },
  });
  await jobRun.run();
  assert.equal(output(), "one two three");
});

/** Rejects of the records that begin at these bytes. */
function rejected(...offsets: number[]): HeldPiece {
  const given = { kind: "throw", source: 0, raw: "{}", message: "no", stack: "", attempts: 1 } as const;
  return { type: "rejects", rejects: offsets.map((offset) => ({ ...given, offset, line: offset + 1 })) };
}

function rejecting(n: number) {
  return { rejected: n, records: n + 1, emittedFrom: 1, filtered: 0 };
}

test("rejects that are too many for an answer are fetched with the output, and told once where a machine is lost", async () => {
  const lines: number[] = [];
  const { jobRun, told, output } = jobOn({
    job: { onError: "skip", sources: [{ kind: "file", name: "x", path: "x", begin: 0, end: 10 }] },
    environment: { onRejects: async (rejects) => void lines.push(...rejects.map(({ line }) => line)) },
    async run(tasks, onAnswer) {
      for (const task of tasks) {
        const answer = holding(task, String(told.waves.length));
        const last = rejected(5) as HeldPiece & { readonly type: "rejects" };
        onAnswer({ ...answer, head: { ...answer.head, counts: rejecting(5), rejects: last.rejects } as Done });
      }
    },
    async *fetch(held) {
      yield rejected(0, 1);
      yield printed("one ");
      yield rejected(2);
      if (held === "1") throw new OutputLost(held);
      yield rejected(3, 4);
      yield printed("two");
    },
  });
  const summary = await jobRun.run();
  assert.equal(output(), "one two");
  assert.deepEqual(lines, [1, 2, 3, 4, 5, 6]);
  assert.equal(summary.firstReject, "x:1: no");
});

test("of a task that has one reject too many, nothing is printed, and as many rejects are told as there may be and one", async () => {
  const told: number[] = [];
  const { jobRun, output } = jobOn({
    job: { onError: "skip", maxErrors: { unit: "records", n: 2 } },
    environment: { onRejects: async (rejects) => void told.push(...rejects.map(({ line }) => line)) },
    async run(tasks, onAnswer) {
      for (const task of tasks) {
        const answer = task.id === 0 ? doneWith(task) : holding(task, "held");
        onAnswer(task.id === 0 ? answer : { ...answer, head: { ...answer.head, counts: rejecting(4) } as Done });
      }
    },
    async *fetch() {
      yield printed("no");
      yield rejected(10, 11, 12, 13);
    },
  });
  await assert.rejects(jobRun.run(), /^JobError: Too many rejects: 3, and --max-errors allows 2/);
  assert.equal(output(), "0\n");
  assert.equal(told.length, 3);
});

/** A reduce with a key, of two tasks with 300 kB of runs each. */
function grouped(given: Pick<Given, "merge" | "slots">) {
  return jobOn({
    ...given,
    job: { reduces: true, keyed: true, sources: [{ kind: "file", name: "x", path: "x", begin: 0, end: 20 }] },
    async run(tasks, onAnswer) {
      for (const task of [...tasks].reverse()) {
        const keys = ["a", "b", "c", "d"].map((key, i) => [key, i * 75_000] as const);
        const runs = [{ path: "", start: 0, end: 300_000, index: keys }];
        const { head } = doneWith(task, { bytes: 0, runs });
        onAnswer({ head, body: [], kept: `sum ${task.id}` });
      }
    },
  });
}

test("sorted runs stay on the cluster, and what their ranges print is committed in the order of the keys", async () => {
  const ranges: ClusterTask[] = [];
  const { jobRun, told, output } = grouped({
    async merge(tasks, onAnswer) {
      ranges.push(...tasks);
      for (const { id } of [...tasks].reverse())
        onAnswer(doneWith({ type: "task", id, segments: [], bytes: 0 }, { bytes: 10, counters: [["merged", 1]] }));
    },
  });
  const summary = await jobRun.run();
  assert.deepEqual(told.shuffles, [{ cuts: ["c"], kept: ["sum 0", "sum 1"] }]);
  assert.deepEqual(ranges, [
    { type: "range", id: 0, low: undefined, high: { key: "c" }, columns: undefined },
    { type: "range", id: 1, low: { key: "c" }, high: undefined, columns: undefined },
  ]);
  assert.equal(output(), "undefined\nundefined\n");
  assert.equal(summary.counters.get("merged"), 2);
  // Nothing was left to do for workers of this machine.
  assert.equal(told.begun, 0);
});

test("the first range in the order of keys that fails ends the job, and none behind it is committed", async () => {
  const { jobRun, output } = grouped({
    slots: 3,
    async merge(tasks, onAnswer) {
      for (const { id } of [...tasks].reverse()) {
        const task: StageTask = { type: "task", id, segments: [], bytes: 0 };
        onAnswer(id === 0 ? doneWith(task) : { head: { ...failedAt(task, "finish threw").head } as Failed, body: [] });
      }
    },
  });
  await assert.rejects(jobRun.run(), { message: "finish threw" });
  assert.equal(output(), "undefined\n");
});

function streamOf(name: string): StreamSource {
  return { kind: "stream", name, read: () => assert.fail("stages read streams") };
}

function plain(name: string, end: number): Source {
  return { kind: "file", name, path: name, begin: 0, end };
}

/** A compressed file that seems to be one member. */
function seeming(name: string, end: number): Source {
  const index = { compression: "gzip", at: [0], inside: [0], end: 5, size: end } as const;
  const open = () => assert.fail("stages read the input");
  const check = () => assert.fail("stages look at it");
  const identity = { dev: 0, ino: 0, size: 5, mtimeMs: 0 };
  return {
    kind: "file",
    name,
    path: name,
    begin: 0,
    end,
    identity,
    compressed: { index, open, check, stream: streamOf(name) },
  };
}

/** Streams of `bytes` each, as a stage answers them. */
function answering(bytes: number, given: Partial<StageDone> = {}): Given["run"] {
  return async (tasks, onAnswer) => {
    await Promise.resolve();
    for (const task of [...tasks].reverse()) {
      const stream = task.stream && { end: bytes, bytes, headerLines: 2, warnings: [`warning of ${task.id}`] };
      onAnswer(doneWith(task, { stream, ...given } as Partial<Done>));
    }
  };
}

/** Source, begin and end on the grid of what went out. */
function placesOf({ waves }: Told): number[][] {
  return waves
    .flat()
    .flatMap(({ segments }) => segments.map(({ source, start, shift, end }) => [source, start + shift, end + shift]));
}

test("a stream is one task, files around it are cut, and what a stage has found of it is entered", async () => {
  const warnings: string[] = [];
  const { jobRun, told, output } = jobOn({
    job: { sources: [plain("a", 15), streamOf("b"), plain("c", 20)] },
    run: answering(33),
    environment: { onWarning: (warning) => void warnings.push(warning) },
  });
  const summary = await jobRun.run();
  assert.equal(output(), "0\n10\n0\n0\n10\n");
  assert.deepEqual(
    told.waves.flat().map(({ segments, stream }) => [segments[0]?.source, stream]),
    [
      [0, undefined],
      [0, undefined],
      [1, { limit: undefined }],
      [2, undefined],
      [2, undefined],
    ],
  );
  assert.deepEqual([summary.bytesIn, summary.records, warnings], [15 + 33 + 20, 5, ["warning of 2"]]);
});

test("lines of a stream are counted behind its header, in failures too", async () => {
  const failing = jobOn({
    job: { sources: [streamOf("b")] },
    async run([task], onAnswer) {
      const { head, body } = failedAt(task as StageTask);
      onAnswer({ head: { ...head, stream: { end: 9, bytes: 9, headerLines: 3, warnings: [] } } as StageFailed, body });
    },
  });
  await assert.rejects(failing.jobRun.run(), { message: "b:4: no" });
});

test("what a stage says of an input that cannot be had so is an error of usage", async () => {
  const bad = jobOn({
    job: { sources: [streamOf("b")] },
    async run([task], onAnswer) {
      const { head, body } = failedAt(task as StageTask, "Cannot use --columns");
      onAnswer({ head: { ...head, failure: undefined, isUsage: true } as StageFailed, body });
    },
  });
  await assert.rejects(bad.jobRun.run(), (error) => error instanceof UsageError);
});

const inChunks: Partial<Job> = { from: "bytes", input: inputNamed("bytes") };
for (const [how, given] of Object.entries({ "in chunks": inChunks, "by keys": { reduces: true, keyed: true } }))
  test(`where chunks are seen (${how}) machines look at inputs first, and each begins where it does on one machine`, async () => {
    const looked: StageLook[] = [];
    const { jobRun, told } = jobOn({
      job: {
        ...given,
        sources: [plain("a", 15), streamOf("b"), plain("c", 20), seeming("d", 7), seeming("e", 7), streamOf("f")],
      },
      async look(looks, onAnswer) {
        looked.push(...looks);
        for (const { id, sources } of looks) {
          const found = sources.map(
            ({ source }): FoundSource => ({ source, isOneMember: source === 3, bytes: source === 3 ? undefined : 33 }),
          );
          onAnswer(doneWith({ type: "task", id, segments: [], bytes: 0 }, { bytes: 0, found } as Partial<Done>));
        }
      },
      run: answering(33),
    });
    await jobRun.run();
    assert.deepEqual(looked, [
      { type: "look", id: 0, sources: [{ source: 1, seemsOneMember: false, wantsBytes: true }] },
      {
        type: "look",
        id: 1,
        sources: [
          { source: 3, seemsOneMember: true, wantsBytes: true },
          { source: 4, seemsOneMember: true, wantsBytes: true },
        ],
      },
    ]);
    assert.deepEqual(placesOf(told), [
      [0, 0, 10],
      [0, 10, 15],
      [1, 20, 20],
      [2, 60, 70],
      [2, 70, 80],
      [3, 80, 87],
      [4, 90, 90],
      [5, 130, 130],
    ]);
  });

test("with a limit streams go one after the other, each as far as records are wanted", async () => {
  const { jobRun, told } = jobOn({
    job: { ...inChunks, limit: 9, sources: [streamOf("a"), streamOf("b"), streamOf("c"), streamOf("d")] },
    run: answering(15, { counts: { records: 3, emittedFrom: 3, filtered: 0, rejected: 0 } }),
  });
  await jobRun.run();
  assert.deepEqual(
    told.waves.map((wave) => wave.map(({ stream }) => stream?.limit)),
    [[9], [6], [3]],
  );
  assert.deepEqual(placesOf(told), [
    [0, 0, 0],
    [1, 20, 20],
    [2, 40, 40],
  ]);
});

test("a job that is drained while inputs are looked at ends", async () => {
  let drain = () => {};
  const draining = new Promise<void>((resolve) => {
    drain = resolve;
  });
  const { jobRun } = jobOn({
    drain: draining,
    job: { sources: [seeming("a", 7)] },
    look: () => new Promise(() => drain()),
    run: () => assert.fail("nothing is given out"),
  });
  await assert.rejects(jobRun.run(), Interrupted);
});

test("what a machine cannot look at fails the job", async () => {
  const { jobRun } = jobOn({
    job: { sources: [seeming("a", 7)] },
    async look([look], onAnswer) {
      const { id } = look as StageLook;
      onAnswer({
        head: { ...failedAt({ type: "task", id, segments: [], bytes: 0 }).head, failure: undefined } as Failed,
        body: [],
      });
    },
    run: () => assert.fail("nothing is given out"),
  });
  await assert.rejects(jobRun.run(), /^JobError: no/);
});
