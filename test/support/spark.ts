/** A Spark to test with, where there is one, and a cluster of it on loopback. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findProgram } from "../../adapters/system/programs.ts";
import { childrenOf, commandOf } from "./proc.ts";
import { eventually } from "./run-pmap.ts";

const jar = fileURLToPath(new URL("../../dist/spark/pmap-spark.jar", import.meta.url));

/** Where Spark is, or why it cannot be tested with. */
export const spark: { readonly home: string } | { readonly missing: string } = find();

function find(): typeof spark {
  const { PMAP_TEST_SPARK_HOME, SPARK_HOME } = process.env;
  const submit = findProgram("spark-submit");
  const home = PMAP_TEST_SPARK_HOME || SPARK_HOME || (submit && dirname(dirname(submit)));
  if (!home || !existsSync(join(home, "bin/spark-submit")))
    return { missing: "there is no Spark (PMAP_TEST_SPARK_HOME, SPARK_HOME, or spark-submit on the PATH)" };
  if (!existsSync(jar)) return { missing: "dist/ has no driver for it: npm run build:spark" };
  if (spawnSync("java", ["-version"]).status !== 0) return { missing: "there is no Java" };
  return { home };
}

/** A machine that is busy takes its time until Spark is up, and pmap says that it waits. */
export function withoutWaiting<T extends { readonly stderr: string }>(result: T): T {
  return { ...result, stderr: result.stderr.replace(/^pmap: waiting for Spark: .*\n(Is the cluster .*\n)?/gm, "") };
}

export function sparkEnvironment(): Record<string, string> {
  return { SPARK_HOME: "home" in spark ? spark.home : "", SPARK_LOCAL_IP: "127.0.0.1" };
}

/** The flags of a job that starts as quickly as Spark can, and has many tasks. */
export function sparkFlags(master = "local[2]", taskBytes = "64k"): string[] {
  const conf = ["spark.ui.enabled=false", "spark.executor.memory=500m", `spark.pmap.taskBytes=${taskBytes}`];
  return ["--engine", "spark", "--master", master, ...conf.flatMap((setting) => ["--conf", setting])];
}

export interface TestCluster {
  readonly master: string;
  /** Executors' processes, by their ids. */
  executors(): number[];
  /** Kills one of the two workers, and starts another in its place. */
  killWorker(which: number): void;
  stop(): Promise<void>;
}

/** Workers on addresses of their own: to Spark they are two machines. */
export async function startCluster(folder: string): Promise<TestCluster> {
  const port = 20_000 + (process.pid % 20_000);
  const master = `spark://127.0.0.1:${port}`;
  const deploy = "org.apache.spark.deploy";
  const said: string[] = [];
  const addresses = ["127.0.0.2", "127.0.0.3"];
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  // Bun's program is called bun.exe where npm has brought it.
  const runtime = join(bin, basename(process.execPath, ".exe"));
  if (!existsSync(runtime)) symlinkSync(process.execPath, runtime);
  const daemons = [
    start("127.0.0.1", [`${deploy}.master.Master`, "--host", "127.0.0.1", "--port", String(port), "--webui-port", "0"]),
    ...addresses.map(startWorker),
  ];
  const isUp = () => said.join("").split("Successfully registered with master").length === 3;
  if (!(await eventually(isUp))) throw new Error(`the cluster does not come up:\n${said.join("")}`);
  return {
    master,
    // A daemon may have another child: of the shell that it was, one that has ended and is never waited for.
    executors: () => daemons.flatMap(({ pid }) => childrenOf(pid as number)).filter(isExecutor),
    killWorker(which) {
      daemons[1 + which]?.kill("SIGKILL");
      daemons[1 + which] = startWorker(addresses[which] as string);
    },
    async stop() {
      const gone = daemons.map((daemon) => new Promise((resolve) => daemon.on("exit", resolve)));
      for (const daemon of daemons) daemon.kill("SIGKILL");
      await Promise.all(gone);
    },
  };

  function startWorker(address: string): ChildProcess {
    const work = join(folder, address);
    mkdirSync(work, { recursive: true });
    const size = ["--host", address, "--cores", "1", "--memory", "1g", "--webui-port", "0", "--work-dir", work];
    return start(address, [`${deploy}.worker.Worker`, ...size, master]);
  }

  function start(address: string, args: readonly string[]): ChildProcess {
    const env = {
      ...process.env,
      ...sparkEnvironment(),
      SPARK_LOCAL_IP: address,
      // Where executors keep what they hold.
      SPARK_LOCAL_DIRS: join(folder, "blocks"),
      // The runtime that runs the tests, and none of the packages of this repository.
      PATH: [bin, ...(process.env.PATH ?? "").split(delimiter)]
        .filter((part) => !part.includes("node_modules/.bin"))
        .join(delimiter),
      SPARK_DAEMON_MEMORY: "200m",
      SPARK_DAEMON_JAVA_OPTS: "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    };
    const daemon = spawn(join(sparkEnvironment().SPARK_HOME as string, "bin/spark-class"), args, { env });
    for (const stream of [daemon.stdout, daemon.stderr]) stream.on("data", (bytes) => said.push(String(bytes)));
    return daemon;
  }
}

function isExecutor(pid: number): boolean {
  return commandOf(pid).includes("CoarseGrainedExecutorBackend");
}
