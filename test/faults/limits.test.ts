import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { finished, pmapCommand, runPmap, runShell, startPmap, temporaryFolder } from "../support/run-pmap.ts";

// What a job does when its workers, the machine or the disk have had enough.

const folder = temporaryFolder();
const input = join(folder, "in.jsonl");
const numbers = Array.from({ length: 20_000 }, (_, i) => `${i + 1}\n`).join("");
writeFileSync(input, numbers);

const counting = join(folder, "counts_setups.mjs");
writeFileSync(counting, 'export const setup = (ctx) => ctx.count("setups");\nexport default (n) => n;\n');

const sum = ["--reduce", "(a, b) => a + b"];
const jobs: [name: string, args: readonly string[]][] = [
  ["a map", []],
  ["a map with -o", ["-o", "out"]],
  ["a reduce", sum],
  ["a keyed reduce", ["--key", "_ % 7", ...sum]],
];

for (const [name, args] of jobs) {
  test(`${name} gives the same bytes when --recycle replaces its workers again and again`, async () => {
    const [plain, recycled] = await Promise.all(
      [[], ["--recycle", "500", "-v"]].map(async (more) => {
        const cwd = mkdtempSync(join(folder, "recycle-"));
        const result = await runPmap(["-c", "2", "--chunk", "2K", ...more, ...args, counting, input], { cwd });
        assert.equal(result.code, 0, result.stderr);
        const output = args.includes("-o") ? readFileSync(join(cwd, "out"), "utf8") : result.stdout;
        return { output, setups: Number(/setups: (\d+)/.exec(result.stderr)?.[1]) };
      }),
    );
    assert.ok(plain?.output === recycled?.output);
    assert.ok((plain?.setups ?? 0) <= 2, `${plain?.setups} workers without --recycle`);
    assert.ok((recycled?.setups ?? 0) > 2, `${recycled?.setups} workers with --recycle`);
  });
}

const shortages: [args: readonly string[], reason: RegExp][] = [
  [["--min-free", "1000000G"], /^pmap: waiting: \d+M of memory are free, --min-free wants 1024000000M$/m],
  [["--max-load", "0"], /^pmap: waiting: the load is [\d.]+, --max-load allows 0$/m],
];

for (const [args, reason] of shortages) {
  test(`${args[0]} starts nothing while the machine is short, says so, and can be interrupted`, async (t) => {
    // A machine on which nothing has run for minutes has no load that would be too much.
    if (args[0] === "--max-load" && readFileSync("/proc/loadavg", "utf8").startsWith("0.00")) return t.skip("no load");
    const child = startPmap(["-c", "2", ...args, "-e", "_", input]);
    const ended = finished(child, "");
    let said = "";
    await new Promise<void>((resolve) => {
      child.stderr?.on("data", (data: Uint8Array) => {
        said += new TextDecoder().decode(data);
        if (reason.test(said)) resolve();
      });
      child.on("close", () => resolve());
    });
    process.kill(child.pid as number, "SIGINT");
    const { code, stdout, stderr } = await ended;
    assert.deepEqual([code, stdout], [130, ""], stderr);
    assert.match(stderr, reason);
  });
}

test("--min-free and --max-load let a job run for which there is room", async () => {
  const args = ["-c", "2", "--min-free", "1K", "--max-load", "100000", "-e", "_", input];
  const { code, stdout, stderr } = await runPmap(args);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.ok(stdout === numbers);
});

/** Available memory as the system tells it, in MiB. */
function availableMebibytes(): number {
  return Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1]) / 1024;
}

/** Takes so much memory until it is told to let go. */
async function holdMebibytes(amount: number): Promise<() => void> {
  const script = join(folder, "holds.mjs");
  writeFileSync(
    script,
    `const held = new Uint8Array(${amount} * 1024 ** 2).fill(1);\nconsole.log("held");\nsetInterval(() => held.at(-1), 1000);\n`,
  );
  const [program = "", ...args] = pmapCommand.slice(0, -1);
  const holder = spawn(program, [...args, script], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => holder.stdout.once("data", resolve));
  return () => void holder.kill("SIGKILL");
}

test("--min-free goes on when there is room again", async () => {
  const held = 1024;
  const release = await holdMebibytes(held);
  // Halfway between what is free now and what will be: others come and go meanwhile.
  const wanted = Math.floor(availableMebibytes() + held / 2);
  const child = startPmap(["-c", "2", "--min-free", `${wanted}M`, "-e", "_", input]);
  child.stderr?.once("data", release);
  const { code, stdout, stderr } = await finished(child, "");
  assert.match(stderr, /^pmap: waiting: \d+M of memory are free, --min-free wants \d+M\n$/);
  assert.equal(code, 0);
  assert.ok(stdout === numbers);
});

for (const descriptors of [20, 24, 28, 32]) {
  test(`with ${descriptors} descriptors a job is done, or ends in a sentence, or does not even start`, async (t) => {
    const line = `ulimit -n ${descriptors}; echo 1 | pmap -c 1 -e _`;
    // What is shown may be the runtime's own trouble.
    const { code, signal, stdout, stderr } = await runShell(line, { ownStack: "may be shown" });
    // The runtime itself, before it has run a line of ours.
    if (
      /too many open files|panicked|main\.js' failed|open '.*program\.js'|package config|task_queue|Assertion|Segmentation fault|Aborted|^$/i.test(
        stderr,
      ) &&
      code !== 0
    ) {
      return t.skip("the runtime cannot start");
    }
    assert.deepEqual([signal, stdout], [null, code === 0 ? "1\n" : ""], stderr);
    if (code !== 0) assert.match(stderr, /^pmap: Cannot .*\n$/);
  });
}

// Not in the folder above, which is removed first.
const disk = mkdtempSync(join(tmpdir(), "pmap-test-disk-"));
const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=512k", "none", disk]).status === 0;
after(() => {
  if (mounted) spawnSync("umount", [disk]);
  rmdirSync(disk);
});
const where = mounted ? "a full disk" : "a full disk (not tested here: only root can mount a small one)";
// What is noted after half a second is kept for --resume.
const kept = "pmap: the work done is kept; the same command with --resume goes on\n";
const full = /^pmap: Cannot write .*: no space left on (the )?device\n$/i;
const count = ["--range", "1..300000"];
const failing: [what: string, line: string][] = [
  ["an output", `pmap -c 2 --chunk 1K ${count.join(" ")} -e '({ n: _ })' -o ${disk}/out`],
  ["a redirected stdout", `pmap -c 2 ${count.join(" ")} -e '({ n: _ })' > ${disk}/out`],
  ["groups beside an output", `pmap -c 2 ${count.join(" ")} --key _ -e 1 --reduce '(a, b) => a + b' -o ${disk}/out`],
  ["groups in TMPDIR", `TMPDIR=${disk} pmap -c 2 ${count.join(" ")} --key _ -e 1 --reduce '(a, b) => a + b'`],
  ["an errors file", `pmap -c 2 ${count.join(" ")} --on-error skip --errors ${disk}/errors -e null.x -o ${folder}/out`],
];

test(`${where} is one clear line for the journal`, { skip: !mounted }, async () => {
  // Nothing is emitted: the journal is all that is written once the script has filled the disk.
  const filler = join(disk, "filler");
  const script = join(folder, "fills.mjs");
  writeFileSync(
    script,
    `import { appendFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
export default async (n) => {
  await setTimeout(n === 1 ? 0 : 60);
  try { if (n === 1) for (;;) appendFileSync(${JSON.stringify(filler)}, "x".repeat(1024)); } catch {}
};
`,
  );
  const { code, stdout, stderr } = await runPmap([
    "-c",
    "1",
    "--range",
    "1..30",
    "--chunk",
    "1",
    script,
    "-o",
    `${disk}/out`,
  ]);
  rmSync(filler);
  assert.deepEqual([code, stdout], [1, ""], stderr);
  assert.match(stderr, /^pmap: Cannot write ".*\/\.out\.pmap-journal": no space left on the device\n$/);
  assert.deepEqual(
    readdirSync(disk).filter((name) => !/^(tsx-|node-compile-cache)/.test(name)),
    [],
  );
});

for (const [what, line] of failing) {
  test(`${where} is one clear line for ${what}, and nothing of it stays but what --resume needs`, {
    skip: !mounted,
  }, async () => {
    const { code, stdout, stderr } = await runShell(line);
    assert.deepEqual([code, stdout], [1, ""], stderr);
    assert.match(stderr.replace(kept, ""), full);
    if (stderr.includes(kept))
      for (const place of [disk, folder]) spawnSync("sh", ["-c", `rm -r "${place}"/.out.pmap*`]);
    // What is not pmap's own temporary file stays: the user has named it.
    for (const name of ["out", "errors"].filter((name) => line.endsWith(`> ${disk}/${name}`) || what.includes(name))) {
      spawnSync("rm", ["-f", join(disk, name)]);
    }
    // Runtimes keep what they have compiled there, too.
    const left = readdirSync(disk).filter((name) => !/^(tsx-|node-compile-cache)/.test(name));
    assert.deepEqual(left, []);
  });
}
