// npm run soak [-- minutes]: workers and coordinators are killed at random for some minutes; the bytes must come out right.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const minutes = Number(process.argv[2] ?? 2);
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const folder = mkdtempSync(join(tmpdir(), "pmap-soak-"));
const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
const script = fileURLToPath(new URL("fixtures/hashes_slowly.ts", import.meta.url));
const input = join(folder, "input.jsonl");
writeFileSync(input, Array.from({ length: 30_000 }, (_, n) => `{"n":${n}}\n`).join(""));
console.log(`seed ${seed}, ${minutes} minutes, ${folder}`);

let state = seed;
/** A linear congruential generator (Numerical Recipes): the same kills for the same seed, as far as timing allows. */
const random = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};

const md5 = (path: string): string => createHash("md5").update(readFileSync(path)).digest("hex");
const args = (output: string): string[] => [main, "--retries", "20", script, input, "-o", output];
spawnSync(process.execPath, args(join(folder, "whole")), { stdio: "inherit" });
const expected = md5(join(folder, "whole"));

const until = Date.now() + minutes * 60_000;
let [rounds, kills] = [0, 0];
while (Date.now() < until) {
  const output = join(folder, `round-${rounds}`);
  for (let code: number | null = null; code === null; ) {
    const child = spawn(process.execPath, [...args(output), "--resume"], { stdio: "inherit" });
    code = await disturbed(child);
    if (code !== null && code !== 0) throw new Error(`Round ${rounds} ended with ${code}`);
  }
  if (md5(output) !== expected) throw new Error(`Round ${rounds} has other bytes: ${output}`);
  rmSync(output);
  rounds++;
}
rmSync(folder, { recursive: true });
console.log(`${rounds} rounds, ${kills} kills, always the same bytes`);

/** Kills a worker or the coordinator now and then, until it has ended; its exit code, or null when it was killed. */
function disturbed(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    const disturb = () => {
      kills++;
      if (random() < 0.3) child.kill("SIGKILL");
      else spawnSync("pkill", ["-9", "-P", String(child.pid), "-f", "worker.js"]);
      timer = setTimeout(disturb, 300 + random() * 1200);
    };
    let timer = setTimeout(disturb, 300 + random() * 1200);
    child.on("exit", (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}
