/** A .cpuprofile as a test reads it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { CpuProfileFile } from "../../api/profile/cpuprofile.ts";

export interface ProfiledFunction {
  readonly url: string;
  /** Where it begins, from 1. */
  readonly line: number;
  /** Time in itself, in microseconds. */
  micros: number;
  /** Ticks by line. */
  readonly lines: Map<number, number>;
}

/** Its functions by their names. Finds out whether it is a profile that the tools can open. */
export function readProfile(path: string): Map<string, ProfiledFunction> {
  const { nodes, samples, timeDeltas, startTime, endTime } = JSON.parse(readFileSync(path, "utf8")) as CpuProfileFile;
  const ids = new Set(nodes.map(({ id }) => id));
  assert.equal(ids.size, nodes.length);
  assert.equal(nodes[0]?.callFrame.functionName, "(root)");
  const children = nodes.flatMap((node) => node.children);
  assert.equal(new Set(children).size, nodes.length - 1, "each node but the root has one caller");
  assert.ok([...children, ...samples].every((id) => ids.has(id)));
  assert.equal(samples.length, timeDeltas.length);
  assert.ok(timeDeltas.every((micros) => Number.isSafeInteger(micros) && micros >= 0));
  assert.equal(
    timeDeltas.reduce((sum, micros) => sum + micros, 0),
    endTime - startTime,
  );
  const functions = new Map<string, ProfiledFunction>();
  for (const { id, callFrame, positionTicks } of nodes) {
    const { functionName, url, lineNumber } = callFrame;
    const there = functions.get(functionName) ?? { url, line: lineNumber + 1, micros: 0, lines: new Map() };
    functions.set(functionName, there);
    // A sample lasts until the next one.
    for (const [i, sample] of samples.entries()) if (sample === id) there.micros += timeDeltas[i + 1] ?? 0;
    for (const { line, ticks } of positionTicks) there.lines.set(line, (there.lines.get(line) ?? 0) + ticks);
  }
  return functions;
}
