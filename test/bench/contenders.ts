import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Runtime } from "./runtimes.ts";

/** One measurement: this runtime, this workload, this input, on so many cores, into these files. */
export interface Task {
  runtime: Runtime;
  workload: string;
  input: string;
  cores: number;
  /** Names a new output file; what the files hold one after the other is the output. */
  output: () => string;
}

interface Contender {
  /** Workloads that it can do; all but `group` where nothing is said. */
  workloads?: readonly string[];
  /** It does something else, to be measured in the same run: its output is not compared. */
  differs?: boolean;
  /** Why it cannot run here. */
  missing?: () => string | undefined;
  run: (task: Task) => Promise<void>;
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const program = file("../../dist/cli/main.js");
const duckdb = file("../../.cache/duckdb/node_modules/@duckdb/node-api");
const hasParallel = spawnSync("parallel", ["--version"]).status === 0;

const MAPS = ["cpu", "proj", "ident"];
const ALL = [...MAPS, "group"];

/** Whether a contender does a workload. */
export function does(name: string, workload: string): boolean {
  return (contenders[name]?.workloads ?? MAPS).includes(workload);
}

/** To add one is to add a line; `ratios` in bench.ts says what is divided by what. */
export const contenders: Record<string, Contender> = {
  loop: { run: (task) => loops(task, 1) },
  limit: { run: (task) => loops(task, task.cores) },
  parallel: {
    missing: () => (hasParallel ? undefined : "GNU parallel is not installed"),
    run: (task) => {
      const filter = quote([...task.runtime.command, file("filter.mjs"), task.workload]);
      const parallel = [
        "parallel",
        "--pipepart",
        "--block",
        "-1",
        "-k",
        "--jobs",
        `${task.cores}`,
        "-a",
        task.input,
        filter,
      ];
      return shell(`${quote(parallel)} > ${quote([task.output()])}`);
    },
  },
  map: {
    workloads: ["group"],
    run: (task) => finish(quote([...task.runtime.command, file("group-loop.mjs"), task.input, task.output()])),
  },
  duckdb: {
    workloads: ["group"],
    missing: () => (existsSync(duckdb) ? undefined : "npm install --prefix .cache/duckdb --no-save @duckdb/node-api"),
    run: (task) => finish(quote([process.execPath, file("duckdb.mjs"), task.input, task.output(), `${task.cores}`])),
  },
  "pmap proj": {
    workloads: ["group"],
    differs: true,
    run: (task) => shell(`${pmap({ ...task, workload: "proj" })} -o ${quote([task.output()])}`),
  },
  "pmap -o": { workloads: ALL, run: (task) => shell(`${pmap(task)} -o ${quote([task.output()])}`) },
  "pmap >": { run: (task) => shell(`${pmap(task)} > ${quote([task.output()])}`) },
  "pmap |": { run: (task) => shell(`${pmap(task)} | cat > ${quote([task.output()])}`) },
};

function pmap({ runtime, workload, input, cores }: Task): string {
  return quote([...runtime.program, program, "--cores", `${cores}`, file(`scripts/${workload}.ts`), input]);
}

/** The hand-written loop, on equal parts of the input at once. */
async function loops({ runtime, workload, input, output }: Task, parts: number): Promise<void> {
  const borders = recordBorders(input, parts);
  const running: Promise<void>[] = [];
  for (const [part, start] of borders.slice(0, -1).entries()) {
    const args = [file("loop.mjs"), workload, input, `${start}`, `${borders[part + 1]}`, output()];
    running.push(finish(quote([...runtime.command, ...args])));
  }
  await Promise.all(running);
}

function recordBorders(input: string, parts: number): number[] {
  const { size } = statSync(input);
  const from = openSync(input, "r");
  const block = Buffer.alloc(64 * 1024);
  const borders = [0];
  for (let part = 1; part < parts; part++) {
    const about = Math.floor((size * part) / parts);
    borders.push(about + block.subarray(0, readSync(from, block, 0, block.length, about)).indexOf(10) + 1);
  }
  closeSync(from);
  return [...borders, size];
}

function quote(words: string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
}

function shell(command: string): Promise<void> {
  return finish(`set -o pipefail; ${command}`);
}

/** Runs a command line by way of bash, all contenders alike. */
function finish(command: string): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn("bash", ["-c", command], { stdio: ["ignore", "inherit", "pipe"] });
    let complaint = "";
    child.stderr.on("data", (data) => {
      complaint += data;
    });
    child.on("error", fail);
    child.on("close", (code, signal) => {
      if (code === 0) done();
      else fail(new Error(`Cannot measure "${command}": it ended with ${code ?? signal}.\n${complaint}`));
    });
  });
}
