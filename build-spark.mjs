// Builds dist/spark/pmap-spark.jar, the driver of --engine spark, with javac and the jars of a Spark that is on this machine.
// Without them the package has no such driver, and pmap says so where it is asked for.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(dirname(fileURLToPath(import.meta.url)));

const SOURCES = "adapters/spark/java/dev/pmap/spark";
const JAR = "dist/spark/pmap-spark.jar";
/** Any Java that Spark 3.3 and later run on takes it. */
const RELEASE = "8";
/** The same sources make the same bytes. */
const DATE = "2020-01-01T00:00:00Z";

const sources = readdirSync(SOURCES)
  .sort()
  .map((file) => join(SOURCES, file));
const hash = createHash("sha256");
for (const source of sources) hash.update(readFileSync(source));
const made = join(".cache", "spark-driver", `${hash.digest("hex")}.jar`);
const missing = existsSync(made) ? undefined : build();
if (missing === undefined) {
  mkdirSync(dirname(JAR), { recursive: true });
  copyFileSync(made, JAR);
} else console.log(`No driver for --engine spark is built: there is ${missing}.`);

/** What there is not, where it cannot be built. */
function build() {
  const jars = jarsOfSpark();
  if (jars === undefined)
    return "no Spark here (SPARK_HOME, or: python3 -m venv .cache/spark && .cache/spark/bin/pip install pyspark)";
  if (spawnSync("javac", ["-version"]).status !== 0) return "no javac on the PATH";
  const classes = mkdtempSync(join(tmpdir(), "pmap-classes-"));
  try {
    run("javac", ["--release", RELEASE, "-Xlint:-options", "-cp", join(jars, "*"), "-d", classes, ...sources]);
    mkdirSync(dirname(made), { recursive: true });
    run("jar", ["--create", "--file", made, `--date=${DATE}`, "-C", classes, "."]);
  } finally {
    rmSync(classes, { recursive: true, force: true });
  }
  return undefined;
}

function jarsOfSpark() {
  const { PMAP_TEST_SPARK_HOME, SPARK_HOME } = process.env;
  const homes = [PMAP_TEST_SPARK_HOME, SPARK_HOME, ...cachedHomes()].filter(Boolean);
  return homes.map((home) => join(home, "jars")).find((folder) => existsSync(folder));
}

function cachedHomes() {
  const lib = ".cache/spark/lib";
  return existsSync(lib) ? readdirSync(lib).map((python) => join(lib, python, "site-packages/pyspark")) : [];
}

function run(command, args) {
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot build the driver for Spark: ${command} failed\n${stderr}${error ?? ""}`);
}
