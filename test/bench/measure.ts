// Measuring the contenders of one workload: interleaved runs, and the same output from all.
import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Contender, Task } from "./contenders.ts";
import type { Measurement } from "./results.ts";

/** A contender on a runtime and a number of cores. */
export interface Entrant {
  name: string;
  contender: Contender;
  task: Omit<Task, "output">;
}

interface Output {
  md5: string;
  lines: number;
}

const folder = mkdtempSync(join(tmpdir(), "pmap-bench-out-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/**
 * Round after round, so that what else the machine does meets all contenders alike.
 * @throws when two of them do not give the same output
 */
export async function measure(entrants: readonly Entrant[], records: number, rounds: number): Promise<Measurement[]> {
  const seconds = entrants.map((): number[] => []);
  const compare = createComparison();
  for (let round = 0; round < rounds; round++) {
    // To and fro: the first of a round is the last of the next.
    const inTurn = [...entrants.entries()];
    for (const [i, entrant] of round % 2 === 0 ? inTurn : inTurn.reverse()) {
      const { wallSeconds, output } = await runOnce(entrant);
      seconds[i]?.push(Math.round(wallSeconds * 1e4) / 1e4);
      compare(entrant, output);
    }
  }
  return entrants.map(({ name, contender, task }, i) => ({
    workload: task.workload,
    records,
    runtime: task.runtime.name,
    cores: task.cores,
    contender: contender.label ?? name,
    seconds: seconds[i] ?? [],
  }));
}

/** One run; what the output files hold one after the other is the output. */
export async function runOnce({ contender, task }: Entrant): Promise<{ wallSeconds: number; output: Output }> {
  const files: string[] = [];
  const output = (): string => {
    const path = join(folder, `${files.length}.jsonl`);
    files.push(path);
    return path;
  };
  const before = performance.now();
  await contender.run({ ...task, output });
  const wallSeconds = (performance.now() - before) / 1000;
  const found = await digest(files);
  for (const file of readdirSync(folder)) rmSync(join(folder, file));
  return { wallSeconds, output: found };
}

function createComparison(): (entrant: Entrant, output: Output) => void {
  let expected: { output: Output; name: string } | undefined;
  const told = new Set<string>();
  return ({ name, contender, task }, output) => {
    const { checks } = contender;
    if (checks === "nothing") return;
    const who = `${name} on ${task.runtime.name}`;
    // A contender that may print differently says nothing about what is right.
    if (checks !== "lines") expected ??= { output, name: who };
    if (expected === undefined || output.md5 === expected.output.md5) return;
    if (checks === "lines" && output.lines === expected.output.lines) {
      if (!told.has(name)) console.log(`${name} prints other bytes than ${expected.name}, but as many lines`);
      told.add(name);
      return;
    }
    const both = [output, expected.output].map(({ md5, lines }) => `${md5} (${lines} lines)`);
    throw new Error(`Cannot compare: ${who} printed ${both[0]}, ${expected.name} ${both[1]} (${task.workload}).`);
  };
}

async function digest(files: readonly string[]): Promise<Output> {
  const hash = createHash("md5");
  let lines = 0;
  for (const file of files) {
    for await (const block of createReadStream(file) as AsyncIterable<Buffer>) {
      hash.update(block);
      for (let at = block.indexOf(10); at !== -1; at = block.indexOf(10, at + 1)) lines++;
    }
  }
  return { md5: hash.digest("hex"), lines };
}
