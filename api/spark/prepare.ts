/** A job on Spark: what it takes on this machine. Loaded with --engine spark only. */
import { openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { uriOf } from "../../adapters/shared/uri-files.ts";
import { archivedFiles, driverJar } from "../../adapters/spark/archive.ts";
import { SparkDriver } from "../../adapters/spark/driver.ts";
import { HadoopFiles, placesOf } from "../../adapters/spark/hadoop-files.ts";
import { bundleScript } from "../../adapters/spark/script-bundle.ts";
import { framesOf, type ScriptFrames } from "../../adapters/spark/script-frames.ts";
import { shippedFiles } from "../../adapters/spark/shipped-files.ts";
import { shippedRuntime } from "../../adapters/spark/shipped-runtime.ts";
import { driverCommand, findSparkSubmit } from "../../adapters/spark/spark-submit.ts";
import type { FindFar } from "../../adapters/system/far-files.ts";
import { reasonOf } from "../../adapters/system/file-errors.ts";
import { isUri } from "../../adapters/system/input-names.ts";
import type { Reaper } from "../../adapters/system/reaper.ts";
import { createSpillFolder } from "../../adapters/system/spill-folder.ts";
import { clusterEngine } from "../../core/coordinator/cluster/cluster-engine.ts";
import { ClusterRecord } from "../../core/coordinator/cluster/cluster-record.ts";
import type { CreateEngine } from "../../core/coordinator/engine.ts";
import type { Job } from "../../core/coordinator/job/job.ts";
import type { Source, StreamPlace } from "../../core/coordinator/job/source.ts";
import type { JobTerms, StageJob } from "../../core/coordinator/stage/messages.ts";
import type { WorkerPoolSettings } from "../../core/coordinator/workers/script-start.ts";
import type { WorkerPool } from "../../core/coordinator/workers/worker-pool.ts";
import { Interrupted, UsageError } from "../../core/errors.ts";
import type { ScriptFacts } from "../../core/script/types.ts";
import type { Destination, DestinationOptions } from "../destination.ts";
import type { Control, ExecuteOptions, Report } from "../execution.ts";
import type { JobOptions } from "../options.ts";
import { parseSize } from "../values.ts";
import { openOutputFolder } from "./output-folder.ts";
import { checkSettings } from "./refusals.ts";

export { checkOptions, checkSettings } from "./refusals.ts";

export interface SparkParts {
  readonly pool: WorkerPool;
  /** Lets the workers of this machine take requests. */
  readonly begin: () => void;
  readonly job: Job;
  readonly facts: ScriptFacts;
  /** Of workers that print, and whose sorted runs go to a folder of their machine. */
  readonly settings: WorkerPoolSettings;
}

export interface SparkJob {
  readonly check: typeof checkSettings;
  /** The files that a URI of Hadoop's stands for. */
  readonly findFar: FindFar;
  /** Opens what the job writes to, where its output is a URI; undefined where it is not. */
  openDestination(options: DestinationOptions): Promise<Destination> | undefined;
  /** @throws {JobError} when an input that is a URI has been written to since the job began */
  checkUnchanged(sources: readonly Source[]): Promise<void>;
  /**
   * Starts the driver.
   * @throws {UsageError} when the script cannot go along, or this pmap has no driver
   */
  engine(parts: SparkParts): CreateEngine;
  /** What there is to tell of it so far. */
  told(): Pick<Report, "workers" | "stats" | "cluster">;
  /** Lets Spark stop, whatever it is at. */
  stop(): Promise<void>;
  kill(): void;
}

/** Settings of ours among Spark's. */
const TASK_BYTES = "spark.pmap.taskBytes";
const LOG = "spark.pmap.log";

/**
 * Looks for all that a job on Spark takes. Its driver is started with the engine.
 * @throws {UsageError} when there is no Spark
 */
export function prepareSpark(
  plan: JobOptions,
  { runtime, messages, control, observer }: Pick<ExecuteOptions, "runtime" | "messages" | "control" | "observer">,
  reaper: Reaper,
): SparkJob {
  const taskBytes = taskBytesOf(plan);
  const beside = shippedFiles(plan.ships ?? [], plan.script.url);
  const submit = findSparkSubmit();
  const log = logOf(plan);
  const shipped = plan.shipsRuntime === true ? shippedRuntime(plan.runtime, ownProgram(plan, runtime)) : undefined;
  const folder = createSpillFolder(reaper);
  const record = new ClusterRecord(observer);
  let driver: SparkDriver | undefined;
  let files: HadoopFiles | undefined;
  const theDriver = () => {
    driver ??= new SparkDriver({
      link: runtime.spawnProcess(driverCommand(submit, driverJar(), placeOf(plan)), log),
      text: runtime.text,
      after,
      runtime: plan.runtime === runtime.name ? `${runtime.name} ${runtime.version}` : undefined,
      onSaid: messages.output,
      onNotice: messages.notice,
      onEvent: (event) => record.hear(event),
      onDetail: (message) => (plan.summary === "always" ? messages.notice(message) : undefined),
    });
    return driver;
  };
  return {
    check: checkSettings,
    findFar(uri) {
      files ??= new HadoopFiles(theDriver(), join(folder.path, "uris"));
      return unlessEnded(files.find(uri), control);
    },
    openDestination(options) {
      const { outputPath } = plan;
      if (outputPath === undefined || !isUri(outputPath)) return undefined;
      return unlessEnded(openOutputFolder(outputPath, theDriver(), options), control);
    },
    checkUnchanged: async (sources) => files?.checkUnchanged(sources),
    engine({ pool, begin, job, facts, settings }) {
      const script = sentScript(plan, folder.path);
      const manifest = join(folder.path, "package.json");
      writeFileSync(manifest, '{"type":"module"}\n');
      const cluster = theDriver();
      cluster.open({
        job: stageJob(plan, job, facts, settings),
        runtime: plan.runtime,
        program: ownProgram(plan, runtime),
        shipped,
        files: [...archivedFiles(manifest, script?.file), ...beside],
        archive: join(folder.path, "pmap-job.zip"),
        placeOf: placesOf(job.sources),
        frames: script?.frames,
      });
      const outputStays = plan.outputPath !== undefined && isUri(plan.outputPath);
      return clusterEngine({ cluster, record, pool, begin, taskBytes, outputStays });
    },
    told() {
      const { version = "", master = "" } = driver ?? {};
      const { workers, stats, counts, places } = record;
      return { workers, stats, cluster: { figures: { engine: "spark", version, master, ...counts }, places } };
    },
    async stop() {
      files?.close();
      await driver?.stop();
      folder.remove();
    },
    kill() {
      driver?.kill();
      folder.remove();
    },
  };
}

/** The file of the workers' runtime, where it is the one that runs this program. */
function ownProgram(plan: JobOptions, runtime: ExecuteOptions["runtime"]): string | undefined {
  return plan.runtime === runtime.name ? runtime.program() : undefined;
}

interface SentScript {
  readonly file: string;
  readonly frames: ScriptFrames;
}

function sentScript({ script, runtime }: JobOptions, folder: string): SentScript | undefined {
  if (script.url === undefined) return undefined;
  const file = join(folder, "script.mjs");
  // As the workers of this machine would: tsx leaves paths.
  const names = runtime === "bun" || script.loader === "tsx" ? "by path" : "by URL";
  return { file, frames: framesOf(bundleScript(script.url, file), names) };
}

function stageJob(plan: JobOptions, job: Job, facts: ScriptFacts, settings: WorkerPoolSettings): StageJob {
  const { outputPath: _o, inlineBytes: _i, spillFolder: _s, sources, ...rest } = settings;
  const { sources: _, readHeader: __, limit: ___, unitRemark: ____, ...terms } = job;
  // The same file is another one on another machine, but for its size; a URI is the same everywhere.
  const anywhere = sources.map(({ identity, ...source }) => ({
    ...source,
    identity: uriOf(source.path ?? "") === undefined ? identity && { size: identity.size } : identity,
  }));
  return {
    terms: terms satisfies JobTerms,
    script: plan.script,
    settings: { ...rest, sources: anywhere, runsAreRepeatable: true, tellsSetup: true },
    streams: job.sources.map(streamPlace),
    tearsDown: facts.tearsDown,
    sandboxed: plan.sandbox,
  };
}

/** Where a source is, if it may have to be read as a stream. */
function streamPlace(source: Source): StreamPlace | null {
  const stream = source.kind === "stream" ? source : source.compressed?.stream;
  return stream?.place ?? null;
}

/** @throws {Interrupted} when the job is to end while it waits for Spark */
function unlessEnded<T>(promise: Promise<T>, { drain, cancelled }: Control): Promise<T> {
  const drained = drain.then(() => {
    throw new Interrupted();
  });
  return Promise.race([promise, drained, ...(cancelled === undefined ? [] : [cancelled])]);
}

/** `--cores`, as Spark understands it. */
function placeOf({ master, conf = [], coresSaid, cores }: JobOptions) {
  if (!coresSaid) return { master, conf };
  return master === undefined
    ? { master: `local[${cores}]`, conf }
    : { master, conf: [`spark.cores.max=${cores}`, ...conf] };
}

/** Of a setting that is said twice, the last counts. */
function settingOf({ conf = [] }: JobOptions, key: string): string | undefined {
  return conf
    .filter((setting) => setting.startsWith(`${key}=`))
    .at(-1)
    ?.slice(key.length + 1);
}

/** @throws {UsageError} when it is no size */
function taskBytesOf(plan: JobOptions): number | undefined {
  const said = settingOf(plan, TASK_BYTES);
  if (said === undefined) return undefined;
  try {
    return parseSize(TASK_BYTES, said);
  } catch {
    throw new UsageError(`Cannot use "--conf ${TASK_BYTES}=${said}": expected a size such as 64M`);
  }
}

/** Takes the driver's log, which is long: to a file, where the user names one. Its last lines are told when it fails. */
function logOf(plan: JobOptions): (bytes: Uint8Array) => void {
  const path = settingOf(plan, LOG);
  if (path === undefined) return () => {};
  let file: number;
  try {
    file = openSync(path, "w");
  } catch (error) {
    throw new UsageError(`Cannot write "${path}": ${reasonOf(error)}`, { about: "output" });
  }
  return (bytes) => void writeSync(file, bytes);
}

function after(delayMs: number, task: () => void): () => void {
  const timer = setTimeout(task, delayMs);
  return () => clearTimeout(timer);
}
