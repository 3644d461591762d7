import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { quote, run, shell } from "./commands.ts";
import { jsonLinesOf } from "./generate-csv.ts";
import type { Runtime } from "./runtimes.ts";

/** One measurement: this runtime, this workload, this input, on a number of cores, into these files. */
export interface Task {
  runtime: Runtime;
  workload: string;
  input: string;
  cores: number;
  /** Names a new output file; what the files hold one after the other is the output. */
  output: () => string;
}

export interface Contender {
  /** What tables and kept results call it, where that is not its name. */
  label?: string;
  /** Workloads that it can do; the maps where nothing is said. */
  workloads?: readonly string[];
  /** Runs on no runtime of ours, so once and not once per runtime. */
  runtimeFree?: true;
  /** Uses one core, whatever `--cores` says. */
  serial?: true;
  /**
   * What must agree with the others: every byte; or, where it may print numbers in its own way, only how many lines there are; or
   * nothing, because it does something else, to be measured in the same run.
   */
  checks?: "lines" | "nothing";
  /** Not measured unless it is asked for: slow, or a peer that says little about pmap from day to day. */
  extra?: true;
  /** Why it cannot run here. */
  missing?: () => string | undefined;
  run: (task: Task) => Promise<void>;
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const peer = (name: string): string => file(`peers/${name}`);
const program = file("../../dist/cli/main.js");
const installed = (name: string) => () =>
  existsSync(file(`../../.cache/${name}`)) ? undefined : "not installed (npm run bench:peers)";
const answers =
  (...command: [string, ...string[]]) =>
  () => {
    const [name, ...args] = command;
    return spawnSync(name, args).status === 0 ? undefined : "not installed";
  };

const MAPS = ["cpu", "proj", "ident"];
/** Python takes minutes for the hashing, and jq has no integers to do it with. */
const LIGHT_MAPS = ["proj", "ident"];
/** Two fields of CSV, with quotes and without any. */
const CSV = ["csv", "csv-plain"];
const JQ: Record<string, string> = { proj: "{id,score}", ident: "." };

/** To add one is to add a line; `ratios` in figures.ts says what is divided by what. */
export const contenders: Record<string, Contender> = {
  loop: {
    serial: true,
    workloads: [...MAPS, "1brc"],
    run: (task) =>
      task.workload === "1brc" ? script("brc-loop.mjs", { ...task, cores: undefined }) : partsAtOnce(task, 1),
  },
  limit: { run: (task) => partsAtOnce(task, task.cores) },
  parallel: { missing: answers("parallel", "--version"), run: (task) => pipepart(task, filter(task)) },
  "parallel-pipe": {
    label: "parallel --pipe",
    missing: answers("parallel", "--version"),
    run: (task) =>
      shell(
        `cat ${quote([task.input])} | parallel --pipe --block 10M -k --jobs ${task.cores} ${quote([filter(task)])} > ${quote([task.output()])}`,
      ),
  },
  piscina: {
    extra: true,
    missing: installed("piscina/node_modules/piscina"),
    run: (task) => script("piscina.mjs", task, task.workload),
  },
  threads: { label: "worker_threads", extra: true, run: (task) => script("threads.mjs", task, task.workload) },
  python: {
    label: "Python Pool.imap",
    extra: true,
    runtimeFree: true,
    workloads: LIGHT_MAPS,
    checks: "lines",
    missing: answers("python3", "--version"),
    run: (task) => python("pool.py", task, "multiprocessing", task.workload),
  },
  mpire: {
    label: "Python mpire",
    extra: true,
    runtimeFree: true,
    workloads: LIGHT_MAPS,
    checks: "lines",
    missing: answers("python3", "-c", "import mpire"),
    run: (task) => python("pool.py", task, "mpire", task.workload),
  },
  jq: {
    extra: true,
    runtimeFree: true,
    serial: true,
    workloads: LIGHT_MAPS,
    checks: "lines",
    missing: answers("jq", "--version"),
    run: (task) => shell(`${jq(task)} ${quote([task.input])} > ${quote([task.output()])}`),
  },
  "jq-parallel": {
    label: "parallel jq",
    extra: true,
    runtimeFree: true,
    workloads: LIGHT_MAPS,
    checks: "lines",
    missing: () => answers("jq", "--version")() ?? answers("parallel", "--version")(),
    run: (task) => pipepart(task, jq(task)),
  },
  "python-1brc": {
    label: "Python Pool.map",
    extra: true,
    runtimeFree: true,
    workloads: ["1brc"],
    missing: answers("python3", "--version"),
    run: (task) => python("brc.py", task),
  },
  map: {
    serial: true,
    workloads: ["group"],
    run: (task) => script("group-loop.mjs", { ...task, cores: undefined }),
  },
  duckdb: {
    runtimeFree: true,
    workloads: ["proj", "group", ...CSV],
    checks: "lines",
    missing: installed("duckdb/node_modules/@duckdb/node-api"),
    run: ({ input, output, cores, workload }) =>
      run([process.execPath, peer("duckdb.mjs"), workload, input, output(), `${cores}`]),
  },
  native: {
    runtimeFree: true,
    workloads: [...MAPS, "group"],
    missing: installed("native/release/native"),
    run: ({ input, output, cores, workload }) =>
      run([file("../../.cache/native/release/native"), workload, input, output(), `${cores}`]),
  },
  "csv-parse": {
    serial: true,
    workloads: CSV,
    run: (task) => script("csv-loop.mjs", { ...task, cores: undefined }),
  },
  mlr: {
    runtimeFree: true,
    workloads: CSV,
    checks: "lines",
    missing: answers("mlr", "--version"),
    run: ({ input, output }) => run(["mlr", "--icsv", "--ojsonl", "cut", "-o", "-f", "id,score", input], output()),
  },
  "pmap-jsonl": {
    label: "pmap JSON lines",
    workloads: CSV,
    run: (task) => shell(`${quote(pmap({ ...task, input: jsonLinesOf(task.input) }))} -o ${quote([task.output()])}`),
  },
  "pmap-proj": {
    label: "pmap proj",
    workloads: ["group"],
    checks: "nothing",
    run: (task) => shell(`${quote(pmap({ ...task, workload: "proj" }))} -o ${quote([task.output()])}`),
  },
  "pmap-o": {
    label: "pmap -o",
    workloads: [...MAPS, ...CSV, "group", "1brc"],
    run: (task) => shell(`${quote(pmap(task))} -o ${quote([task.output()])}`),
  },
  "pmap-file": {
    label: "pmap >",
    run: (task) => shell(`${quote(pmap(task))} > ${quote([task.output()])}`),
  },
  "pmap-pipe": {
    label: "pmap |",
    run: (task) => shell(`${quote(pmap(task))} | cat > ${quote([task.output()])}`),
  },
  bare: { serial: true, workloads: ["tiny"], checks: "nothing", run: ({ runtime }) => run(runtime.bare) },
  "pmap-tiny": {
    label: "pmap -e _.a",
    serial: true,
    workloads: ["tiny"],
    run: ({ runtime, input, output }) => run([...runtime.program, program, "-e", "_.a", input], output()),
  },
};

/** What runs pmap on a workload, without saying where the output goes. */
export function pmap({ runtime, workload, input, cores }: Task): string[] {
  const name = CSV.includes(workload) ? "proj" : workload;
  const scriptFile = workload === "1brc" ? "../../examples/1brc.ts" : `scripts/${name}.ts`;
  return [...runtime.program, program, "--cores", `${cores}`, file(scriptFile), input];
}

/** A peer's program: its own words, the input, the output, and how many threads it may use. */
function script(
  name: string,
  { runtime, input, output, cores }: Omit<Task, "cores"> & { cores: number | undefined },
  ...words: string[]
): Promise<void> {
  return run([...runtime.command, peer(name), ...words, input, output(), ...(cores === undefined ? [] : [`${cores}`])]);
}

function python(name: string, { input, output, cores }: Task, ...words: string[]): Promise<void> {
  return run(["python3", peer(name), ...words, input, output(), `${cores}`]);
}

function filter({ runtime, workload }: Task): string {
  return quote([...runtime.command, peer("filter.mjs"), workload]);
}

function jq({ workload }: Task): string {
  return quote(["jq", "-c", JQ[workload] ?? "."]);
}

function pipepart({ input, cores, output }: Task, command: string): Promise<void> {
  const parallel = ["parallel", "--pipepart", "--block", "-1", "-k", "--jobs", `${cores}`, "-a", input, command];
  return shell(`${quote(parallel)} > ${quote([output()])}`);
}

/** The hand-written loop, on equal parts of the input at once. */
async function partsAtOnce({ runtime, workload, input, output }: Task, parts: number): Promise<void> {
  const borders = recordBorders(input, parts);
  const running: Promise<void>[] = [];
  for (const [part, start] of borders.slice(0, -1).entries()) {
    const args = [peer("loop.mjs"), workload, input, `${start}`, `${borders[part + 1]}`, output()];
    running.push(run([...runtime.command, ...args]));
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
