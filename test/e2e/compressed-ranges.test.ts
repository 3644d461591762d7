// laws: a compressed file of many members is read by ranges, and gives what the plain file gives, however it is cut.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { identityOf } from "../../adapters/shared/positional-files.ts";
import { openByRanges } from "../../adapters/system/compressed-ranges.ts";
import { slowTexts } from "../../api/report/slow-texts.ts";
import type { FileSource, StreamSource } from "../../core/coordinator/job/source.ts";
import { inputNamed } from "../../core/formats/registry.ts";
import type { TextCodec } from "../../core/platform/text-codec.ts";
import { bgzf, hasZstd, zstdFrames } from "../support/members.ts";
import { runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const rows = Array.from({ length: 20_000 }, (_, i) => {
  // Records that go over several members, lines that are no JSON, and empty ones.
  const note = i % 4000 === 77 ? "x".repeat(70_000) : `line ${i * 7919} é😀`;
  return { id: i, note, part: 1 / (i + 1) };
});
const broken = (i: number) => (i % 3000 === 5 ? "{no json\n" : i % 1000 === 9 ? "\n" : "");
const CONTENT: Readonly<Record<string, string>> = {
  jsonl: rows.map((row, i) => `${broken(i)}${JSON.stringify(row)}\n`).join(""),
  csv: `id,note,part\n${rows.map(({ id, note, part }) => `${id},"${note}\n""${id}""",${part}\n`).join("")}`,
  tsv: `id\tpart\n${rows.map(({ id, part }) => `${id}\t${part}`).join("\n")}`,
  txt: `\ufeff${rows.map(({ id, note }) => `${id} ${note}`).join("\r\n")}`,
  nul: rows.map(({ id }) => `name\n${id}\0`).join(""),
  json: JSON.stringify(rows),
  geojson: rows.map((row) => JSON.stringify(row, null, 1)).join(""),
};
const ENDS = hasZstd ? ["gz", "zst"] : ["gz"];
for (const [extension, content] of Object.entries(CONTENT)) {
  const name = join(folder, `in.${extension}`);
  writeFileSync(name, content);
  writeFileSync(`${name}.gz`, bgzf(content, 5003));
  writeFileSync(join(folder, `one.${extension}.gz`), gzipSync(content));
  if (hasZstd) writeFileSync(`${name}.zst`, zstdFrames(content, 20_011));
}

const sum = ["--reduce", "(a, b) => a + b"];
const skip = ["--on-error", "skip", "--errors", "errors"];
const JOBS: Readonly<Record<string, readonly [extension: string, ...args: string[]]>> = {
  "a map that skips": ["jsonl", ...skip, "-e", "_"],
  "a map that stops": ["jsonl", "-e", "_.id"],
  "small chunks": ["jsonl", ...skip, "--chunk", "700", "-e", "_.id"],
  "an asynchronous map": ["jsonl", ...skip, "-e", "async r => r.id"],
  "a float sum": ["jsonl", ...skip, "-e", "_.part", ...sum],
  "sums by key": ["jsonl", ...skip, "--key", "_.id % 7", "-e", "_.part", ...sum],
  "a limit": ["jsonl", ...skip, "--limit", "11111", "-e", "_.id"],
  "an output file": ["jsonl", ...skip, "-e", "_", "-o", "out"],
  "a compressed output": ["jsonl", ...skip, "-e", "_", "-o", "out.gz"],
  CSV: ["csv", "-e", "_"],
  "CSV with a limit": ["csv", "--limit", "12345", "-e", "_.id"],
  "a float sum of CSV": ["csv", "--types", "auto", "-e", "_.part", ...sum],
  TSV: ["tsv", "-e", "_"],
  text: ["txt", "-e", "_"],
  NULs: ["nul", "--from", "nul", "-e", "_"],
  bytes: ["txt", "--from", "bytes", "--chunk", "10000", "-e", "b => b.length"],
  "a JSON array": ["json", "-e", "_"],
  "a JSON array with a limit": ["json", "--limit", "12345", "-e", "_.id"],
  "a float sum of a JSON array": ["json", "-e", "_.part", ...sum],
  "JSON values": ["geojson", "-e", "_.id"],
  "another encoding": ["txt", "--encoding", "windows-1252", "-e", "_"],
};

for (const [name, [extension, ...args]] of Object.entries(JOBS)) {
  test(`${name} gives what it gives of the plain file`, async () => {
    const plain = await outcome([...args, "-c", "2"], `in.${extension}`);
    assert.equal(plain.code, name === "a map that stops" ? 1 : 0, plain.stderr);
    for (const end of ENDS)
      for (const cores of ["1", "3"])
        assert.deepEqual(await outcome([...args, "-c", cores], `in.${extension}.${end}`), plain, `${end}, ${cores}`);
  });
}

/** What a job leaves. */
async function outcome(args: readonly string[], input: string) {
  for (const file of ["errors", "out", "out.gz"]) rmSync(join(folder, file), { force: true });
  const { code, stdout, stderr } = await runPmap([...args, input], { cwd: folder });
  const files = ["errors", "out", "out.gz"].map((file) => {
    const path = join(folder, file);
    return existsSync(path) ? readFileSync(path, file === "errors" ? "utf8" : "base64") : undefined;
  });
  const [errors, ...outputs] = files;
  // What follows from the name and from the clock.
  const named = (text: string | undefined) => text?.replaceAll(/(in\.\w+)\.(gz|zst)\b/g, "$1");
  const untimed = named(stderr)?.replace(/ in [\d.]+ s, .* cores?,/, "");
  // How much stands before a failure depends on how quickly it was found.
  const sums = code === 0 ? [stdout, ...outputs].map((text) => text && hash(text)) : [];
  return { code, stderr: untimed, errors: named(errors), sums };
}

/** So that a difference is no page of digits. */
function hash(text: string): string {
  return `${text.length} ${createHash("sha256").update(text).digest("hex")}`;
}

test("an errors file that is compressed is read again", async () => {
  await runPmap([...skip, "-e", "r => { if (r.id % 2) throw new Error('odd'); }", "in.jsonl"], { cwd: folder });
  const errors = readFileSync(join(folder, "errors"));
  writeFileSync(join(folder, "errors.gz"), bgzf(errors, 3001));
  const args = ["--from", "rejects", "-e", "_.id", "--on-error", "skip"];
  const [plain, packed] = await Promise.all(
    ["errors", "errors.gz"].map((input) => runPmap([...args, input], { cwd: folder })),
  );
  assert.equal(plain?.code, 0, plain?.stderr);
  assert.equal(plain?.stdout.split("\n").length, 10_001);
  assert.ok(packed?.stdout === plain?.stdout, packed?.stderr);
});

test("plain files, files by ranges and streams, one behind the other", async () => {
  const inputs = ["in.jsonl", "in.jsonl.gz", "one.jsonl.gz", ...(hasZstd ? ["in.jsonl.zst"] : []), "in.jsonl.gz"];
  const args = ["-c", "2", "-e", "_.id", "--on-error", "skip"];
  const one = await runPmap([...args, "in.jsonl"], { cwd: folder });
  const all = await runPmap([...args, ...inputs], { cwd: folder });
  assert.equal(all.code, 0, all.stderr);
  assert.ok(all.stdout === one.stdout.repeat(inputs.length));
  const redirected = await runShell(`pmap ${args.join(" ")} < in.jsonl.gz`, { cwd: folder });
  assert.ok(redirected.stdout === one.stdout);
});

test("files of empty members are empty, and an index is not wanted of what begins otherwise", async () => {
  writeFileSync(join(folder, "none.csv.gz"), bgzf("", 1));
  writeFileSync(join(folder, "none.jsonl.gz"), bgzf("", 1));
  for (const name of ["none.csv.gz", "none.jsonl.gz"]) {
    const { code, stdout, stderr } = await runPmap(["-e", "_", name], { cwd: folder });
    assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  }
});

test("--explain and --dry-run say how a compressed file is read", async () => {
  const says = async (...args: string[]) => {
    const { stdout, stderr } = await runPmap(["-e", "_.id", ...args], { cwd: folder });
    return stdout + stderr;
  };
  assert.match(
    await says("--explain", "in.csv.gz"),
    /Compressed input: by ranges; workers decompress what they read\./,
  );
  writeFileSync(join(folder, "few.gz"), bgzf('{"id":1,"a":2,"b":3}\n'.repeat(500), 1001));
  assert.match(await says("--explain", "few.gz"), /the script reads id of 3 fields/);
  const stream = /Compressed input: one stream a file, decompressed beside the coordinator\./;
  assert.match(await says("--explain", "one.csv.gz"), stream);
  assert.match(
    await says("--explain", "in.csv.gz", "one.csv.gz"),
    /Compressed input: 1 file by ranges, 1 as streams\./,
  );
  assert.match(await says("--explain", "in.json.gz"), /Compressed input: by ranges/);
  assert.doesNotMatch(await says("--explain", "in.csv"), /Compressed/);
  assert.match(await says("--dry-run", "in.csv.gz"), /in\.csv\.gz: [\d.]+M in a compressed file, read by ranges\n/);
});

test("the slowest records of a report are read again from a compressed file, too", async () => {
  const path = join(folder, "in.jsonl.gz");
  const identity = identityOf(statSync(path));
  const stream: StreamSource = { kind: "stream", name: path, read: () => Promise.resolve(undefined) };
  const source = await openByRanges({ path, compression: "gzip", start: 0, identity }, stream);
  const offset = Buffer.from(CONTENT.jsonl as string).indexOf('{"id":9000,');
  const slow = { source: 0, offset } as Parameters<typeof slowTexts>[0][number];
  const job = { sources: [source as FileSource], input: inputNamed("jsonl") };
  const decode = (bytes: Uint8Array, from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString();
  const [text] = slowTexts([slow], job, { decode } as TextCodec);
  assert.match(text ?? "", /^\{"id":9000,"note":"line \d+ é😀",.*\}$/);
});
