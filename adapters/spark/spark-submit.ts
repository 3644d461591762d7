/** Spark's own command, which starts a driver: where it is, and how it is called. */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import type { Command } from "../../core/platform/runtime.ts";
import { findProgram } from "../system/programs.ts";

export interface SparkOptions {
  /** As spark-submit takes it; undefined for Spark's own default. */
  readonly master: string | undefined;
  /** Each as KEY=VALUE. */
  readonly conf: readonly string[];
}

const DRIVER = "dev.pmap.spark.Driver";
/**
 * Spark's part moves bytes: code that is compiled once, and a heap that is collected by one thread, cost half the CPU time of a small
 * job. A collector that the user or the cluster names elsewhere wins.
 */
const SMALL_JAVA = "-XX:+NeverActAsServerClassMachine";
/**
 * What the driver holds at a time is little: from a heap that begins small, and whose young part stays small, what has been passed on
 * is collected before it adds up. By itself it begins with a 64th of the machine's memory.
 */
const SMALL_HEAP = "-Xms64m -XX:MaxNewSize=32m";
/** Said before what the user says, which wins. */
const OWN_CONF = [
  `spark.driver.defaultJavaOptions=${SMALL_JAVA} ${SMALL_HEAP}`,
  `spark.executor.defaultJavaOptions=${SMALL_JAVA}`,
  // Results are bounded by how many tasks are out.
  "spark.driver.maxResultSize=0",
  "spark.ui.showConsoleProgress=false",
  // Java's serialization keeps what it has written or read until a reset: those would be a hundred pieces of output.
  "spark.serializer.objectStreamReset=1",
  // What is fetched from an executor goes by way of the disk, unless it is short.
  "spark.network.maxRemoteBlockSizeFetchToMem=4m",
];
const HOW_TO_GET_IT =
  "Set SPARK_HOME, or put spark-submit on the PATH; to get it: pip install pyspark (Java 17 or later is needed, Python is not used)";

/** @throws {UsageError} when it is not there */
export function findSparkSubmit(): string {
  const home = process.env.SPARK_HOME;
  if (home === undefined || home === "") {
    const found = findProgram("spark-submit");
    if (found !== undefined) return found;
    throw new UsageError(`Cannot use --engine spark: there is no "spark-submit" on the PATH\n${HOW_TO_GET_IT}`);
  }
  const file = join(home, "bin", "spark-submit");
  try {
    accessSync(file, constants.X_OK);
    return file;
  } catch {
    throw new UsageError(`Cannot use --engine spark: there is no "${file}", and SPARK_HOME says so\n${HOW_TO_GET_IT}`);
  }
}

/** Ctrl-C reaches the whole process group: Spark's part of it goes on until pmap says what becomes of the job. */
const HEARS_NO_SIGNALS = 'trap "" INT HUP; exec "$@"';

export function driverCommand(submit: string, jar: string, { master, conf }: SparkOptions): Command {
  const where = master === undefined ? [] : ["--master", master];
  const settings = [...OWN_CONF, ...conf].flatMap((setting) => ["--conf", setting]);
  const argv = [submit, ...where, "--name", "pmap", "--class", DRIVER, ...settings, jar];
  return { argv: ["/bin/sh", "-c", HEARS_NO_SIGNALS, "sh", ...argv], port: "0,1" };
}
