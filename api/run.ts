/** A job from plan to end: workers are on their way while its inputs (plan-job.ts) and outputs (open-output.ts) are looked at. */
import { openInput } from "../adapters/shared/positional-files.ts";
import { threadTime } from "../adapters/shared/process-cpu.ts";
import { residentBytes } from "../adapters/system/memory.ts";
import { checkUnchanged } from "../adapters/system/open-inputs.ts";
import { createReaper, type Reaper } from "../adapters/system/reaper.ts";
import { advanceStdin } from "../adapters/system/redirected-file.ts";
import type { CreateEngine } from "../core/coordinator/engine.ts";
import type { Summary } from "../core/coordinator/job/job.ts";
import { localEngine } from "../core/coordinator/local-engine.ts";
import { JobRun } from "../core/coordinator/run-job.ts";
import type { WorkerPool } from "../core/coordinator/workers/worker-pool.ts";
import { Interrupted, JobError } from "../core/errors.ts";
import { factsOfCode } from "../core/script/inline-code.ts";
import { firstWorkers } from "./create-job.ts";
import type { JobEnd } from "./destination.ts";
import type { Control, ExecuteOptions, Report } from "./execution.ts";
import type { Explained } from "./explain.ts";
import { after, environmentOf } from "./job-environment.ts";
import { warnOnce } from "./messages.ts";
import { type JobOutput, openOutput } from "./open-output.ts";
import type { JobOptions } from "./options.ts";
import { checkOutputHere, checkProfile } from "./path-conflicts.ts";
import { type PlannedJob, planJob, sourcesOfSandbox } from "./plan-job.ts";
import type { SparkJob } from "./spark/prepare.ts";
import { startPool } from "./start-pool.ts";
import { type WorkerOutput, workerSettings } from "./worker-settings.ts";

const FAILURE_GRACE_MS = 500;
/** Where workers are to tell what they have sampled. */
const PROFILE_GRACE_MS = 2000;

/** Runs the job; one that is only to be explained so far as it tells about the rest. */
export async function execute(plan: JobOptions, options: ExecuteOptions): Promise<Report | Explained> {
  if (plan.engine === "spark") (await import("./spark/prepare.ts")).checkOptions(plan);
  else checkOutputHere(plan.outputPath);
  if (plan.joblogPath === undefined) return reported(plan, options);
  const { logBatches } = await import("./joblog.ts");
  return logBatches(plan, options, reported);
}

async function reported(plan: JobOptions, options: ExecuteOptions): Promise<Report | Explained> {
  if (plan.reportPath === undefined && plan.tracePath === undefined) return profiled(plan, options);
  const { recordJob } = await import("./report/record-job.ts");
  return recordJob(plan, options, profiled);
}

async function profiled(plan: JobOptions, options: ExecuteOptions): Promise<Report | Explained> {
  if (plan.profilePath === undefined) return run(plan, options);
  checkProfile(plan);
  const { profileJob } = await import("./profile/profile-job.ts");
  return profileJob(plan, options, run);
}

async function run(plan: JobOptions, options: ExecuteOptions): Promise<Report | Explained> {
  const ending = new AbortController();
  // At once when it is cancelled: what waits for an input or an output hears of it there, and the job in what it awaits.
  options.control.cancelled?.catch((error) => ending.abort(error));
  try {
    return await runUntil(ending.signal, plan, options);
  } finally {
    ending.abort();
  }
}

/** @param ended aborted when the job has ended, or is cancelled */
async function runUntil(ended: AbortSignal, plan: JobOptions, options: ExecuteOptions): Promise<Report | Explained> {
  const { control } = options;
  const warn = warnOnce(options.messages.warning);
  const reaper = createReaper(options.runtime);
  const spark = plan.engine === "spark" ? await onSpark(plan, options, reaper) : undefined;
  // Other workers are on their way meanwhile.
  const early = plan.sandbox ? await unlessCancelled(sourcesOfSandbox(plan, options, ended), control) : undefined;
  // Code that does not compile is not to cost an errors file that is there: the job then waits until it has been loaded.
  const knownFacts = plan.errorsPath === undefined ? factsOfCode(plan.script) : undefined;
  // Workers of this machine are no measure of a job on others.
  const observer = spark === undefined ? options.observer : undefined;
  const pool = await startPool(plan, options, { reaper, readable: early, facts: knownFacts, observer, warn });
  options.observer?.({ type: "phase", phase: "starting" });
  options.control.onKillable(() => {
    pool.kill();
    spark?.kill();
  });
  pool.grow(1);
  let output: JobOutput | undefined;
  try {
    const planning = planJob(plan, options, {
      early,
      ended,
      facts: knownFacts === undefined ? pool.facts : Promise.resolve(knownFacts),
      warn,
      findFar: spark?.findFar,
      onSources: (sources) => {
        if (!plan.explains && spark === undefined && !ended.aborted) pool.grow(firstWorkers(plan, sources));
      },
      check: (settings, sources) => spark?.check(plan, settings, sources),
    });
    const planned = await unlessCancelled(planning, control);
    if (plan.explains) return await explained(plan, options, { planned, pool, reaper });
    output = await openOutput(plan, planned, options, { reaper, spark, ended });
    return await runPlanned(plan, options, { planned, output, pool, spark, warn, ended });
  } catch (error) {
    // Teardown is owed on failure too, but not for long to workers that are in the middle of something.
    await Promise.all([pool.stop(plan.profilePath === undefined ? FAILURE_GRACE_MS : PROFILE_GRACE_MS), spark?.stop()]);
    await output?.destination.leave(endOf(error), output.sink);
    throw error;
  } finally {
    output?.destination.rejects?.close();
    reaper.dismiss();
  }
}

/** Rejects when the job is cancelled before the promise has settled. */
function unlessCancelled<T>(promise: Promise<T>, { cancelled }: Control): Promise<T> {
  return cancelled === undefined ? promise : Promise.race([promise, cancelled]);
}

function endOf(error: unknown): JobEnd {
  if (error instanceof Interrupted) return "interrupted";
  return error instanceof JobError && error.about === "output" ? "not written" : "failed";
}

interface JobParts {
  readonly planned: PlannedJob;
  readonly output: JobOutput;
  readonly pool: WorkerPool;
  readonly spark: SparkJob | undefined;
  readonly warn: (message: string) => void;
  readonly ended: AbortSignal;
}

async function runPlanned(plan: JobOptions, options: ExecuteOptions, parts: JobParts): Promise<Report> {
  const { planned, output, pool, spark, warn, ended } = parts;
  const { job, format } = planned;
  const { destination, sink, packing } = output;
  const environment = {
    ...destination,
    ...environmentOf(plan, options, destination, ended),
    onWarning: warn,
    sink,
    packing,
  };
  const jobRun = new JobRun(job, engineOf(plan, options, parts), environment);
  const report = (): Report => {
    const told = { tag: "ran", summary: jobRun.summary, format } as const;
    // What other processes of a cluster take is not known.
    if (spark !== undefined) return { ...told, ...spark.told(), workersCpuMs: Number.NaN };
    return { ...told, workers: pool.size, stats: pool.told.stats, workersCpuMs: pool.left.cpuMs };
  };
  options.onBegun?.(report);
  const summary = await jobRun.run();
  // A job without a reduce has told it.
  if (job.reduces) options.observer?.({ type: "phase", phase: "finishing" });
  // There is no time limit on a teardown: it may have much to write, and who will not wait has Ctrl-C, or cancels.
  await unlessCancelled(pool.stop(), options.control);
  pool.left.checkTeardown();
  for (const [name, n] of pool.left.counters) summary.counters.set(name, (summary.counters.get(name) ?? 0) + n);
  checkUnchanged(planned.sources);
  if (spark !== undefined) await unlessCancelled(spark.checkUnchanged(planned.sources), options.control);
  await destination.complete(sink, summary);
  if (job.limit === undefined) await advanceStdin(planned.sources, options.runtime);
  await remarkNothing(plan, planned, summary, warn);
  await spark?.stop();
  return report();
}

/** What has the job's batches run: this machine's workers, which take requests from now on, or Spark. */
function engineOf(
  plan: JobOptions,
  { observer }: ExecuteOptions,
  { planned, output, pool, spark }: JobParts,
): CreateEngine {
  const { job, facts, settings } = planned;
  const settingsFor = (to: WorkerOutput) => workerSettings(plan, settings, facts, job, to);
  const tellsRecords = observer === undefined ? undefined : true;
  const begin = () => pool.begin({ ...settingsFor(output.forWorkers), tellsRecords });
  if (spark === undefined) {
    begin();
    return localEngine(pool);
  }
  const ofStages = settingsFor({ output: { workerPath: undefined }, spillFolder: undefined });
  return spark.engine({ pool, begin, job, facts, settings: ofStages });
}

async function explained(
  plan: JobOptions,
  { runtime, control, argv }: ExecuteOptions,
  { planned, pool, reaper }: Pick<JobParts, "planned" | "pool"> & { readonly reaper: Reaper },
): Promise<Explained> {
  const { job, sources, facts, settings, format } = planned;
  const { explain } = await import("./explain.ts");
  const found = await explain({
    plan,
    job,
    pool,
    reaper,
    environment: {
      now: () => performance.now(),
      threadTime,
      after,
      residentBytes,
      drain: control.drain,
      openInput,
      text: runtime.text,
    },
    format,
    settingsFor: (output) => workerSettings(plan, settings, facts, job, output),
    firstWorkers: firstWorkers(plan, sources),
  });
  await pool.stop();
  pool.left.checkTeardown();
  return { ...found, fields: pool.left.fields, ownRuntime: runtime.name, argv };
}

async function onSpark(plan: JobOptions, options: ExecuteOptions, reaper: Reaper): Promise<SparkJob> {
  const { prepareSpark } = await import("./spark/prepare.ts");
  return prepareSpark(plan, options, reaper);
}

/** Says so where a map from the command line has given nothing for any record. */
async function remarkNothing(
  plan: JobOptions,
  { job, settings }: PlannedJob,
  summary: Summary,
  warn: (message: string) => void,
): Promise<void> {
  if (plan.summary === "never" || job.reduces || !keptNothing(summary, plan)) return;
  const { nothingEmitted } = await import("./nothing-emitted.ts");
  warn(await nothingEmitted(plan.script.code.map ?? "", settings.from, job.sources));
}

/** Whether code from the command line that is no filter has dropped every record. */
function keptNothing({ records, filtered }: Summary, { script }: JobOptions): boolean {
  const { map, filter } = script.code;
  return records > 0 && filtered === records && map !== undefined && filter === undefined && script.url === undefined;
}
