/** A job from plan to end: workers are on their way while inputs and outputs are looked at. */
import { writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { openInput } from "../adapters/files.ts";
import { createGuard } from "../adapters/guard.ts";
import { advanceStdin, checkUnchanged, reasonOf, resolveInputs } from "../adapters/inputs.ts";
import { log } from "../adapters/log.ts";
import { residentBytes } from "../adapters/memory.ts";
import { createSpawn } from "../adapters/workers.ts";
import type { Sink } from "../core/coordinator/commit/sinks.ts";
import type { Summary } from "../core/coordinator/job/job.ts";
import type { Source } from "../core/coordinator/job/source.ts";
import { Interrupted, JobRun, type JobWorld } from "../core/coordinator/run-job.ts";
import { Pool } from "../core/coordinator/workers/worker-pool.ts";
import { JobError, printable, UsageError } from "../core/errors.ts";
import { OUTPUT_FORMATS } from "../core/formats/output.ts";
import type { Runtime } from "../core/platform/runtime.ts";
import { EXPORTS, factsOfCode } from "../core/script/inline-code.ts";
import { type Destination, openDestination } from "./destination.ts";
import type { EarlyWorker } from "./early.ts";
import { checkErrorsPath, checkFree } from "./free-paths.ts";
import { createSpare } from "./pressure.ts";
import { type Plan, resolveSettings } from "./resolve.ts";
import { createJob, firstWorkers, workerSettings } from "./sizes.ts";

/** What ends a job from outside. */
export interface Control {
  /** Resolves when nothing new is to be started. */
  readonly drain: Promise<void>;
  /** Called with the function that ends every worker at once. */
  onKillable(kill: () => void): void;
}

const FAILURE_GRACE_MS = 500;

export interface Surroundings {
  readonly runtime: Runtime;
  readonly control: Control;
  readonly version: string;
  /** A worker as a plan without special wishes wants it. */
  readonly early: EarlyWorker;
}

/** What is told of a job that has run. */
export interface Report {
  readonly summary: Summary;
  /** The format of the input, and why; undefined where there is none. */
  readonly input: string | undefined;
}

/** Runs the job; with `--explain` only so much of it as tells about the rest, and then there is no summary. */
export async function execute(
  plan: Plan,
  { runtime, control, version, early: first }: Surroundings,
): Promise<Report | undefined> {
  const guard = createGuard(runtime);
  // What a sandboxed worker may read has to be known before it starts; others are on their way meanwhile.
  const early = plan.sandbox ? await resolveInputs(plan.inputs, runtime, "read here") : undefined;
  const spawnOptions = { ...plan, folder: plan.script.folder, sandbox: early && readable(plan, early) };
  const spawn = await createSpawn(runtime, spawnOptions, (bytes) => log(bytes));
  const knownFacts = factsOfCode(plan.script);
  const pool = new Pool({
    spawn: () => {
      const link = first.take() ?? spawn();
      // First the worker gets its script: the guard takes a millisecond or two to start.
      setImmediate(() => guard.watch(link));
      return link;
    },
    script: plan.script,
    facts: knownFacts,
    text: runtime.text,
    now: () => performance.now(),
    after,
    onWarning: warn,
  });
  control.onKillable(() => pool.kill());
  pool.grow(1);
  let destination: Destination | undefined;
  let sink: Sink | undefined;
  try {
    const sources = early ?? (await resolveInputs(plan.inputs, runtime));
    if (!plan.explains) pool.grow(firstWorkers(plan, sources));
    const facts = knownFacts ?? (await pool.facts);
    if (facts.exports.some((name) => !EXPORTS.includes(name))) {
      const { misspelled } = await import("./misspelled.ts");
      const message = misspelled(plan.script.name, facts.exports);
      if (message !== undefined) warn(message);
    }
    const { settings, formatReason } = resolveSettings(plan, facts.options, sources);
    const job = createJob(plan, settings, facts, sources);
    if (plan.sandbox && job.keyed)
      throw new UsageError("Cannot use --sandbox with a key: its groups are sorted in files");
    if (plan.errorsPath !== undefined) checkErrorsPath(plan.errorsPath, plan, settings, sources);
    if (plan.stats?.path !== undefined) checkFree(plan.stats.path, "write stats", plan, sources);
    if (plan.explains) {
      const { explain } = await import("./explain.ts");
      await explain({
        plan,
        job,
        pool,
        guard,
        world: {
          now: () => performance.now(),
          after,
          residentBytes,
          drain: control.drain,
          openInput,
          text: runtime.text,
        },
        formatReason,
        settingsFor: (output) => workerSettings(plan, settings, job, output),
        firstWorkers: firstWorkers(plan, sources),
      });
      await pool.stop();
      if (pool.teardownFailure !== undefined) throw pool.teardownError();
      return undefined;
    }
    destination = await openDestination({ plan, job, from: settings.from, runtime, guard, version });
    sink = destination.output.createSink(OUTPUT_FORMATS[settings.to]);
    pool.begin(workerSettings(plan, settings, job, destination));
    const run = new JobRun(job, pool, { ...destination, ...worldOf(plan, runtime, control, destination), sink });
    const summary = await run.run();
    // A teardown takes the time that it takes: it may have much to write, and who will not wait has Ctrl-C.
    await pool.stop();
    if (pool.teardownFailure !== undefined) throw pool.teardownError();
    if (pool.strayFailure !== undefined) throw pool.strayFailure;
    for (const [name, n] of pool.counters) summary.counters.set(name, (summary.counters.get(name) ?? 0) + n);
    checkUnchanged(sources);
    await destination.complete(sink);
    if (job.limit === undefined) await advanceStdin(sources, runtime);
    if (plan.summary !== "never" && !job.reduces && keptNothing(summary, plan)) {
      const { nothingEmitted } = await import("./nothing-emitted.ts");
      warn(await nothingEmitted(plan.script.code.map ?? "", settings.from, sources));
    }
    if (plan.stats !== undefined) {
      const { statsOf } = await import("./stats.ts");
      const { path } = plan.stats;
      const measured = { summary, workers: pool.size, stats: pool.stats, mode: plan.mode };
      tell(statsOf(measured, path === undefined ? "table" : "json"), path);
    }
    return { summary, input: plan.range === undefined ? `input format: ${settings.from}, ${formatReason}` : undefined };
  } catch (error) {
    // Teardown is owed on failure too, but not for long to workers that are in the middle of something.
    await pool.stop(FAILURE_GRACE_MS);
    await destination?.leave(error instanceof Interrupted ? "interrupted" : "failed", sink);
    throw error;
  }
}

/** Whether code from the command line that is no filter has dropped every record. */
function keptNothing({ records, filtered }: Summary, { script }: Plan): boolean {
  const { map, filter } = script.code;
  return records > 0 && filtered === records && map !== undefined && filter === undefined && script.url === undefined;
}

/** Writes to a file, or to stderr. */
function tell(text: string, path: string | undefined): void {
  if (path === undefined) {
    log(text);
    return;
  }
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new JobError(`Cannot write "${path}": ${reasonOf(error)}`);
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
    openInput,
    spare: createSpare({ ...plan, onWait: (reason) => log(`pmap: waiting: ${reason}\n`) }),
    drain: control.drain,
    onRejects: (placed) => rejects?.write(placed),
    onWarning: warn,
  };
}

const said = new Set<string>();

/** Every worker may have the same to say. */
function warn(message: string): void {
  const [what = ""] = message.split("\n");
  if (!said.has(what)) log(`pmap: warning: ${printable(message)}\n`);
  said.add(what);
}

function after(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs);
  return () => clearTimeout(timer);
}
