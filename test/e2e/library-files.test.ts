import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { packageFolder } from "../support/package-folder.ts";
import { finished, ownRuntime } from "../support/run-pmap.ts";

// The files that a job of the library opens in the program: whatever it reads and writes, and however it ends, none stays open.

const folder = packageFolder();
writeFileSync(join(folder, "in.jsonl"), '{"n":1}\n{"n":2}\n{"n":3}\n');
writeFileSync(join(folder, "in.csv"), "n\n1\n2\n3\n");
writeFileSync(join(folder, "in.json"), '[{"n":1},{"n":2},{"n":3}]');
writeFileSync(join(folder, "in.jsonl.gz"), gzipSync('{"n":1}\n{"n":2}\n{"n":3}\n'));

/** Prints what is open, by the job that has left it open: regular files of the folder, as the links of /proc/self/fd name them. */
const program = `
  import { readdirSync, readlinkSync } from "node:fs";
  import { pmap, preduce } from "pmap-cli";
  const { folder, mode } = JSON.parse(process.env.JOBS);
  const options = { cores: 2, mode };
  const same = (record) => record;
  const fails = (record) => { if (record.n === 2) throw new Error("no"); return record; };
  const waits = async (record) => { if (record.n === 2) await new Promise(() => {}); return record; };
  const values = [{ n: 1 }, { n: 2 }, { n: 3 }];
  const reduced = { ...options, reduce: (a, b) => a + b, initial: 0 };
  const grouped = { ...reduced, key: (record) => record.n };
  const inputs = [values, "in.jsonl", "in.csv", "in.json", "in.jsonl.gz", { files: ["in.jsonl", "in.csv"] }];
  const outputs = ["out.jsonl", "out.jsonl.gz", "out.csv", "out.json", "out.parquet"];
  async function cancelled(write) {
    const controller = new AbortController();
    const job = write(controller.signal);
    setTimeout(() => controller.abort(), 300);
    await job;
  }
  async function broken(run) {
    for await (const _ of run) break;
  }
  const jobs = [];
  for (const input of inputs) {
    const name = Array.isArray(input) ? "values" : (input.files?.join() ?? input);
    jobs.push(
      [name, () => pmap(same, input, options).toArray()],
      [name + ", limit", () => pmap(same, input, { ...options, limit: 1 }).toArray()],
      [name + ", break", () => broken(pmap(same, input, options))],
      [name + ", fails", () => pmap(fails, input, options).toArray()],
      [name + ", reduced", () => preduce(() => 1, input, reduced)],
      [name + ", by key", () => preduce(() => 1, input, grouped)],
      [name + " to a file", () => pmap(same, input, options).writeTo("out.jsonl")],
      [name + " to a file, cancelled", () => cancelled((signal) => pmap(waits, input, { ...options, signal }).writeTo("out.jsonl"))],
    );
  }
  for (const output of outputs) {
    jobs.push(
      [output, () => pmap(same, values, options).writeTo(output)],
      [output + ", fails", () => pmap(fails, values, options).writeTo(output)],
    );
  }
  jobs.push(
    ["errors", () => pmap(fails, "in.jsonl", { ...options, onError: "skip", errors: "errors.jsonl" }).writeTo("out.jsonl")],
    ["rejects", () => pmap(same, "errors.jsonl", { ...options, from: "rejects" }).toArray()],
    ["parquet", () => pmap(same, "out.parquet", options).toArray()],
    ["whole files", () => pmap(same, "in.csv", { ...options, from: "file" }).toArray()],
    ["no such folder", () => pmap(same, "in.jsonl", options).writeTo("missing/out.jsonl")],
    ["no such script", () => pmap("missing.ts", "in.jsonl", options).writeTo("out.jsonl")],
    ["setup fails", () => pmap(same, "in.jsonl", { ...options, setup: () => { throw new Error("no"); } }).writeTo("out.jsonl")],
    ["a worker is killed", () => pmap(waits, "in.jsonl", { ...options, timeout: 300, onError: "skip" }).writeTo("out.jsonl")],
  );
  const before = [];
  for (const [name, start] of jobs) {
    await start().catch((error) => { if (error.code === "PMAP_INTERNAL") throw error; });
    let left = open();
    // What was in the middle of a file when the job ended closes it a moment later.
    for (let turn = 0; turn < 100 && left.length > 0; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      left = open();
    }
    if (left.length > 0) console.log(name + ": " + left.join(" "));
    before.push(...left);
  }
  function open() {
    const found = readdirSync("/proc/self/fd").flatMap((fd) => {
      try {
        return [fd + " " + readlinkSync("/proc/self/fd/" + fd)];
      } catch {
        return [];
      }
    });
    return found.filter((each) => each.includes(folder) && !each.endsWith(".mjs") && !before.includes(each));
  }
`;
writeFileSync(join(folder, "jobs.mjs"), program);

const skip = process.platform !== "linux" && "open files are counted in /proc";

for (const mode of ["process", "thread", "inline"]) {
  test(`no file stays open in the program, ${mode}`, { skip }, async () => {
    const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...rest } = process.env as Record<string, string>;
    const command = ownRuntime === "deno" ? ["run", "-A", "--no-lock", "--node-modules-dir=manual"] : [];
    const env = { ...rest, NO_COLOR: "1", TMPDIR: folder, JOBS: JSON.stringify({ folder, mode }) };
    const child = spawn(process.execPath, [...command, "jobs.mjs"], { cwd: folder, env });
    const { code, stdout, stderr } = await finished(child);
    assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  });
}
