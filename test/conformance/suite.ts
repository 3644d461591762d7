/**
 * What every kind of worker owes, on every runtime: one suite, called for each adapter.
 *
 * It is wired as cli/execute.ts wires a job, without a command line: the pool, the run and the adapter's own workers.
 */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { detectRuntime, loadRuntime } from "../../adapters/detect.ts";
import { spawnInline } from "../../adapters/inline.ts";
import { loaderFor } from "../../adapters/node/command.ts";
import { openInput, openOutput } from "../../adapters/shared/positional-files.ts";
import { createSpawn } from "../../adapters/spawn-workers.ts";
import { createFileSink, createStreamSink } from "../../core/coordinator/commit/sinks.ts";
import type { JobEnvironment } from "../../core/coordinator/environment.ts";
import type { Job, PlacedReject, Summary } from "../../core/coordinator/job/job.ts";
import { localEngine } from "../../core/coordinator/local-engine.ts";
import { JobRun } from "../../core/coordinator/run-job.ts";
import type { WorkerPoolSettings } from "../../core/coordinator/workers/script-start.ts";
import { WorkerHandle } from "../../core/coordinator/workers/worker-handle.ts";
import { WorkerPool } from "../../core/coordinator/workers/worker-pool.ts";
import { JobError } from "../../core/errors.ts";
import { NO_ENDS } from "../../core/formats/format.ts";
import { inputNamed } from "../../core/formats/registry.ts";
import type { Mode, Runtime, RuntimeName, WorkerLink } from "../../core/platform/runtime.ts";
import type { TextCodec } from "../../core/platform/text-codec.ts";
import { evenGrid } from "../../core/protocol/chunk-grid.ts";
import type { ScriptSource } from "../../core/script/types.ts";
import { watchStart } from "../bench/simulation/started.ts";
import { mapRequest } from "../support/map-request.ts";

export interface Workers {
  /** Makes the function that starts workers; what they say on stderr goes to `hear`. */
  readonly createSpawn: (hear: (bytes: Uint8Array) => void) => Promise<() => WorkerLink>;
  readonly text: TextCodec;
  readonly mode: Mode;
  /** The loader that a TypeScript file needs in such a worker. */
  readonly loader: (path: string) => "native" | "tsx";
}

/** Registers the suite where its runtime is, and elsewhere a test that says where it is. */
export async function conformOn(runtime: RuntimeName, mode: Mode): Promise<void> {
  const own = detectRuntime();
  if (own !== runtime) {
    test(`${runtime}'s ${mode} workers are tested under ${runtime}, not under ${own}`, () => {
      assert.notEqual(own, runtime);
    });
    return;
  }
  const self = await loadRuntime();
  conformance(`${runtime} ${mode}`, {
    createSpawn: spawnerOf(self, mode),
    text: self.text,
    mode,
    loader: (path) => loaderFor(path, runtime, own),
  });
}

function spawnerOf(self: Runtime, mode: Mode): Workers["createSpawn"] {
  // Not by way of createSpawn: it would send what the test runner prints to stderr, too.
  if (mode === "inline") {
    return async () => {
      const { createHost } = await self.loadHosting();
      return () => spawnInline(createHost);
    };
  }
  if (self.name === "node" && !(process.features as { typescript?: string | false }).typescript) {
    return fromBuild(self, mode);
  }
  const options = {
    mode,
    runtime: self.name,
    maxMemoryBytes: undefined,
    folder: fixtures,
    ownsStdout: true,
    sandbox: undefined,
  };
  return (hear) => createSpawn(self, options, hear);
}

/** Where Node strips no types: tsx does not reach into its threads, and makes the start of a process several times as long. */
function fromBuild(self: Runtime, mode: Mode): Workers["createSpawn"] {
  const entry = new URL(`../../dist/adapters/node/${mode === "thread" ? "thread" : "worker"}.js`, import.meta.url);
  assert.equal(existsSync(entry), true, "dist/ is missing: run `npm run build`");
  if (mode === "thread") return async (hear) => () => self.spawnThread(entry.href, hear);
  return async (hear) => () => self.spawnProcess({ argv: [process.execPath, fileURLToPath(entry)] }, hear);
}

const fixtures = fileURLToPath(new URL("../fixtures", import.meta.url));

interface Run {
  readonly script: string;
  readonly lines: readonly unknown[];
  readonly cores?: number;
  readonly changes?: Partial<Job & WorkerPoolSettings>;
  /** Workers write their own output to a file. */
  readonly toFile?: boolean;
}

interface Outcome {
  readonly output: string;
  readonly values: unknown[];
  readonly summary: Summary;
  readonly rejects: PlacedReject[];
  readonly counters: ReadonlyMap<string, number>;
  readonly heard: string;
  readonly input: string;
}

/** Registers what workers have to do. */
export function conformance(name: string, workers: Workers): void {
  const folder = mkdtempSync(join(tmpdir(), "pmap-conformance-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const inFolder = (file: string) => join(folder, file);
  const check = (what: string, body: () => Promise<void>) => test(`${name}: ${what}`, { timeout: 60_000 }, body);
  const run = (how: Run) => runJob(workers, how, inFolder);
  const isProcess = workers.mode === "process";

  const numbers = (count: number) => Array.from({ length: count }, (_, n) => ({ n }));
  const hundred = numbers(100);

  for (const cores of [1, 2, 5]) {
    check(`${cores} keep the input's order`, async () => {
      const { values, summary } = await run({ script: "doubles.mjs", lines: numbers(1000), cores });
      assert.deepEqual(
        values,
        numbers(1000).map(({ n }) => ({ n: n * 2 })),
      );
      assert.equal(summary.records, 1000);
      assert.equal(summary.emittedFrom, 1000);
    });
  }

  check("an output file is written by the workers, each in its place", async () => {
    const lines = numbers(300);
    const { values } = await run({ script: "doubles.mjs", lines, cores: 2, toFile: true });
    assert.deepEqual(
      values,
      lines.map(({ n }) => ({ n: n * 2 })),
    );
  });

  check("undefined emits nothing", async () => {
    const { values, summary } = await run({ script: "drops_odd.mjs", lines: hundred });
    assert.deepEqual(
      values,
      hundred.filter(({ n }) => n % 2 === 0),
    );
    assert.deepEqual([summary.emittedFrom, summary.filtered, summary.rejected], [50, 50, 0]);
  });

  check("filter comes before map", async () => {
    const { values, summary } = await run({ script: "filters_odd.mjs", lines: hundred });
    assert.deepEqual(
      values,
      hundred.map(({ n }) => n).filter((n) => n % 2 === 0),
    );
    assert.equal(summary.filtered, 50);
  });

  check("an array is one value", async () => {
    const { values } = await run({ script: "gives_arrays.mjs", lines: hundred });
    assert.deepEqual(
      values,
      hundred.map(({ n }) => [n, [n]]),
    );
  });

  for (const script of ["generates.mjs", "generates_async.mjs"]) {
    check(`each value that is yielded is emitted, in order (${script})`, async () => {
      const { values, summary } = await run({ script, lines: hundred });
      const expected = hundred.flatMap(({ n }) => Array.from({ length: n % 3 }, (_, i) => `${n}:${i}`));
      assert.deepEqual(values, expected);
      assert.deepEqual([summary.emittedFrom, summary.filtered], [66, 34]);
    });
  }

  check("promises are awaited, and their values come in the input's order", async () => {
    const { values, summary } = await run({ script: "awaits.mjs", lines: hundred });
    assert.deepEqual(
      values,
      hundred.map(({ n }) => n).filter((n) => n % 5 !== 0),
    );
    assert.equal(summary.filtered, 20);
  });

  check("ctx says where the record is, counts, and draws the same numbers at any number of cores", async () => {
    const lines = numbers(60).map(({ n }) => ({ n, text: "é€😀".repeat(n % 4) }));
    const changes = { args: ["--x", "y"], seed: 7 };
    const one = await run({ script: "tells_context.ts", lines, cores: 1, changes });
    const two = await run({ script: "tells_context.ts", lines, cores: 2, changes });
    let offset = 0;
    const seen = new Set<number>();
    for (const [i, value] of (one.values as Told[]).entries()) {
      const { worker, random, ...told } = value;
      const source = one.input;
      assert.deepEqual(told, { n: i, offset, source, args: ["--x", "y"], aborted: false });
      assert.equal(Number.isInteger(worker) && worker >= 0, true);
      for (const n of random) {
        assert.equal(n >= 0 && n < 1, true);
        seen.add(n);
      }
      assert.deepEqual((two.values[i] as Told).random, random);
      offset += new TextEncoder().encode(JSON.stringify(lines[i])).length + 1;
    }
    assert.equal(seen.size > 110, true, "random numbers repeat");
    for (const { counters } of [one, two]) {
      assert.equal(counters.get("seen"), 60);
      assert.equal(counters.get("sum"), (59 * 60) / 2);
    }
  });

  check("setup and teardown run once per worker, before and after its records", async () => {
    const { counters, summary } = await run({ script: "counts_its_life.mjs", lines: numbers(200), cores: 2 });
    assert.equal(summary.workers, 2);
    assert.equal(counters.get("setups"), 2);
    assert.equal(counters.get("teardowns"), 2);
    assert.equal(counters.get("records after setup"), 200);
    assert.equal(counters.get("records before setup"), undefined);
  });

  check("a setup that throws and a module that does not load end the job with what they said", async () => {
    await assert.rejects(
      run({ script: "fails_to_set_up.mjs", lines: hundred }),
      isJobError(/setup threw.*no database/),
    );
    await assert.rejects(run({ script: "cannot_load.mjs", lines: hundred }), isJobError(/cannot_load.*broken module/));
  });

  check("a record that throws ends the job with its line, and what came before it is written", async () => {
    const lines = [{ n: 0 }, { n: 2 }, { n: 3 }, { n: 4 }];
    await assert.rejects(run({ script: "throws_on_odd.mjs", lines }), isJobError(/:3: map threw TypeError: 3 is odd/));
  });

  check("a record that throws is skipped, and named with its place", async () => {
    const { values, rejects, summary } = await run({
      script: "throws_on_odd.mjs",
      lines: hundred,
      cores: 2,
      changes: { onError: "skip" },
    });
    assert.deepEqual(
      values,
      hundred.map(({ n }) => n).filter((n) => n % 2 === 0),
    );
    assert.equal(summary.rejected, 50);
    const odd = hundred.filter(({ n }) => n % 2 === 1);
    assert.deepEqual(
      rejects.map(({ line, failure }) => [line, failure.raw]),
      odd.map((record) => [record.n + 1, JSON.stringify(record)]),
    );
  });

  check("the sum of floats is the same to the last bit at any number of cores", async () => {
    const outputs = new Set<string>();
    for (const cores of [1, 3]) {
      outputs.add((await run({ script: "sums.mjs", lines: numbers(500), cores })).output);
    }
    assert.equal(outputs.size, 1);
    const sum = numbers(500).reduce((all, { n }) => all + n / 7, 0);
    assert.equal(Math.abs(Number([...outputs][0]) - sum) < 1e-6, true);
  });

  check("a reduce is the sequential fold, in the input's order", async () => {
    const { values } = await run({ script: "joins.mjs", lines: numbers(400), cores: 2 });
    assert.deepEqual(values, [
      numbers(400)
        .map(({ n }) => n)
        .filter((n) => n % 4 !== 3),
    ]);
  });

  check("a script may import node:process, and look at its stdin", async () => {
    const { values } = await run({ script: "imports_process.mjs", lines: [{ n: 1 }] });
    assert.deepEqual(values, ["object"]);
  });

  for (const toFile of [false, true]) {
    const where = toFile ? "a file" : "a stream";
    check(`workers that hand on all that they can lose nothing and repeat nothing, to ${where}`, async () => {
      // Of maps even one chunk goes from worker to worker, of reduces only the next one.
      const scripts = [
        ["throws_on_odd.mjs", 2000],
        ["sums.mjs", 100],
        ["generates.mjs", 2000],
        ["awaits.mjs", 200],
        ["joins.mjs", 100],
      ] as const;
      // Processes and threads take a while to start: the others say nothing more of these.
      for (const [script, chunkBytes] of workers.mode === "inline" ? scripts : scripts.slice(0, 2)) {
        const changes = { onError: "skip", grid: evenGrid(chunkBytes), maxBatchBytes: 8 * chunkBytes } as const;
        const lines = numbers(300);
        const whole = await run({ script, lines, changes: { ...changes, handOnMs: 60_000 } });
        const split = await run({ script, lines, changes: { ...changes, handOnMs: 0 }, cores: 3, toFile });
        assert.equal(split.output, whole.output, script);
        assert.deepEqual(countsOf(split), countsOf(whole));
        const placesOf = ({ rejects }: Outcome) =>
          rejects.map(({ line, failure: { offset, raw } }) => [line, offset, raw]);
        assert.deepEqual(placesOf(split), placesOf(whole));
      }
    });
  }

  check("a worker whose time is over says in front of which record it has stopped", async () => {
    const lines = numbers(50).map((record) => `${JSON.stringify(record)}\n`);
    const { handle, request } = await startOne(workers, "doubles.mjs", inFolder, lines.join(""));
    const end = lines.join("").length;
    let [output, at, requests] = ["", 0, 0];
    while (at < end) {
      const segments = [{ source: 0, start: at, end, shift: 0 }];
      const reply = await handle.request({ ...request, id: requests++, segments, budgetMs: 0 });
      assert.ok(reply.tag === "done");
      const { cut, counts, lines: counted } = reply.done;
      const upTo = cut?.at ?? end;
      assert.ok(upTo > at, "it makes no progress");
      assert.equal(lines.join("").slice(at, upTo).split("\n").length - 1, counts.records);
      assert.deepEqual(counted, [counts.records]);
      for (const piece of reply.body) output += workers.text.decode(piece, 0, piece.length);
      at = upTo;
    }
    assert.equal(output, lines.map((line) => `${JSON.stringify({ n: JSON.parse(line).n * 2 })}\n`).join(""));
    assert.ok(requests > 5, `${requests} requests`);
    handle.kill();
  });

  check("what a worker keeps is bounded, however much a record makes of itself", async () => {
    const { handle, request } = await startOne(workers, "yields_a_mebibyte.mjs", inFolder, "1\n".repeat(40));
    const reply = await handle.request({ ...request, budgetMs: 60_000 });
    assert.ok(reply.tag === "done");
    const mebibytes = reply.done.bytes / 2 ** 20;
    assert.ok(mebibytes > 8 && mebibytes < 30, `${mebibytes} MiB`);
    assert.ok(reply.done.cut !== undefined);
    handle.kill();
  });

  check("an empty input is an empty output", async () => {
    assert.equal((await run({ script: "doubles.mjs", lines: [] })).output, "");
    assert.equal((await run({ script: "sums.mjs", lines: [] })).output, "");
  });

  if (workers.mode === "inline") {
    check("a worker that is no more than a function call cannot exit without us, and has no process", async () => {
      const link = await spawnOne(workers);
      assert.equal(link.pid, undefined);
      link.kill();
      await link.exited;
    });
  } else {
    check("what a script prints goes to stderr and never between the frames", async () => {
      const { values, heard } = await run({ script: "prints.ts", lines: hundred, cores: 2 });
      assert.deepEqual(
        values,
        hundred.map(({ n }) => n),
      );
      // A thread may print on our own stderr, where we cannot hear it.
      if (isProcess) for (const word of ["log 99", "info", "write"]) assert.equal(heard.includes(word), true, word);
    });

    // Inline, and in threads under `bun test`, the runner hears it first: test/faults/log.test.ts has the command do it.
    if (isProcess || detectRuntime() !== "bun") {
      check("a stray failure fails the job", async () => {
        const stray = /a promise was rejected and nothing handles it \(not tied to a record\): Error: late/;
        await assert.rejects(run({ script: "leaves_a_rejection.mjs", lines: hundred }), isJobError(stray));
      });
    }

    for (const [script, deadlyOnes, how] of deadly(workers.mode)) {
      check(`a record on which a worker dies is a reject, and nothing else is lost (${script})`, async () => {
        const lines = hundred.map(({ n }) => (deadlyOnes.includes(n) ? { n, dies: true } : { n }));
        const changes = { onError: "skip" as const };
        const { values, rejects, summary } = await run({ script, lines, cores: 2, changes });
        assert.deepEqual(
          rejects.map(({ line, failure }) => [line, failure.raw]),
          deadlyOnes.map((n) => [n + 1, JSON.stringify({ n, dies: true })]),
        );
        for (const { failure } of rejects) assert.deepEqual({ ...how, ...failure }, failure);
        assert.deepEqual(
          values,
          hundred.map(({ n }) => n).filter((n) => !deadlyOnes.includes(n)),
        );
        assert.deepEqual(
          [summary.records, summary.emittedFrom, summary.rejected],
          [100, 100 - deadlyOnes.length, deadlyOnes.length],
        );
        assert.equal(summary.workers > 2, true);
      });
    }

    check("records that were filtered out or threw before a worker died are not blamed for it", async () => {
      const lines = hundred.map(({ n }) => (n === 41 ? { n, dies: true } : { n }));
      const { values, rejects, summary } = await run({
        script: "exits_after_filtered_and_thrown.mjs",
        lines,
        cores: 2,
        changes: { onError: "skip" },
      });
      const kept = hundred.map(({ n }) => n).filter((n) => n % 3 !== 0);
      assert.deepEqual(
        values,
        kept.filter((n) => n % 5 !== 0 && n !== 41),
      );
      assert.deepEqual(
        rejects.map(({ line, failure }) => [line - 1, failure.kind]),
        kept.filter((n) => n % 5 === 0 || n === 41).map((n) => [n, n === 41 ? "exit" : "throw"]),
      );
      assert.equal(summary.filtered, 34);
    });

    check("records that were in flight beside the one on which a worker died are not blamed for it", async () => {
      const lines = hundred.map(({ n }) => (n === 41 ? { n, dies: true } : { n }));
      const { values, rejects } = await run({
        script: "exits_3_async.mjs",
        lines,
        changes: { onError: "skip", concurrency: 8 },
      });
      assert.deepEqual(
        values,
        hundred.map(({ n }) => n).filter((n) => n !== 41),
      );
      assert.deepEqual(
        rejects.map(({ line }) => line),
        [42],
      );
    });

    check("a record on which a worker dies ends the job with its line, under fail", async () => {
      const lines = hundred.map(({ n }) => (n === 41 ? { n, dies: true } : { n }));
      await assert.rejects(run({ script: "exits_3.mjs", lines, cores: 2 }), isJobError(/:42: .*exit\(3\)/));
    });

    check("an endless loop can be killed, and its request is answered", async () => {
      const { handle, request } = await startOne(workers, "never_ends.mjs", inFolder);
      const reply = handle.request(request);
      handle.kill("timeout");
      const { tag, ...rest } = await reply;
      assert.equal(tag, "died");
      assert.equal("death" in rest && rest.death.blamed && rest.death.reason, "timeout");
      assert.notEqual((await handle.link.exited).code, 0);
    });
  }

  check("kill settles exited, and a second kill does no harm", async () => {
    const link = await spawnOne(workers);
    link.port.receive(
      () => {},
      () => {},
    );
    link.kill();
    link.kill();
    const exit = await link.exited;
    assert.equal(exit.code, null, "killed is not an exit code");
    assert.notEqual(exit.signal, null);
    link.kill();
  });

  check("no request stays unanswered when its worker is killed", async () => {
    const { handle, request } = await startOne(workers, "doubles.mjs", inFolder);
    const replies = [1, 2, 3].map((id) => handle.request({ ...request, id }));
    const stopped = handle.stop("in order");
    const granted = handle.grant(1, 0, 0);
    handle.kill();
    for (const reply of await Promise.all(replies)) assert.equal(["done", "died"].includes(reply.tag), true);
    await stopped;
    await granted;
    await handle.link.exited;
    assert.equal((await handle.request({ ...request, id: 4 })).tag, "died");
    assert.equal((await handle.loadScript(scriptOf("doubles.mjs", workers))).tag, "died");
    assert.equal(await handle.stop("in order"), undefined);
    assert.equal((await handle.grant(1, 0, 0)).tag, "gone");
  });

  check("a worker that is stopped has exited with 0", async () => {
    const { handle } = await startOne(workers, "doubles.mjs", inFolder);
    await handle.stop("in order");
    assert.deepEqual({ ...(await handle.link.exited), stderrTail: "" }, { code: 0, signal: null, stderrTail: "" });
  });
}

interface Told {
  readonly worker: number;
  readonly random: readonly number[];
}

/** Scripts that take their worker down, the records on which they do, and what has to be told of it. */
function deadly(mode: Mode): [script: string, deadlyOnes: readonly number[], how: Record<string, unknown>][] {
  const all: ReturnType<typeof deadly> = [
    ["exits_0.mjs", [41], { kind: "exit", exitCode: 0 }],
    ["exits_3.mjs", [0, 77], { kind: "exit", exitCode: 3 }],
  ];
  // A thread has no process of its own that could be killed.
  return mode === "process" ? [...all, ["kills_itself.mjs", [99], { kind: "signal", signal: "SIGKILL" }]] : all;
}

function isJobError(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.equal(error instanceof JobError, true, String((error as Error)?.stack));
    assert.match((error as Error).message, message);
    return true;
  };
}

function scriptOf(script: string, { loader }: Workers): ScriptSource {
  const path = join(fixtures, script);
  const url = pathToFileURL(path).href;
  return { name: script, url, code: {}, modules: [], loader: loader(path), folder: fixtures };
}

function settingsOf(input: string, end: number, changes: Partial<WorkerPoolSettings> = {}): WorkerPoolSettings {
  return {
    from: "jsonl",
    to: "jsonl",
    concurrency: 4,
    seed: 0,
    maxRecordBytes: 1 << 20,
    onError: "fail",
    args: [],
    sources: [{ name: input, path: input, begin: 0, end }],
    range: undefined,
    bigints: false,
    grid: evenGrid(100),
    outputPath: undefined,
    inlineBytes: Number.MAX_SAFE_INTEGER,
    timeoutMs: undefined,
    spillFolder: undefined,
    spillBytes: 1 << 20,
    ...changes,
  };
}

async function spawnOne(workers: Workers): Promise<WorkerLink> {
  const spawn = await workers.createSpawn(() => {});
  return spawn();
}

/** One worker without a pool, ready for records. */
async function startOne(workers: Workers, script: string, inFolder: (file: string) => string, text = '{"n":1}\n') {
  const input = inFolder("one.jsonl");
  writeFileSync(input, text);
  const handle = new WorkerHandle({
    worker: 0,
    link: await spawnOne(workers),
    text: workers.text,
    now: () => performance.now(),
  });
  assert.equal((await handle.loadScript(scriptOf(script, workers))).tag, "loaded");
  const grid = evenGrid(1 << 20);
  assert.equal(await handle.start({ ...settingsOf(input, text.length, { grid }), worker: 0 }), undefined);
  const segments = [{ source: 0, start: 0, end: text.length, shift: 0 }];
  return { handle, request: mapRequest({ segments }) };
}

async function runJob(workers: Workers, how: Run, inFolder: (file: string) => string): Promise<Outcome> {
  const { script, lines, cores = 1, changes = {}, toFile = false } = how;
  const { text } = workers;
  const input = inFolder("input.jsonl");
  const bytes = text.encode(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  writeFileSync(input, bytes);
  const outputPath = toFile ? inFolder("output.jsonl") : undefined;
  if (outputPath !== undefined) writeFileSync(outputPath, "");
  const heard: Uint8Array[] = [];
  const starts: Promise<void>[] = [];
  const spawn = await workers.createSpawn((said) => heard.push(said));
  const pool = new WorkerPool({
    spawn() {
      const { link, started } = watchStart(spawn(), text);
      starts.push(started);
      return link;
    },
    script: scriptOf(script, workers),
    text,
    now: () => performance.now(),
    after: later,
  });
  pool.grow(cores);
  const pieces: Uint8Array[] = [];
  const rejects: PlacedReject[] = [];
  try {
    const { reduces, keyed } = await pool.facts;
    pool.begin(settingsOf(input, bytes.length, { outputPath, ...(toFile ? { inlineBytes: 100 } : {}), ...changes }));
    // A small input must not be done before the last worker is there.
    await Promise.race([pool.failed, Promise.all(starts)]);
    const sink =
      outputPath === undefined
        ? createStreamSink({ write: (some) => void pieces.push(...some) }, NO_ENDS, text)
        : createFileSink({
            file: openOutput(outputPath),
            name: outputPath,
            ends: NO_ENDS,
            text,
            begin: 0,
            resumeAt: undefined,
          });
    const job: Job = {
      sources: [{ kind: "file", name: input, path: input, begin: 0, end: bytes.length }],
      input: inputNamed("jsonl"),
      from: "jsonl",
      units: undefined,
      grid: evenGrid(100),
      maxBatchBytes: 800,
      handOnMs: 100,
      exitCall: "process.exit",
      maxRecordBytes: 1 << 20,
      ordered: true,
      limit: undefined,
      to: "jsonl",
      cores,
      concurrency: 4,
      onError: "fail",
      maxErrors: undefined,
      retries: 1,
      timeoutMs: undefined,
      maxMemoryBytes: undefined,
      recycle: undefined,
      reduces,
      keyed,
      ...changes,
    };
    const environment: JobEnvironment = {
      sink,
      text,
      after: later,
      now: () => performance.now(),
      residentBytes: () => undefined,
      openInput,
      journal: undefined,
      resumeFrom: undefined,
      spare: () => undefined,
      drain: new Promise(() => {}),
      onWarning: () => {},
      onRejects: (placed) => void rejects.push(...placed),
    };
    const summary = await new JobRun(job, localEngine(pool), environment).run();
    await pool.stop();
    pool.left.checkTeardown();
    const counters = new Map(summary.counters);
    for (const [counter, n] of pool.left.counters) counters.set(counter, (counters.get(counter) ?? 0) + n);
    const output = outputPath === undefined ? pieces.map(decode).join("") : readFileSync(outputPath, "utf8");
    const values = output
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    return { output, values, summary, rejects, counters, heard: heard.map(decode).join(""), input };
  } finally {
    pool.kill();
  }

  function decode(piece: Uint8Array): string {
    return text.decode(piece, 0, piece.length);
  }
}

function later(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs);
  return () => clearTimeout(timer);
}

/** What does not depend on how the input was cut, and on the clock. */
function countsOf({ summary }: Outcome): object {
  const { workers: _, bytesOut: __, slowest: ___, ...counts } = summary;
  return counts;
}
