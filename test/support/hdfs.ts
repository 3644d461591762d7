/** A small HDFS on loopback, where its jars are (test/support/hdfs/pom.xml says how to get them). */
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { textOf } from "./proc.ts";
import { eventually } from "./run-pmap.ts";

const jars = fileURLToPath(new URL("../../.cache/hdfs", import.meta.url));

/** Why there is none; undefined where there may be one. */
export const missingHdfs =
  existsSync(jars) && readdirSync(jars).some((name) => name.startsWith("hadoop-client-minicluster"))
    ? undefined
    : "its jars are not in .cache/hdfs, which test/support/hdfs/pom.xml fills";

export interface TestHdfs {
  /** What URIs in it begin with. */
  readonly uri: string;
  stop(): Promise<void>;
}

/** @param folder where it keeps its blocks, which have 1 MiB */
export async function startHdfs(folder: string): Promise<TestHdfs> {
  const site = join(folder, "site.xml");
  const options = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx300m", "-cp", join(jars, "*")];
  const settings = ["dfs.blocksize=1048576", "dfs.permissions.enabled=false"].flatMap((each) => ["-D", each]);
  const args = ["-format", "-nnport", "0", "-datanodes", "1", "-writeConfig", site, ...settings];
  const child = spawn("java", [...options, "org.apache.hadoop.test.MiniDFSClusterManager", ...args], {
    cwd: folder,
    stdio: "ignore",
  });
  const gone = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  const found = () => /<name>fs\.defaultFS<\/name>\s*<value>(hdfs:[^<]+?)\/?<\/value>/.exec(textOf(site))?.[1];
  if (!(await eventually(() => found() !== undefined))) throw new Error("HDFS does not come up");
  return {
    uri: found() as string,
    async stop() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
