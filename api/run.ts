/** A job from plan to end: workers are on their way while inputs and outputs are looked at. */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isSameConfig } from "../adapters/deno/command.ts";
import { openInput } from "../adapters/shared/positional-files.ts";
import { threadTime } from "../adapters/shared/process-cpu.ts";
import { createSpawn } from "../adapters/spawn-workers.ts";
import { asUtf8 } from "../adapters/system/decode-text.ts";
import { residentBytes } from "../adapters/system/memory.ts";
import { checkUnchanged, resolveInputs } from "../adapters/system/open-inputs.ts";
import { outputCompression } from "../adapters/system/output-compression.ts";
import { createReaper, type Reaper } from "../adapters/system/reaper.ts";
import { advanceStdin } from "../adapters/system/redirected-file.ts";
import type { Sink } from "../core/coordinator/commit/sinks.ts";
import type { Summary } from "../core/coordinator/job/job.ts";
import type { Source } from "../core/coordinator/job/source.ts";
import { localEngine } from "../core/coordinator/local-engine.ts";
import { JobRun } from "../core/coordinator/run-job.ts";
import { WorkerPool } from "../core/coordinator/workers/worker-pool.ts";
import { Interrupted, UsageError } from "../core/errors.ts";
import { NO_ENDS } from "../core/formats/format.ts";
import { outputNamed } from "../core/formats/registry.ts";
import { EXPORTS, factsOfCode } from "../core/script/inline-code.ts";
import { byRanges } from "./by-ranges.ts";
import { createJob, firstWorkers, type JobInput } from "./create-job.ts";
import { type Destination, openDestination } from "./destination.ts";
import type { Control, ExecuteOptions, Report } from "./execution.ts";
import type { Explained } from "./explain.ts";
import { formatOptions } from "./format-options.ts";
import { formatOfFiles, withRemark } from "./input-format.ts";
import { after, environmentOf } from "./job-environment.ts";
import { warnOnce } from "./messages.ts";
import type { JobOptions } from "./options.ts";
import { checkRowGroups, packingOf } from "./packing.ts";
import { checkErrorsPath, checkProfile, checkReports } from "./path-conflicts.ts";
import { resolveSettings, type ScriptSettings } from "./script-options.ts";
import type { SparkJob } from "./spark/prepare.ts";
import { workerSettings } from "./worker-settings.ts";

const FAILURE_GRACE_MS = 500;
/** Where workers are to tell what they have sampled. */
const PROFILE_GRACE_MS = 2000;

/** Rejects when the job is cancelled before the promise has settled. */
function unlessCancelled<T>(promise: Promise<T>, { cancelled }: Control): Promise<T> {
  return cancelled === undefined ? promise : Promise.race([promise, cancelled]);
}

/** Runs the job; one that is only to be explained so far as it tells about the rest. */
export async function execute(plan: JobOptions, options: ExecuteOptions): Promise<Report | Explained> {
  if (plan.engine === "spark") (await import("./spark/prepare.ts")).checkOptions(plan);
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
  const { runtime, control, version, takeStarted, messages, observer, ownsStdout } = options;
  const warn = warnOnce(messages.warning);
  const reaper = createReaper(runtime);
  const spark = plan.engine === "spark" ? await onSpark(plan, options, reaper) : undefined;
  // What a sandboxed worker may read has to be known before it starts; others are on their way meanwhile.
  const whole = formatOfFiles(plan.given.get("from"));
  const early = plan.sandbox ? await resolveInputs(plan, runtime, { stdin: "read here", whole }) : undefined;
  const folder = folderOf(plan);
  const spawnOptions = { ...plan, folder, sandbox: early && readable(plan, early), ownsStdout, onWarning: warn };
  const fits = plan.runtime !== "deno" || isSameConfig(folder, plan.script.folder);
  const spawn = await createSpawn(runtime, spawnOptions, (bytes) => messages.output(bytes));
  const knownFacts = factsOfCode(plan.script);
  const pool = new WorkerPool({
    spawn: () => {
      const link = (fits ? takeStarted() : undefined) ?? spawn();
      // First the worker gets its script: the reaper takes a millisecond or two to start.
      setImmediate(() => reaper.watch(link));
      return link;
    },
    script: plan.profilePath === undefined ? plan.script : { ...plan.script, keepsLines: true },
    facts: knownFacts,
    text: runtime.text,
    now: () => performance.now(),
    after,
    onWarning: warn,
    onProfile: options.onProfile,
    // Of a job on other machines they are no measure.
    observer: spark === undefined ? observer : undefined,
  });
  observer?.({ type: "phase", phase: "starting" });
  control.onKillable(() => {
    pool.kill();
    spark?.kill();
  });
  pool.grow(1);
  let destination: Destination | undefined;
  let sink: Sink | undefined;
  try {
    let sources = early ?? (await resolveInputs(plan, runtime, { whole }));
    if (!plan.explains && spark === undefined) pool.grow(firstWorkers(plan, sources));
    const facts = knownFacts ?? (await unlessCancelled(pool.facts, control));
    if (facts.exports.some((name) => !EXPORTS.includes(name))) {
      const { misspelled } = await import("./misspelled.ts");
      const message = misspelled(plan.script.name, facts.exports);
      if (message !== undefined) warn(message);
    }
    const compression = await outputCompression(plan.outputPath, plan.runtime === runtime.name);
    const { settings, format: found } = resolveSettings(plan, facts, sources);
    checkRowGroups(plan, settings, { compression, ownsStdout });
    const headerTools = { openInput, text: runtime.text, warn };
    // It is the script, or the file's name, that says so.
    const wholeNow = plan.range === undefined ? formatOfFiles(settings.from) : undefined;
    if (wholeNow !== undefined && wholeNow !== whole) sources = await resolveInputs(plan, runtime, { whole: wholeNow });
    sources = await unlessCancelled(byRanges(sources, { plan, settings, runtime }), control);
    if (!plan.explains && spark === undefined) pool.grow(firstWorkers(plan, sources));
    const decoded = settings.encoding === undefined ? sources : asUtf8(sources, settings.encoding);
    const input = settings.ofValues ? await jsonInput(decoded, settings) : { sources: decoded };
    spark?.check(settings, input.sources);
    const job = await createJob(plan, settings, facts, input, headerTools);
    const format = withRemark(found, job);
    checkReports(plan, sources);
    options.onPlanned?.(job);
    if (plan.sandbox && job.keyed)
      throw new UsageError("Cannot use --sandbox with a key: its groups are sorted in files");
    if (plan.errorsPath !== undefined) checkErrorsPath(plan.errorsPath, plan, settings, sources);
    if (plan.explains) {
      const { explain } = await import("./explain.ts");
      const explained = await explain({
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
      return { ...explained, fields: pool.left.fields, argv: options.argv };
    }
    const { from, to } = settings;
    const { stream } = options;
    destination = await openDestination({ plan, job, from, runtime, reaper, version, messages, stream });
    const ends = outputNamed(to).ends(formatOptions(plan, settings, facts));
    const packing = packingOf(plan, settings, { facts, compression });
    // Nothing stands around the bytes of an output that is compressed.
    sink = destination.output.createSink(packing?.how === "compressed" ? NO_ENDS : ends);
    // What is packed passes through the coordinator: it is cut where no chunk ends.
    const placed = packing === undefined ? destination : { ...destination, output: { workerPath: undefined } };
    const tellsRecords = observer === undefined ? undefined : true;
    const begin = () => pool.begin({ ...workerSettings(plan, settings, facts, job, placed), tellsRecords });
    if (spark === undefined) begin();
    const environment = {
      ...destination,
      ...environmentOf(plan, options, destination),
      onWarning: warn,
      sink,
      packing,
    };
    const { spillFolder } = destination;
    const stages = { output: { workerPath: undefined }, spillFolder: undefined };
    const ofStages = () => workerSettings(plan, settings, facts, job, stages);
    const engine = spark?.engine({ pool, begin, job, facts, settings: ofStages(), spillFolder }) ?? localEngine(pool);
    const jobRun = new JobRun(job, engine, environment);
    const report = (): Report => {
      const { size, left, told } = pool;
      // Those of other machines do not tell.
      const workersCpuMs = spark === undefined ? left.cpuMs : Number.NaN;
      return { tag: "ran", summary: jobRun.summary, format, workers: size, stats: told.stats, workersCpuMs };
    };
    options.onBegun?.(report);
    const summary = await jobRun.run();
    observer?.({ type: "phase", phase: "finishing" });
    // A teardown takes the time that it takes: it may have much to write, and who will not wait has Ctrl-C.
    await Promise.all([pool.stop(), spark?.stop()]);
    pool.left.checkTeardown();
    if (pool.told.strayFailure !== undefined) throw pool.told.strayFailure;
    for (const [name, n] of pool.left.counters) summary.counters.set(name, (summary.counters.get(name) ?? 0) + n);
    checkUnchanged(sources);
    await destination.complete(sink);
    if (job.limit === undefined) await advanceStdin(sources, runtime);
    if (plan.summary !== "never" && !job.reduces && keptNothing(summary, plan)) {
      const { nothingEmitted } = await import("./nothing-emitted.ts");
      warn(await nothingEmitted(plan.script.code.map ?? "", settings.from, job.sources));
    }
    return report();
  } catch (error) {
    // Teardown is owed on failure too, but not for long to workers that are in the middle of something.
    await Promise.all([pool.stop(plan.profilePath === undefined ? FAILURE_GRACE_MS : PROFILE_GRACE_MS), spark?.stop()]);
    await destination?.leave(error instanceof Interrupted ? "interrupted" : "failed", sink);
    throw error;
  } finally {
    destination?.rejects?.close();
    reaper.dismiss();
  }
}

async function onSpark(plan: JobOptions, options: ExecuteOptions, reaper: Reaper): Promise<SparkJob> {
  const { prepareSpark } = await import("./spark/prepare.ts");
  return prepareSpark(plan, options, reaper);
}

async function jsonInput(sources: readonly Source[], settings: ScriptSettings): Promise<JobInput> {
  const { jsonInput: inputOf } = await import("./json.ts");
  return inputOf(sources, settings);
}

/** Whether code from the command line that is no filter has dropped every record. */
function keptNothing({ records, filtered }: Summary, { script }: JobOptions): boolean {
  const { map, filter } = script.code;
  return records > 0 && filtered === records && map !== undefined && filter === undefined && script.url === undefined;
}

/** The script's folder; of code from the command line the user's. */
export function folderOf({ script }: JobOptions): string {
  return script.url === undefined ? script.folder : dirname(fileURLToPath(script.url));
}

/** The script's folder and the input files. */
function readable(plan: JobOptions, sources: readonly Source[]): string[] {
  const folder = plan.script.url === undefined ? [] : [folderOf(plan)];
  const files = sources.map((source) => (source.kind === "file" ? source.path : source.compressedFile?.path));
  return [...folder, ...files.flatMap((path) => (path === undefined ? [] : [resolve(path)]))];
}
