import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { finished, ownRuntime, runShell, startPmap, temporaryFolder } from "../support/run-pmap.ts";

// A script can get at the worker's own descriptors behind our back: it is found out, and no byte goes wrong.

const folder = temporaryFolder();
const all = Array.from({ length: 2000 }, (_, i) => `${i + 1}\n`);
const stdin = all.join("");
const withoutSeventh = all.filter((_, i) => i !== 6).join("");

async function runScript(source: string, args: readonly string[] = []) {
  const cwd = mkdtempSync(join(folder, "script-"));
  writeFileSync(join(cwd, "script.mjs"), source);
  const child = startPmap(["-c", "2", ...args, "script.mjs"], { cwd });
  return { cwd, ...(await finished(child, stdin)) };
}

/** The descriptors of a worker's port. Deno opens it anew, and closes nothing but what it has opened for the script. */
const PORTS = { node: [[3]], bun: [[3], [4], [3, 4]], deno: [] };

for (const descriptors of [[0], [1], [0, 1], ...PORTS[ownRuntime]]) {
  const harmless = descriptors.every((descriptor) => descriptor < 3);
  const close = `for (const descriptor of [${descriptors}]) closeSync(descriptor);`;

  test(`a record that closes descriptors ${descriptors} ${harmless ? "does no harm" : "is a reject, and the others come out"}`, async () => {
    const source = `
import { closeSync } from "node:fs";
export default (n) => {
  if (n === 7) { ${close} }
  return n;
};
`;
    const { code, stdout, stderr } = await runScript(source, ["--on-error", "skip"]);
    assert.equal(code, 0, stderr);
    if (harmless) return assert.equal(stdout, stdin);
    assert.ok(stdout === withoutSeventh);
    assert.match(stderr, /1 rejected \(1 exit\)/);
    assert.match(stderr, /^the script has closed descriptor [34], which belongs to pmap$/m);
  });

  for (const phase of ["load", "setup"]) {
    test(`a script that closes descriptors ${descriptors} in its ${phase} ${harmless ? "goes on" : "ends the job in a sentence"}`, async () => {
      const source = `
import { closeSync } from "node:fs";
export const setup = () => { ${phase === "setup" ? close : ""} };
${phase === "load" ? close : ""}
export default (n) => n;
`;
      const { code, stdout, stderr } = await runScript(source);
      if (harmless) return assert.ok(stdout === stdin, stderr);
      assert.deepEqual([code, stdout], [1, ""], stderr);
      const started = "Cannot start workers: 3 in a row exited with code [01]( \\(.*\\))? before their first record";
      const ran =
        "Cannot run the records from offset 0 of input 1 on: the workers that got them exited with code 0 while no record ran";
      assert.match(stderr, new RegExp(`^pmap: (${started}|${ran})\n$`, "m"));
      assert.doesNotMatch(stderr, /\n +at /);
    });
  }
}

const port = ownRuntime === "bun" ? 4 : ownRuntime === "node" ? 3 : 1;
test(`a file that takes the place of the closed descriptor ${port} gets none of our bytes`, async () => {
  const source = `
import { closeSync, openSync, writeSync } from "node:fs";
export default (n) => {
  if (n !== 7) return n;
  closeSync(${port});
  writeSync(openSync("log", "w"), "seven");
  return n;
};
`;
  const { cwd, code, stdout, stderr } = await runScript(source, ["--on-error", "skip"]);
  assert.equal(code, 0, stderr);
  assert.ok(stdout === (port === 1 ? stdin : withoutSeventh));
  assert.equal(readFileSync(join(cwd, "log"), "utf8"), "seven");
});

test("stdin and stdout of a script, and of what it starts, are nothing and the log", async () => {
  const source = `
import { spawnSync } from "node:child_process";
import { closeSync, readFileSync, writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
export default async (n) => {
  if (n > 3) return n;
  if (n === 1) console.log("read " + readFileSync(0, "utf8").length);
  if (n === 2) writeSync(1, "written\\n");
  if (n === 3) spawnSync("sh", ["-c", "cat; echo from a child"], { stdio: "inherit" });
  await new Promise((resolve) => new Worker("1", { eval: true }).on("exit", resolve));
  return n;
};
`;
  const { code, stdout, stderr } = await runScript(source, ["-c", "1", "--concurrency", "1"]);
  assert.deepEqual([code, stdout], [0, stdin], stderr);
  for (const line of ["read 0", "written", "from a child"]) assert.ok(stderr.split("\n").includes(line), stderr);
});

test("what a preload prints (where the runtime has one) and a child that inherits stdout are lines of the log", async () => {
  writeFileSync(join(folder, "preload.cjs"), 'if (process.argv[1]?.includes("worker")) console.log("preloaded");');
  const source = `import { execSync } from "node:child_process";\nexport default (n) => (n === 7 ? execSync("echo hi", { stdio: "inherit" }) : 0, n);`;
  const cwd = mkdtempSync(join(folder, "script-"));
  writeFileSync(join(cwd, "script.mjs"), source);
  const child = startPmap(["-c", "1", "script.mjs"], {
    cwd,
    env: { NODE_OPTIONS: `--require ${join(folder, "preload.cjs")}` },
  });
  const { code, stdout, stderr } = await finished(child, stdin);
  assert.deepEqual([code, stdout], [0, stdin], stderr);
  if (ownRuntime === "node") assert.match(stderr, /^preloaded$/m);
  assert.match(stderr, /^hi$/m);
});

const outcome = ownRuntime === "deno" ? "ends the job in a sentence" : "gets every byte";
test(`a stdout that another program has made non-blocking ${outcome}`, async () => {
  const line = "{ bun -e 'process.stdout.write(\"\")'; pmap -c 2 --range 1..2000000 -e _ || echo failed; } | md5sum";
  const [piped, redirected] = await Promise.all([runShell(line), runShell("seq 1 2000000 | md5sum")]);
  if (ownRuntime !== "deno") return assert.equal(piped.stdout, redirected.stdout, piped.stderr);
  const reason = "another program has made it non-blocking, which Deno cannot write to\nPut | cat behind pmap";
  // Where the reader is quick enough nothing has to wait.
  if (piped.stdout !== redirected.stdout) assert.equal(piped.stderr, `pmap: Cannot write to stdout: ${reason}\n`);
});
