// What processes use: CPU time of the coordinator and of the whole tree, and peak memory. Runs that are watched are not timed.
//
// The shell's `time` knows the CPU time of the tree to a millisecond, and a module that the coordinator loads first notes its own
// as it ends. Peak memory is asked of /proc while they run, so all of this is for Linux.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { quote } from "./commands.ts";
import { pmap, type Task } from "./contenders.ts";
import type { Entrant } from "./measure.ts";
import { watchPeaks } from "./peaks.ts";
import type { Usage } from "./results.ts";

/** Which contenders are watched, and where each puts its output. */
const targets: Record<string, (output: string) => string> = {
  "pmap-o": (output) => `-o ${quote([output])}`,
  "pmap-pipe": (output) => `| cat > ${quote([output])}`,
};

const notesItsCpu = fileURLToPath(new URL("notes-its-cpu.mjs", import.meta.url));

export async function usageOf(entrants: readonly Entrant[], records: number): Promise<Usage[]> {
  const usages: Usage[] = [];
  for (const { name, contender, task } of entrants) {
    const target = targets[name];
    if (target === undefined) continue;
    const { workload, cores, runtime } = task;
    const subject = { workload, records, runtime: runtime.name, cores, contender: contender.label ?? name };
    usages.push({ ...subject, ...(await watchOnce(task, target)) });
  }
  return usages;
}

async function watchOnce(task: Entrant["task"], target: (output: string) => string) {
  const folder = mkdtempSync(join(tmpdir(), "pmap-bench-usage-"));
  const [own, tree] = [join(folder, "own"), join(folder, "tree")];
  const words = pmap({ ...task, runtime: withPreload(task.runtime), output: () => "" });
  const [command, redirect] = [quote(words), target(join(folder, "output"))];
  const timed = redirect.startsWith("|")
    ? `${timing(command, tree)} ${redirect}`
    : timing(`${command} ${redirect}`, tree);
  const child = spawn("bash", ["-c", timed], {
    env: { ...process.env, BENCH_CPU_NOTE: own },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const stop = watchPeaks(child.pid as number);
  const code = await new Promise((done) => child.on("close", done));
  if (code !== 0) throw new Error(`Cannot watch "${timed}": it ended with ${code}.`);
  const usage = {
    coordinatorCpuSeconds: round(Number(readFileSync(own, "utf8"))),
    totalCpuSeconds: round(sum(readFileSync(tree, "utf8").trim().split(" "))),
    ...stop(),
  };
  rmSync(folder, { recursive: true });
  return usage;
}

/** The shell's own stderr gets the times, the command's goes where it went. */
function timing(command: string, file: string): string {
  return `{ TIMEFORMAT="%U %S"; { time ${command} 2>&3; } 3>&2 2> ${quote([file])}; }`;
}

function withPreload(runtime: Task["runtime"]): Task["runtime"] {
  const flag = runtime.name.startsWith("node") ? "--import" : "--preload";
  return { ...runtime, program: [...runtime.program, flag, notesItsCpu] };
}

function sum(numbers: readonly string[]): number {
  return numbers.reduce((total, number) => total + Number(number), 0);
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
