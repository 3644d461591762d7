// Measures pmap beside its peers: interleaved runs, medians, the same output from all.
//
//   npm run bench -- --runs 5 --runtimes node24,bun --workloads cpu,proj,ident --sizes 1000000 --cores 2
//
// A node24 is looked for in $NODE24 and in .cache/node24, where .ci/run installs it.
import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { contenders, does, type Task } from "./contenders.ts";
import { generate } from "./generate.ts";
import { findRuntimes } from "./runtimes.ts";

/** A row of the table: seconds of every run by contender. */
interface Row {
  runtime: string;
  workload: string;
  records: number;
  seconds: Record<string, number[]>;
}

const ratios = [
  ["pmap -o", "limit"],
  ["pmap >", "limit"],
  ["pmap |", "limit"],
  ["pmap -o", "parallel"],
  ["pmap |", "parallel"],
  ["pmap -o", "map"],
  ["pmap -o", "pmap proj"],
  ["pmap -o", "duckdb"],
] as const;

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    cores: { type: "string", default: "2" },
    runtimes: { type: "string", default: "node24,bun,deno" },
    workloads: { type: "string", default: "cpu,proj,ident,group" },
    sizes: { type: "string", default: "1000000" },
    contenders: { type: "string", default: Object.keys(contenders).join(",") },
  },
});

const folder = mkdtempSync(join(tmpdir(), "pmap-bench-out-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const date = new Date().toISOString();
const runtimes = findRuntimes(options.runtimes.split(","));
const present = options.contenders.split(",").filter(isPresent);
const rows: Row[] = [];
for (const records of options.sizes.split(",").map(Number)) {
  const input = await generate(records);
  for (const runtime of runtimes) {
    for (const workload of options.workloads.split(",")) {
      const task = { runtime, workload, input, cores: Number(options.cores) };
      const row = { runtime: runtime.name, workload, records, seconds: await measure(task) };
      rows.push(row);
      console.log(runtime.name, workload, records, JSON.stringify(figures(row)));
    }
  }
}
console.table(
  rows.map((row) => ({ runtime: row.runtime, workload: row.workload, records: row.records, ...figures(row) })),
);
keep();

function isPresent(name: string): boolean {
  const contender = contenders[name];
  if (!contender) throw new Error(`Cannot measure "${name}": known are ${Object.keys(contenders).join(", ")}.`);
  const missing = contender.missing?.();
  if (missing) console.log(`${name} is skipped: ${missing}`);
  return !missing;
}

/** Round after round, so that what else the machine does meets all contenders alike. */
async function measure(task: Omit<Task, "output">): Promise<Record<string, number[]>> {
  const able = present.filter((name) => does(name, task.workload));
  const seconds = Object.fromEntries(able.map((name) => [name, [] as number[]]));
  let expected: string | undefined;
  for (let round = 0; round < Number(options.runs); round++) {
    for (const name of able) {
      const outputs: string[] = [];
      const output = (): string => {
        const path = join(folder, `${outputs.length}.jsonl`);
        outputs.push(path);
        return path;
      };
      const before = performance.now();
      await contenders[name]?.run({ ...task, output });
      seconds[name]?.push(Math.round(performance.now() - before) / 1000);
      const found = await md5(outputs);
      for (const file of readdirSync(folder)) rmSync(join(folder, file));
      if (contenders[name]?.differs) continue;
      expected ??= found;
      if (found === expected) continue;
      throw new Error(
        `Cannot compare: ${name} printed ${found}, ${present[0]} printed ${expected} (${task.workload}).`,
      );
    }
  }
  return seconds;
}

async function md5(files: string[]): Promise<string> {
  const hash = createHash("md5");
  for (const file of files) for await (const block of createReadStream(file)) hash.update(block);
  return hash.digest("hex");
}

/** Median seconds, then ratios. */
function figures({ seconds }: Row): Record<string, number> {
  const medians = Object.entries(seconds).map(([name, all]) => [`${name} s`, median(all)] as [string, number]);
  return Object.fromEntries(
    [...medians, ...ratiosOf(seconds)].map(([name, value]) => [name, Number(value.toFixed(2))]),
  );
}

function ratiosOf(seconds: Record<string, number[]>): [name: string, ratio: number][] {
  return ratios.flatMap(([one, other]) => {
    const [above, below] = [seconds[one], seconds[other]];
    if (!above || !below) return [];
    return [[`${one} / ${other}`, median(above) / median(below)] as [string, number]];
  });
}

function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The figures, with what they need to be compared later. */
function keep(): void {
  const results = fileURLToPath(new URL("results/", import.meta.url));
  mkdirSync(results, { recursive: true });
  const [cpu] = cpus();
  const result = {
    date,
    command: `npm run bench -- ${process.argv.slice(2).join(" ")}`.trim(),
    machine: { cpu: cpu?.model, cores: cpus().length, memoryBytes: totalmem() },
    versions: Object.fromEntries(runtimes.map(({ name, version }) => [name, version])),
    options,
    rows: rows.map((row) => ({ ...row, figures: figures(row) })),
  };
  const path = join(results, `${date.replaceAll(":", "-")}.json`);
  writeFileSync(path, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`kept in ${path}`);
}
