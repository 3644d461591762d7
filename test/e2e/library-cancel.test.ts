import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findProgram } from "../../adapters/system/programs.ts";
import { packageFolder } from "../support/package-folder.ts";
import { finished, ownRuntime } from "../support/run-pmap.ts";

// Whatever a job waits for, a signal and `cancel` end it, and nothing of it goes on in the program.

const folder = packageFolder();
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
  // Not through its stdin: Deno writes all of that before it reads, and waits forever for a program that does, too.
  writeFileSync(join(folder, "long.jsonl"), lines);
  execFileSync(bzip2, [join(folder, "long.jsonl")]);
}

interface Wait {
  readonly run: string;
  /** How the result is asked for; `toArray` where it is not said. */
  readonly ask?: "write" | "slowly";
  /** Whether it makes the file "reached" when the job has come to it. */
  readonly tells?: true;
}

/** Jobs by what they wait for. */
const waits: Readonly<Record<string, Wait>> = {
  "a server that does not answer": { run: "pmap(same, base + '/nothing.jsonl', options)", tells: true },
  "a server that stops": { run: "pmap(same, base + '/half.jsonl', options)", tells: true },
  "a FIFO without a writer": { run: "pmap(same, 'no-writer', options)" },
  // On Bun and Deno the job ends, too, but the thread that reads the FIFO, and with it the program, waits for the writer.
  ...(ownRuntime === "node" ? { "a FIFO whose writer writes nothing": { run: "pmap(same, 'silent', options)" } } : {}),
  "a FIFO of names": { run: "pmap(same, { files: [] }, { ...options, filesFrom: 'names' })" },
  "the reader of a FIFO for errors": { run: "pmap(same, [1], { ...skips, errors: 'no-reader' })" },
  "the same, with a file": { run: "pmap(same, [1], { ...skips, errors: 'no-reader' })", ask: "write" },
  "a setup": { run: "pmap(same, [1], { ...options, setup: never })", tells: true },
  "a record": { run: "pmap(never, [1], options)", tells: true },
  "a teardown": { run: "pmap(same, [1], { ...options, teardown: never })", tells: true },
  "a teardown, with a file": { run: "pmap(same, [1], { ...options, teardown: never })", ask: "write", tells: true },
  memory: { run: "pmap(same, [1], { ...options, minFree: '1000000G' })" },
  ...(bzip2 === undefined
    ? {}
    : {
        "the reader of what a program unpacks": { run: `pmap(same, "${long}", options)`, ask: "slowly", tells: true },
      }),
};

const jobs = Object.entries(waits).map(
  ([what, { run, ask = "toArray", tells = false }]) =>
    `[${JSON.stringify(what)}, (options, skips) => ${run}, ${ask}, ${tells}]`,
);

const program = `
  import { existsSync, openSync, rmSync, writeFileSync } from "node:fs";
  import { readFile } from "node:fs/promises";
  import { createServer } from "node:http";
  import { setTimeout as sleep } from "node:timers/promises";
  import { pmap } from "pmap-cli";
  const same = (n) => n;
  const never = async () => {
    const { writeFileSync } = await import("node:fs");
    writeFileSync("reached", "");
    await new Promise(() => {});
  };
  const server = createServer((request, response) => {
    if (request.url === "/half.jsonl") response.writeHead(200).write("1\\n");
    writeFileSync("reached", "");
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
    for (const [what, start, ask, tells] of [${jobs.join(", ")}]) {
      at = how + ", " + what;
      const controller = new AbortController();
      const options = { cores: 1, ...(how === "signal" ? { signal: controller.signal } : {}) };
      const run = start(options, { ...options, onError: "skip" });
      const result = ask(run).catch((thrown) => thrown);
      await reached(tells);
      // What connects a signal with what it ends must not be garbage.
      collectGarbage();
      if (how === "signal") controller.abort();
      else run.cancel();
      if (ask !== slowly) checkCancelled(await result);
      checkCancelled(await run.summary.catch((thrown) => thrown));
      await readFile("in.jsonl");
    }
  }
  function collectGarbage() {
    if ("Bun" in globalThis) Bun.gc(true);
    else gc();
  }
  async function reached(tells) {
    // Some waits cannot be seen: a cancel that comes before them must end the job, too.
    if (!tells) return sleep(300);
    while (!existsSync("reached")) await sleep(10);
    rmSync("reached");
  }
  function checkCancelled(error) {
    if (error?.code !== "PMAP_CANCELLED") console.log(at, error);
  }
  server.close();
  // What is left of the requests would keep the server, and the program with it.
  at = "the end of the program";
  hangs.unref();
`;
writeFileSync(join(folder, "jobs.mjs"), program);

const flags = {
  node: ["--expose-gc"],
  deno: ["run", "-A", "--no-lock", "--node-modules-dir=manual", "--v8-flags=--expose-gc"],
  bun: [],
};

test("what a job waits for ends when it is cancelled, and the program can end", { skip: !isUnix }, async () => {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...rest } = process.env as Record<string, string>;
  const child = spawn(process.execPath, [...flags[ownRuntime], "jobs.mjs"], {
    cwd: folder,
    env: { ...rest, NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await finished(child);
  assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  const left = readdirSync(folder).filter((name) => name.includes(".pmap") || name === "out.jsonl");
  assert.deepEqual(left, []);
});
