// Parquet that is being written when something dies, fills up or is interrupted: the whole file, or nothing.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  finished,
  pmapCommand,
  type Result,
  runPmap,
  runShell,
  startPmap,
  temporaryFolder,
} from "../support/run-pmap.ts";

const folder = temporaryFolder();
const pmap = pmapCommand.map((word) => `'${word}'`).join(" ");

/** Fifteen megabytes of rows: two row groups. */
const MAP = "export default (n) => ({ n, text: `row ${n} ${'x'.repeat(5000)}` });";
writeFileSync(join(folder, "map.mjs"), MAP);

function run(...args: string[]): Promise<Result> {
  return runPmap(["--range", "1..3000", ...args], { cwd: folder });
}

/** What is in the folder that has to do with an output. */
function left(name: string, at = folder): string[] {
  return readdirSync(at).filter((each) => each.includes(name));
}

async function expected(): Promise<Buffer> {
  assert.equal((await run("map.mjs", "-o", "whole.parquet")).code, 0);
  return readFileSync(join(folder, "whole.parquet"));
}

test("a worker that is killed while it writes a row group, or maps rows, costs nothing of the file", async () => {
  const whole = await expected();
  const killing = `
    import { existsSync, writeFileSync } from "node:fs";
    import process from "node:process";
    const dieOnce = (flag) => {
      if (existsSync(flag)) return;
      writeFileSync(flag, "");
      process.kill(process.pid, "SIGKILL");
    };
    // What levels are written with: nothing else in a worker asks for it.
    const { log2 } = Math;
    Math.log2 = (n) => {
      dieOnce("killed-in-a-group");
      return log2(n);
    };
    export default (n) => {
      if (n === 2000) dieOnce("killed-in-a-record");
      return { n, text: \`row \${n} \${"x".repeat(5000)}\` };
    };
  `;
  writeFileSync(join(folder, "kills.mjs"), killing);
  const { code, stderr } = await run("kills.mjs", "-c", "2", "-o", "killed.parquet");
  assert.equal(code, 0, stderr);
  assert.deepEqual(left("killed-in").sort(), ["killed-in-a-group", "killed-in-a-record"]);
  assert.ok(readFileSync(join(folder, "killed.parquet")).equals(whole));
});

test("workers that all die of a row group are named as such, and nothing is left", async () => {
  const script = `
    import process from "node:process";
    Math.log2 = () => process.kill(process.pid, "SIGKILL");
    ${MAP}
  `;
  writeFileSync(join(folder, "always.mjs"), script);
  const { code, stderr } = await run("always.mjs", "-c", "2", "-o", "never.parquet");
  assert.equal(code, 1);
  assert.match(stderr, /^pmap: Cannot make row groups of the output: the workers that do it were ended by SIGKILL\n/m);
  assert.deepEqual(left("never"), []);
});

/** Rows that cannot be compressed. */
const NOISE =
  "({ n: _, text: Array.from({ length: 5000 }, () => String.fromCharCode(33 + ctx.random() * 94)).join('') })";

test("a limit on the size of files leaves nothing at -o", async () => {
  // The signal that comes with it ends Deno: where it is ignored, the write fails.
  const line = `trap '' XFSZ; ulimit -f 1000; pmap --range 1..3000 -e "${NOISE}" -o limited.parquet; echo $?`;
  const { stdout, stderr } = await runShell(line, { cwd: folder });
  assert.equal(stdout, "1\n");
  assert.match(stderr, /^pmap: Cannot write "limited\.parquet": /m);
  assert.deepEqual(left("limited"), []);
});

const canMount = spawnSync("unshare", ["-m", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]).status === 0;
test(`a full disk leaves nothing at -o${canMount ? "" : " (cannot be tried: mount is not permitted here)"}`, async () => {
  if (!canMount) return;
  mkdirSync(join(folder, "disk"));
  const quoted = pmap.replaceAll("'", `'"'"'`);
  const line = `unshare -m sh -c 'mount -t tmpfs -o size=2m tmpfs disk; ${quoted} --range 1..3000 -e "${NOISE.replaceAll("'", `'"'"'`)}" -o disk/full.parquet; echo $?; ls -A disk'`;
  const { stdout, stderr } = await runShell(line, { cwd: folder });
  assert.equal(stdout, "1\n");
  assert.match(stderr, /^pmap: Cannot write "disk\/full\.parquet": .*no space left/im);
});

test("an interrupted job leaves nothing, and does not speak of --resume", async () => {
  const script =
    "export default async (n) => { if (n === 50) console.log('there'); await new Promise((go) => setTimeout(go, 5)); return { n }; };";
  writeFileSync(join(folder, "slow.mjs"), script);
  const child = startPmap(["slow.mjs", "--range", "1..1e6", "-o", "interrupted.parquet"], { cwd: folder });
  let isSent = false;
  child.stderr?.on("data", (data: Buffer) => {
    if (isSent || !String(data).includes("there")) return;
    isSent = true;
    process.kill(child.pid as number, "SIGINT");
  });
  const { code, stderr } = await finished(child);
  assert.equal(code, 130, stderr);
  assert.doesNotMatch(stderr, /resume/);
  assert.deepEqual(left("interrupted"), []);
});
