/** A job from plan to end: workers are on their way while inputs and outputs are looked at. */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { createGuard } from "../adapters/guard.ts";
import { resolveInputs } from "../adapters/inputs.ts";
import { residentBytes } from "../adapters/memory.ts";
import { createSpawn } from "../adapters/workers.ts";
import { UsageError } from "../core/failure.ts";
import { INPUT_FORMATS } from "../core/formats/input.ts";
import { OUTPUT_FORMATS } from "../core/formats/output.ts";
import type { Job, Summary } from "../core/job.ts";
import { chunkSize, type Source } from "../core/plan.ts";
import { Pool } from "../core/pool.ts";
import { Interrupted, JobRun, type JobWorld } from "../core/run.ts";
import type { Runtime } from "../core/runtime.ts";
import type { ScriptFacts } from "../core/script.ts";
import { type Destination, openDestination } from "./destination.ts";
import type { EarlyWorker } from "./early.ts";
import { createSpare } from "./pressure.ts";
import { type Plan, resolveSettings, type ScriptSettings } from "./resolve.ts";

/** What ends a job from outside. */
export interface Control {
  /** Resolves when nothing new is to be started. */
  readonly drain: Promise<void>;
  /** Called with the function that ends every worker at once. */
  onKillable(kill: () => void): void;
}

/** Chunks are at most this long, in bytes: longer ones parse slower and are harder to share out. */
const MAX_CHUNK_BYTES = 256 * 1024;
/** `--from bytes` makes a table per chunk: fewer, larger ones. */
const MAX_BYTES_CHUNK_BYTES = 8 * 1024 * 1024;
const CHUNKS_OF_BYTES = 128;
const MAX_GROUPED_CHUNK_BYTES = 8 * 1024 * 1024;
const CHUNKS_OF_GROUPED = 32;
const MAX_CHUNK_NUMBERS = 64 * 1024;
const MAX_SPAN_BYTES = 2 * 1024 * 1024;
const MAX_SPAN_CHUNKS_OF_RANGE = 16;
/** Outputs up to this size go to the coordinator even where a worker could write them: less than another message costs. */
const INLINE_BYTES = 32 * 1024;
/** Bytes of input for which one worker more is started at once; more come when those are busy. */
const BYTES_PER_FIRST_WORKER = 128 * 1024;
/** A table of groups may take this share of a worker's memory before it is written out. */
const SPILL_SHARE = 16;
const MIN_SPILL_BYTES = 1024 * 1024;
const DEFAULT_MEMORY_BYTES = 512 * 1024 * 1024;
const FAILURE_GRACE_MS = 500;

export interface Surroundings {
  readonly runtime: Runtime;
  readonly control: Control;
  readonly version: string;
  /** A worker as a plan without special wishes wants it. */
  readonly early: EarlyWorker;
}

export async function execute(plan: Plan, { runtime, control, version, early: first }: Surroundings): Promise<Summary> {
  const guard = createGuard(runtime);
  // What a sandboxed worker may read has to be known before it starts; others are on their way meanwhile.
  const early = plan.sandbox ? await resolveInputs(plan.inputs, runtime, "read here") : undefined;
  const spawnOptions = { ...plan, folder: plan.script.folder, sandbox: early && readable(plan, early) };
  const spawn = await createSpawn(runtime, spawnOptions, (bytes) => process.stderr.write(bytes));
  const pool = new Pool({
    spawn: () => {
      const link = first.take() ?? spawn();
      // First the worker gets its script: the guard takes a millisecond or two to start.
      setImmediate(() => guard.watch(link));
      return link;
    },
    script: plan.script,
    text: runtime.text,
    now: () => performance.now(),
    after,
  });
  control.onKillable(() => pool.kill());
  pool.grow(1);
  let destination: Destination | undefined;
  try {
    const sources = early ?? (await resolveInputs(plan.inputs, runtime));
    pool.grow(firstWorkers(plan, sources));
    const facts = await pool.facts;
    const settings = resolveSettings(plan, facts.options);
    const job = createJob(plan, settings, facts, sources);
    if (plan.sandbox && job.keyed)
      throw new UsageError("Cannot use --sandbox with a key: its groups are sorted in files");
    destination = await openDestination({ plan, job, from: settings.from, runtime, guard, version });
    const sink = destination.output.createSink(OUTPUT_FORMATS[settings.to]);
    pool.begin(workerSettings(plan, settings, job, destination));
    const run = new JobRun(job, pool, { ...destination, ...worldOf(plan, runtime, control, destination), sink });
    const summary = await run.run();
    // A teardown takes the time that it takes: it may have much to write, and who will not wait has Ctrl-C.
    await pool.stop();
    if (pool.teardownFailure !== undefined) throw pool.teardownError();
    for (const [name, n] of pool.counters) summary.counters.set(name, (summary.counters.get(name) ?? 0) + n);
    await destination.complete(sink);
    return summary;
  } catch (error) {
    // Teardown is owed on failure too, but not for long to workers that are in the middle of something.
    await pool.stop(FAILURE_GRACE_MS);
    destination?.leave(error instanceof Interrupted ? "interrupted" : "failed");
    throw error;
  }
}

/** The script's folder and the input files. */
function readable({ script }: Plan, sources: readonly Source[]): string[] {
  const folder = script.url === undefined ? [] : [dirname(fileURLToPath(script.url))];
  return [...folder, ...sources.flatMap((source) => (source.kind === "file" ? [resolve(source.path)] : []))];
}

function worldOf(
  plan: Plan,
  runtime: Runtime,
  control: Control,
  { rejects }: Destination,
): Omit<JobWorld, "sink" | "journal" | "resumeFrom"> {
  return {
    text: runtime.text,
    after,
    now: () => performance.now(),
    residentBytes,
    spare: createSpare({ ...plan, onWait: (reason) => process.stderr.write(`pmap: waiting: ${reason}\n`) }),
    drain: control.drain,
    onRejects: (placed) => rejects?.write(placed),
  };
}

function after(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs);
  return () => clearTimeout(timer);
}

function firstWorkers({ cores, range }: Plan, sources: readonly Source[]): number {
  if (range !== undefined) return Math.min(cores, Math.ceil(range.count / MAX_CHUNK_NUMBERS));
  let bytes = 0;
  for (const source of sources) {
    if (source.kind === "stream") return Math.min(cores, 2);
    bytes += source.end - source.begin;
  }
  return Math.max(1, Math.min(cores, Math.ceil(bytes / BYTES_PER_FIRST_WORKER)));
}

function createJob(plan: Plan, settings: ScriptSettings, facts: ScriptFacts, sources: readonly Source[]): Job {
  const { range, cores } = plan;
  const total = sources.reduce((sum, source) => sum + (source.kind === "file" ? source.end - source.begin : 0), 0);
  const byInput =
    range === undefined ? chunkBytesFor(total, settings, facts) : chunkSize(range.count, MAX_CHUNK_NUMBERS, 1);
  const chunkBytes = settings.chunkBytes ?? byInput;
  const maxSpanBytes =
    range === undefined ? Math.max(MAX_SPAN_BYTES, chunkBytes) : chunkBytes * MAX_SPAN_CHUNKS_OF_RANGE;
  return {
    ...settings,
    sources,
    range,
    separator: INPUT_FORMATS[settings.from].separator,
    chunkBytes,
    maxSpanBytes,
    // A limit counts records in input order.
    ordered: !settings.unordered || settings.limit !== undefined,
    cores,
    maxMemoryBytes: plan.maxMemoryBytes,
    recycle: plan.recycle,
    reduces: facts.reduces,
    keyed: facts.keyed,
  };
}

/** A table of groups is made per chunk: it pays to see a key often in one. */
function chunkBytesFor(total: number, { from }: ScriptSettings, { keyed }: ScriptFacts): number {
  if (keyed) return chunkSize(total * (1024 / CHUNKS_OF_GROUPED), MAX_GROUPED_CHUNK_BYTES);
  if (from === "bytes") return chunkSize(total * (1024 / CHUNKS_OF_BYTES), MAX_BYTES_CHUNK_BYTES);
  return chunkSize(total, MAX_CHUNK_BYTES);
}

function workerSettings(
  plan: Plan,
  settings: ScriptSettings,
  job: Job,
  { output, spillFolder }: Destination,
): Parameters<Pool["begin"]>[0] {
  return {
    ...settings,
    args: plan.args,
    sources: job.sources.map((source) =>
      source.kind === "file"
        ? { name: source.name, path: source.path, begin: source.begin, end: source.end }
        : { name: source.name, path: undefined, begin: 0, end: 0 },
    ),
    range: job.range,
    outputPath: plan.sandbox ? undefined : output.workerPath,
    inlineBytes: plan.sandbox || output.workerPath === undefined ? Number.MAX_SAFE_INTEGER : INLINE_BYTES,
    spillFolder,
    spillBytes: Math.max(MIN_SPILL_BYTES, (plan.maxMemoryBytes ?? DEFAULT_MEMORY_BYTES) / SPILL_SHARE),
  };
}
