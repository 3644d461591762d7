// Runs the test files on one runtime after the other and repeats the last lines of each at the end.
//
//   node test/run.mjs [node|bun|deno ...] [words that a file's name contains ...]
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
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
    "--test-timeout=300000",
    "--test-concurrency=2",
    ...files,
  ],
  bun: (files) => [bin("bun"), "test", "--timeout=300000", ...files.map((file) => `./${file}`)],
  deno: (files) => [bin("deno"), "test", "-A", "--no-check", ...files],
};
/** The lines with which each runner sums up. */
const closing = { node: /^ℹ /, bun: /^ *\d+ (pass|fail|skip|todo|error)|^Ran /, deno: /^(ok|FAILED) \|/ };

const words = process.argv.slice(2);
const names = words.filter((word) => word in runners);
const parts = words.filter((word) => !(word in runners));
const files = readdirSync("test", { recursive: true })
  .map((file) => join("test", file).replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".test.ts") && parts.every((part) => file.includes(part)))
  .sort();
if (files.length === 0) throw new Error(`Cannot run "${parts.join(" ")}": no test file has such a name.`);

const results = [];
for (const name of names.length > 0 ? names : Object.keys(runners)) results.push(await run(name));

for (const { name, status, text } of results) {
  const lines = stripVTControlCharacters(text).split("\n");
  console.log(`\n== ${name}: ${status === 0 ? "passed" : `FAILED (${status})`}`);
  console.log(lines.filter((line) => closing[name].test(line)).join("\n"));
}
if (results.some(({ status }) => status !== 0)) process.exitCode = 1;

/** The runner's output is passed on as it comes, and kept. The tests learn which runtime they should be on. */
function run(name) {
  console.log(`\n== ${name}`);
  const [command, ...args] = runners[name](files);
  const env = { ...process.env, PMAP_TEST_RUNTIME: name };
  const runner = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  runner.stdout.on("data", (data) => {
    process.stdout.write(data);
    text += data;
  });
  runner.stderr.on("data", (data) => {
    process.stderr.write(data);
    text += data;
  });
  return new Promise((done, fail) => {
    runner.on("error", fail);
    runner.on("close", (code, signal) => {
      done({ name, status: code ?? signal, text });
    });
  });
}
