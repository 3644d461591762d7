// Runs the test files on one runtime after the other and repeats the last lines of each at the end.
//
//   node test/run.mjs [node|bun|deno ...] [regular expressions for the names of test files ...]
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

process.chdir(join(dirname(fileURLToPath(import.meta.url)), ".."));

const bin = (name) => join("node_modules", ".bin", name);
/** tsx, only where Node does not strip types itself. */
const loader = process.features.typescript ? [] : ["--import", "tsx"];
const runners = {
  node: (files) => [
    process.execPath,
    ...loader,
    "--test",
    "--test-reporter=spec",
    "--test-timeout=600000",
    `--test-concurrency=${availableParallelism() + 1}`,
    ...files,
  ],
  bun: (files) => [bin("bun"), "test", "--timeout=300000", ...files.map((file) => `./${file}`)],
  deno: (files) => [bin("deno"), "test", "-A", "--no-check", ...files],
};
/** The lines with which each runner sums up. */
const closing = { node: /^ℹ /, bun: /^ *\d+ (pass|fail|skip|todo|error)|^Ran /, deno: /^(ok|FAILED) \|/ };
/** Where each runner begins to tell of the tests that failed, or how it names one. */
const failures = { node: /^✖ failing tests:/, bun: /^\(fail\) /, deno: /^ ERRORS $/ };

const words = process.argv.slice(2);
const names = words.filter((word) => word in runners);
const parts = words.filter((word) => !(word in runners)).map((word) => new RegExp(word));
const files = readdirSync("test", { recursive: true })
  .map((file) => join("test", file).replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".test.ts") && parts.every((part) => part.test(file)))
  .sort();
if (files.length === 0) throw new Error(`Cannot run ${parts.join(" ")}: no test file has such a name.`);

const results = [];
const wanted = (name) => names.length === 0 || names.includes(name);
// Node's runner keeps all cores busy (a test often waits, hence one more than there are), those of Bun and Deno about one each.
for (const together of [["node"], ["bun", "deno"]].map((group) => group.filter(wanted)))
  results.push(...(await Promise.all(together.map(run))));

for (const { name, status, text } of results) {
  const lines = stripVTControlCharacters(text).split("\n");
  console.log(`\n== ${name}: ${status === 0 ? "passed" : `FAILED (${status})`}`);
  if (status !== 0) console.log(`${failed(name, lines)}\n`);
  console.log(lines.filter((line) => closing[name].test(line)).join("\n"));
}
if (results.some(({ status }) => status !== 0)) process.exitCode = 1;

/** What the end of a log must hold about the tests that failed: their names, and what each said, as the runner tells it. */
function failed(name, lines) {
  const first = lines.findIndex((line) => failures[name].test(line));
  if (first < 0) return lines.slice(-40).join("\n");
  if (name !== "bun") return lines.slice(first, first + 120).join("\n");
  // Bun names a test after what it has said.
  const told = lines.flatMap((line, i) => (failures.bun.test(line) ? lines.slice(Math.max(0, i - 30), i + 1) : []));
  return told.slice(0, 120).join("\n");
}

/** Its output is shown as it comes where it runs alone, else when it is done. The tests learn which runtime they should be on. */
async function run(name, _, { length: together }) {
  const [command, ...args] = runners[name](files);
  const env = { ...process.env, PMAP_TEST_RUNTIME: name };
  const runner = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  const hear = (data) => {
    text += data;
    if (together === 1) process.stdout.write(data);
  };
  if (together === 1) console.log(`\n== ${name}`);
  runner.stdout.on("data", hear);
  runner.stderr.on("data", hear);
  return new Promise((done, fail) => {
    runner.on("error", fail);
    runner.on("close", (code, signal) => {
      if (together > 1) console.log(`\n== ${name}\n${text}`);
      done({ name, status: code ?? signal, text });
    });
  });
}
