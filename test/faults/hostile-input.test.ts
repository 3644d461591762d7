import assert from "node:assert/strict";
import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eventually, finished, fixture, runPmap, startPmap, temporaryFolder } from "../support/run-pmap.ts";

// Inputs that change under our hands, and records at the limits of what a runtime can hold.

const folder = temporaryFolder();
const numbers = Array.from({ length: 400_000 }, (_, n) => `${n}\n`).join("");

/** Runs a job whose first record waits until `change` has been done to its input. */
async function runWhile(change: (input: string) => void, script: string, args: readonly string[] = []) {
  const cwd = mkdtempSync(join(folder, "changes-"));
  const input = join(cwd, "in.jsonl");
  const flag = join(cwd, "flag");
  writeFileSync(input, numbers);
  const child = startPmap([...args, script, "in.jsonl"], { cwd, env: { PMAP_TEST_FLAG: flag } });
  const ended = finished(child, "");
  assert.ok(await eventually(() => existsSync(flag)));
  change(input);
  writeFileSync(`${flag}.go`, "");
  return ended;
}

test("a file that grows while it is read ends where it ended when the job started", async () => {
  const { code, stdout, stderr } = await runWhile(
    (input) => appendFileSync(input, numbers),
    fixture("waits_for_a_flag.mjs"),
    ["-c", "2"],
  );
  assert.equal(code, 0, stderr);
  assert.ok(stdout === numbers);
});

test("a file that is deleted while it is read is read to its end by those that have it open", async () => {
  const { code, stdout, stderr } = await runWhile(rmSync, fixture("waits_for_a_flag.mjs"), ["-c", "1"]);
  assert.equal(code, 0, stderr);
  assert.ok(stdout === numbers);
});

test("a file that is deleted before a worker opens it is an error that names it", async () => {
  const cwd = mkdtempSync(join(folder, "dies-"));
  const script = join(cwd, "dies_once_told.mjs");
  const source = `
import { existsSync, writeFileSync } from "node:fs";
const flag = process.env.PMAP_TEST_FLAG;
export default (record) => {
  if (record !== 0) return record;
  writeFileSync(flag, "");
  while (!existsSync(flag + ".go"));
  process.exit(3);
};
`;
  writeFileSync(script, source);
  const { code, stdout, stderr } = await runWhile(rmSync, script, ["-c", "1"]);
  assert.deepEqual([code, stdout], [1, ""], stderr);
  assert.match(stderr, /^pmap: Cannot read "in\.jsonl": no such file or directory\n$/i);
});

test("lone surrogates go through as they came, as values and as keys", async () => {
  const lines = ['"\\ud800"', '{"a":"\\udc00x","\\ud83d":1}', '"\\ude00\\ud83d"', '"\u{1F600}"', '"\\ud801"'];
  const stdin = lines.map((line) => `${line}\n`).join("");
  for (const args of [
    ["-e", "_"],
    ["-e", "async (r) => r"],
  ]) {
    const { code, stdout, stderr } = await runPmap(["-c", "2", ...args], { stdin });
    assert.deepEqual([code, stdout], [0, stdin], stderr);
  }
  const keyed = ["-e", "[_]", "--key", "String(_)", "--reduce", "(a, b) => a.concat(b)"];
  const { code, stdout, stderr } = await runPmap(["-c", "2", ...keyed], {
    stdin: '"\\ud801"\n"\\ud800"\n"\\ufffd"\n"\\ud800"\n',
  });
  assert.equal(code, 0, stderr);
  const groups = stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { key: string; value: string[] });
  assert.deepEqual(
    groups.sort((a, b) => (a.key < b.key ? -1 : 1)),
    ["\ud800", "\ud801", "\ufffd"].map((key) => ({ key, value: key === "\ud800" ? [key, key] : [key] })),
  );
});

test("a lone surrogate has no UTF-8: as text it is U+FFFD", async () => {
  const { stdout } = await runPmap(["-e", "_", "-t", "text"], { stdin: '"a\\ud800b"\n' });
  assert.equal(stdout, "a\ufffdb\n");
});

test("NUL bytes go through in text, and escaped in JSON", async () => {
  const text = "a\0b\n\0\nc\0\n";
  const [asText, escaped] = await Promise.all([
    runPmap(["-f", "text", "-t", "text", "-e", "_"], { stdin: text }),
    runPmap(["-e", "[_, _.length]"], { stdin: '"a\\u0000b"\n' }),
  ]);
  assert.deepEqual([asText.code, asText.stdout], [0, text]);
  assert.deepEqual([escaped.code, escaped.stdout], [0, '["a\\u0000b",3]\n']);
});

test("a value that is a million arrays deep is printed whole or rejected, and the others come out", async () => {
  const source = "_ === 1 ? Array.from({ length: 1e6 }).reduce((inner) => [inner], []) : _";
  const args = ["-c", "1", "--on-error", "skip", "-e", source, "-o", "deep"];
  const { code, stderr } = await runPmap(args, { cwd: folder, stdin: "0\n1\n2\n" });
  assert.equal(code, 0, stderr);
  const lines = readFileSync(join(folder, "deep"), "utf8").split("\n");
  assert.deepEqual([lines[0], lines.at(-2)], ["0", "2"]);
  if (lines.length === 4) assert.ok(lines[1]?.startsWith("[[[[") && lines[1].length >= 2_000_002);
  else assert.match(stderr, /1 rejected \(1 output\)/);
});

/** A file with a record of zero bytes between two short ones. It takes no room on the disk. */
function withLongRecord(bytes: number): string {
  const cwd = mkdtempSync(join(folder, "long-"));
  const file = openSync(join(cwd, "in.jsonl"), "w");
  writeSync(file, Buffer.from("1\n"), 0, 2, 0);
  ftruncateSync(file, bytes + 2);
  writeSync(file, Buffer.from("\n2\n"), 0, 3, bytes + 2);
  closeSync(file);
  return cwd;
}

interface Reject {
  readonly line: number;
  readonly offset: number;
  readonly kind: string;
  readonly record: string;
  readonly cut?: boolean;
}

async function assertOneReject(cwd: string, args: readonly string[], kinds: readonly string[]): Promise<void> {
  const all = ["-c", "1", "--on-error", "skip", "--errors", "errors", ...args, "-e", "_", "in.jsonl"];
  const { code, stdout, stderr } = await runPmap(all, { cwd });
  assert.deepEqual([code, stdout], [0, "1\n2\n"], stderr);
  const { line, offset, kind, record, cut } = JSON.parse(readFileSync(join(cwd, "errors"), "utf8")) as Reject;
  assert.ok(kinds.includes(kind), kind);
  assert.deepEqual([line, offset, record, cut], [2, 2, "\0".repeat(1024), true]);
}

test("a record of 2^29 characters is too long by default", async () => {
  await assertOneReject(withLongRecord(2 ** 29), [], ["too-long"]);
});

test("a record of 2^29 characters with --max-record raised is a reject where no string is that long, or is parsed", async () => {
  await assertOneReject(withLongRecord(2 ** 29), ["--max-record", "1G"], ["too-long", "parse"]);
});

test("a record of sixty megabytes that is no JSON is a reject of bounded size", async () => {
  await assertOneReject(withLongRecord(60 * 1024 * 1024), [], ["parse"]);
});
