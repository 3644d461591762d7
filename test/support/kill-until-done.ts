// Jobs whose coordinator is killed on the way.
import assert from "node:assert/strict";
import { join } from "node:path";
import { contentOf, eventually, finished, startPmap } from "./run-pmap.ts";

const MOST_KILLS = 2;

/** Kills the coordinator each time when its journal has grown, and resumes the job; returns how often. `-o output` is added. */
export async function killUntilDone(args: readonly string[], cwd: string, output: string): Promise<number> {
  const journal = join(cwd, `.${output}.pmap-journal`);
  for (let kills = 0; ; kills++) {
    const before = contentOf(journal).trimEnd().split("\n").length;
    // On more cores it would be over before the journal has grown.
    const child = startPmap(["-c", "2", ...args, "-o", output, "--resume"], { cwd });
    const result = finished(child, "");
    // The first line says only what the job is.
    const grown = () => child.exitCode !== null || contentOf(journal).split("\n").length > Math.max(before, 1) + 1;
    assert.ok(await eventually(grown), "the journal does not grow");
    if (kills < MOST_KILLS) child.kill("SIGKILL");
    const { code, stderr } = await result;
    if (code === null) continue;
    assert.equal(code, 0, stderr);
    return kills;
  }
}
