import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { findProgram } from "../../adapters/system/programs.ts";
import { finished, ownRuntime, temporaryFolder } from "../support/run-pmap.ts";

// Whatever a job waits for, a signal and `cancel` end it, and nothing of it goes on in the program.

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = temporaryFolder();
mkdirSync(join(folder, "node_modules"));
symlinkSync(root, join(folder, "node_modules/pmap-cli"));
writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
writeFileSync(join(folder, "in.jsonl"), "1\n2\n");
const isUnix = process.platform !== "win32";
if (isUnix)
  execFileSync(
    "mkfifo",
    ["no-writer", "silent", "names", "no-reader"].map((name) => join(folder, name)),
  );
const long = "long.jsonl.bz2";
const bzip2 = findProgram("bzip2");
if (bzip2 !== undefined) {
  const lines = Array.from({ length: 400_000 }, (_, i) => `${i * 7919}\n`).join("");
  writeFileSync(join(folder, long), execFileSync(bzip2, ["-c"], { input: lines, maxBuffer: 2 ** 30 }));
}

/** Jobs by what they wait for, and how the result is asked for. */
const waits: Readonly<Record<string, readonly [run: string, ask: string]>> = {
  "a server that does not answer": ["pmap(same, base + '/nothing.jsonl', options)", "toArray"],
  "a server that stops": ["pmap(same, base + '/half.jsonl', options)", "toArray"],
  "a FIFO without a writer": ["pmap(same, 'no-writer', options)", "toArray"],
  // Bun and Deno read it in a thread, which only the writer can free.
  ...(ownRuntime === "node"
    ? { "a FIFO whose writer writes nothing": ["pmap(same, 'silent', options)", "toArray"] as const }
    : {}),
  "a FIFO of names": ["pmap(same, { files: [] }, { ...options, filesFrom: 'names' })", "toArray"],
  "the reader of a FIFO for errors": ["pmap(same, [1], { ...skips, errors: 'no-reader' })", "toArray"],
  "the same, with a file": ["pmap(same, [1], { ...skips, errors: 'no-reader' })", "write"],
  "a setup": ["pmap(same, [1], { ...options, setup: never })", "toArray"],
  "a record": ["pmap(never, [1], options)", "toArray"],
  "a teardown": ["pmap(same, [1], { ...options, teardown: never })", "toArray"],
  "a teardown, with a file": ["pmap(same, [1], { ...options, teardown: never })", "write"],
  memory: ["pmap(same, [1], { ...options, minFree: '1000000G' })", "toArray"],
  ...(bzip2 === undefined
    ? {}
    : { "the reader of what a program unpacks": [`pmap(same, "${long}", options)`, "slowly"] }),
};

const jobs = Object.entries(waits).map(
  ([what, [run, ask]]) => `[${JSON.stringify(what)}, (options, skips) => ${run}, ${ask}]`,
);

const program = `
  import { openSync } from "node:fs";
  import { readFile } from "node:fs/promises";
  import { createServer } from "node:http";
  import { pmap } from "pmap-cli";
  const same = (n) => n;
  const never = () => new Promise(() => {});
  const server = createServer((request, response) => {
    if (request.url === "/half.jsonl") response.writeHead(200).write("1\\n");
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const base = "http://127.0.0.1:" + server.address().port;
  openSync("silent", "r+");
  const toArray = (run) => run.toArray();
  const write = (run) => run.writeTo("out.jsonl");
  /** Takes one value, and no more. */
  const slowly = (run) => run.forEach(never);
  let at = "";
  const hangs = setTimeout(() => { console.log("hangs", at); process.exit(3); }, 60_000);
  for (const how of ["signal", "cancel"]) {
    for (const [what, start, ask] of [${jobs.join(", ")}]) {
      at = how + ", " + what;
      const controller = new AbortController();
      const options = { cores: 1, ...(how === "signal" ? { signal: controller.signal } : {}) };
      const run = start(options, { ...options, onError: "skip" });
      setTimeout(() => (how === "signal" ? controller.abort() : run.cancel()), 300);
      if (ask !== slowly) await told(ask(run));
      else void ask(run).catch(() => {});
      await told(run.summary);
      await readFile("in.jsonl");
    }
  }
  async function told(result) {
    const error = await result.catch((thrown) => thrown);
    if (error?.code !== "PMAP_CANCELLED") console.log(at, error);
  }
  server.close();
  // What is left of the requests would keep the server, and the program with it.
  at = "the end of the program";
  hangs.unref();
`;
writeFileSync(join(folder, "jobs.mjs"), program);

test("what a job waits for ends when it is cancelled, and the program can end", { skip: !isUnix }, async () => {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...rest } = process.env as Record<string, string>;
  const command = ownRuntime === "deno" ? ["run", "-A", "--no-lock", "--node-modules-dir=manual"] : [];
  const child = spawn(process.execPath, [...command, "jobs.mjs"], { cwd: folder, env: { ...rest, NO_COLOR: "1" } });
  const { code, stdout, stderr } = await finished(child);
  assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  const left = readdirSync(folder).filter((name) => name.includes(".pmap") || name === "out.jsonl");
  assert.deepEqual(left, []);
});
