// Compressed inputs: the same output as of what is in them, by name and by their first bytes; damage is found.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { findProgram } from "../../adapters/system/programs.ts";
import { skippable } from "../support/members.ts";
import { eventually, pmapCommand, processesWith, runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const jsonl = Array.from({ length: 60_000 }, (_, i) => `{"i":${i},"text":"line ${i * 7919}"}\n`).join("");

const PROGRAMS = { zst: "zstd", bz2: "bzip2", xz: "xz", lz4: "lz4" } as const;

/** Undefined where the program is not installed. */
function compressedBy(program: string): Buffer | undefined {
  // From a file: Deno's spawnSync writes all of an input before it reads what the program says.
  const plain = join(folder, "plain.jsonl");
  if (!existsSync(plain)) writeFileSync(plain, jsonl);
  const { status, stdout, error } = spawnSync(program, ["-c", plain], { maxBuffer: 1 << 28 });
  return error === undefined && status === 0 ? stdout : undefined;
}

const gz = gzipSync(jsonl);
const half = jsonl.indexOf("\n", jsonl.length / 2) + 1;
const members = Buffer.concat([gzipSync(jsonl.slice(0, half)), gzipSync(""), gzipSync(jsonl.slice(half))]);

for (const [name, bytes, missing] of [
  ["one.jsonl.gz", gz],
  ["members.jsonl.gz", members],
  ["named-otherwise", gz],
  ["one.jsonl.br", brotliCompressSync(jsonl)],
  ...Object.entries(PROGRAMS).map(([end, program]) => [`one.jsonl.${end}`, compressedBy(program), program] as const),
] as readonly (readonly [string, Buffer | undefined, string?])[]) {
  test(`${name}${bytes === undefined ? ` (there is no ${missing} here, which is said)` : ""} is read as what is in it`, async () => {
    writeFileSync(join(folder, name), bytes ?? Buffer.from("28b52ffd0000000000000000", "hex"));
    const read = await runPmap(["-c", "2", "-e", "_", name], { cwd: folder });
    if (bytes === undefined) {
      assert.equal(read.code, 2);
      assert.match(
        read.stderr,
        /^pmap: Cannot read ".*": (it is not \w+|it is compressed .*, and there is no ".*" on the PATH|it is zstd)\n$/,
      );
      return;
    }
    assert.deepEqual([read.code, read.stderr], [0, ""]);
    assert.ok(read.stdout === jsonl);
    if (name.endsWith(".br")) return;
    const piped = await runShell(`cat ${name} | pmap -e _`, { cwd: folder });
    const redirected = await runShell(`pmap -e _ < ${name}`, { cwd: folder });
    for (const { code, stdout, stderr } of [piped, redirected]) {
      assert.deepEqual([code, stderr], [0, ""]);
      assert.ok(stdout === jsonl);
    }
  });
}

test("the name inside says the format", async () => {
  const cwd = mkdtempSync(join(folder, "inside-"));
  writeFileSync(join(cwd, "rows.csv.gz"), gzipSync('a,b\n1,"x\ny"\n'));
  writeFileSync(join(cwd, "lines.txt.gz"), gzipSync("one\ntwo\n"));
  assert.equal((await runPmap(["-e", "_", "rows.csv.gz"], { cwd })).stdout, '{"a":"1","b":"x\\ny"}\n');
  assert.equal((await runPmap(["-e", "_", "lines.txt.gz"], { cwd })).stdout, '"one"\n"two"\n');
});

test("a float sum has the same bits as of the plain file", async () => {
  writeFileSync(join(folder, "unpacked.jsonl"), jsonl);
  writeFileSync(join(folder, "sum.jsonl.gz"), gz);
  const job = ["-c", "2", "-e", "1 / (_.i + 1)", "--reduce", "(a, b) => a + b"];
  const [plain, packed] = await Promise.all(
    ["unpacked.jsonl", "sum.jsonl.gz"].map((name) => runPmap([...job, name], { cwd: folder })),
  );
  assert.equal(packed?.stdout, plain?.stdout);
});

const br = brotliCompressSync(jsonl);
for (const [what, name, bytes, says] of [
  ["cut off", "in.jsonl.gz", gz.subarray(0, gz.length - 2000), "its gzip data ends too early, after \\d+ bytes of it"],
  ["damaged in the middle", "in.jsonl.gz", damaged(gz), "its gzip data is damaged \\(.+\\), after \\d+ bytes of it"],
  ["cut off", "in.jsonl.br", br.subarray(0, br.length - 1), "its brotli data ends too early, after \\d+ bytes of it"],
  [
    "two in one",
    "in.jsonl.br",
    Buffer.concat([br, br]),
    `its brotli data goes on behind its end, after ${br.length} bytes`,
  ],
] as const) {
  test(`${name} that is ${what} is an error behind what could be read, and -o makes nothing of it`, async () => {
    const cwd = mkdtempSync(join(folder, "damaged-"));
    writeFileSync(join(cwd, name), bytes);
    const { code, stdout, stderr } = await runPmap(["-e", "_", name], { cwd });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^pmap: (Cannot read "${name}": ${says}|${name}:\\d+: Cannot parse)`));
    assert.ok(jsonl.startsWith(stdout), "what comes before it is not right");
    const written = await runPmap(["-e", "_", name, "-o", "out"], { cwd });
    assert.equal(written.code, 1);
    assert.equal(existsSync(join(cwd, "out")), false);
  });
}

function damaged(whole: Buffer): Buffer {
  const bytes = Buffer.from(whole);
  bytes.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 64);
  return bytes;
}

test("gzip behind zeros is read, and what is none is an error behind the records before, however it comes", async () => {
  const cwd = mkdtempSync(join(folder, "behind-"));
  const [first, second] = [gzipSync('{"i":1}\n'), gzipSync('{"i":2}\n')];
  const goesOn = (name: string) => `pmap: Cannot read "${name}": its gzip data goes on behind its end, after`;
  for (const [what, bytes, stdout, isError] of [
    ["padded.gz", Buffer.concat([first, Buffer.alloc(512)]), '{"i":1}\n', false],
    ["two.gz", Buffer.concat([first, Buffer.alloc(4), second]), '{"i":1}\n{"i":2}\n', false],
    ["garbage.gz", Buffer.concat([first, Buffer.from("garbage")]), '{"i":1}\n', true],
    ["both.gz", Buffer.concat([first, Buffer.from("\0any garbage")]), '{"i":1}\n', true],
    ["long.gz", Buffer.concat([gz, Buffer.from("\0any garbage")]), jsonl, true],
  ] as const) {
    writeFileSync(join(cwd, what), bytes);
    for (const [line, name] of [
      [`pmap -e _ ${what}`, what],
      [`cat ${what} | pmap -e _`, "stdin"],
      [`pmap -e _ < ${what}`, "-"],
    ] as const) {
      const read = await runShell(line, { cwd });
      assert.equal(read.code, isError ? 1 : 0, `${line}: ${read.stderr}`);
      assert.ok(read.stdout === stdout, line);
      assert.ok(isError ? read.stderr.startsWith(goesOn(name)) : read.stderr === "", read.stderr);
    }
  }
});

test("a name that lies is refused before the first record", async () => {
  const cwd = mkdtempSync(join(folder, "lies-"));
  writeFileSync(join(cwd, "plain.gz"), jsonl.slice(0, half));
  writeFileSync(join(cwd, "other.zst"), gz);
  for (const [name, says] of [
    ["plain.gz", "it is not gzip"],
    ["other.zst", "it is gzip"],
  ] as const) {
    const { code, stderr } = await runPmap(["-e", "_", name], { cwd });
    assert.deepEqual([code, stderr], [2, `pmap: Cannot read "${name}": ${says}\n`]);
  }
});

test("text that begins as compressed data might is text, also where it comes slowly", async () => {
  const line = "{ printf 'BZ'; sleep 0.2; printf 'hello\\n(x\\n'; } | pmap --from text -e _";
  assert.equal((await runShell(line, { cwd: folder })).stdout, '"BZhello"\n"(x"\n');
});

test("a job that wants no more leaves no program behind that decompresses", async () => {
  const bytes = compressedBy("bzip2");
  if (bytes === undefined) return;
  writeFileSync(join(folder, "limited.jsonl.bz2"), bytes);
  const mark = `${process.pid}-${folder}`;
  const args = ["--limit", "1", "-e", "_.i", "limited.jsonl.bz2"];
  const { stdout, stderr } = await runPmap(args, { cwd: folder, env: { PMAP_TEST_MARK: mark } });
  assert.deepEqual([stdout, stderr], ["0\n", ""]);
  assert.ok(await eventually(() => processesWith(`PMAP_TEST_MARK=${mark}`).length === 0), "a process is left");
});

test("a process substitution is read as what is in it, as stdin is", async () => {
  writeFileSync(join(folder, "small.gz"), gzipSync("1\n2\n"));
  const line = "bash -c '\"$@\" -e _ <(cat small.gz) <(echo 3)' sh $PMAP";
  const words = pmapCommand.map((word) => `'${word}'`).join(" ");
  const { stdout, stderr } = await runShell(line.replace("$PMAP", words), { cwd: folder });
  assert.deepEqual([stdout, stderr], ["1\n2\n3\n", ""]);
});

test("a .zst that begins as pzstd does is read by its name, from a pipe and from a redirected stdin", async () => {
  const packed = compressedBy("zstd");
  if (packed === undefined) return;
  writeFileSync(join(folder, "p.jsonl.zst"), Buffer.concat([skippable(4), packed]));
  for (const line of ["pmap -e _ p.jsonl.zst", "cat p.jsonl.zst | pmap -e _", "pmap -e _ < p.jsonl.zst"]) {
    const { code, stdout, stderr } = await runShell(line, { cwd: folder });
    assert.deepEqual([code, stderr, stdout === jsonl], [0, "", true], line);
  }
});

test("a compressed file without a byte has no records, however it is named", async () => {
  const extensions = Object.entries({ gz: "", br: "", zst: "zstd", bz2: "bzip2", xz: "xz", lz4: "lz4" });
  for (const [extension] of extensions.filter(([, program]) => program === "" || findProgram(program) !== undefined)) {
    const name = `empty.jsonl.${extension}`;
    writeFileSync(join(folder, name), "");
    const { code, stdout, stderr } = await runPmap(["-e", "_", name], { cwd: folder });
    assert.deepEqual([code, stdout, stderr], [0, "", ""], name);
  }
});

test("a FIFO whose name ends in .br is read as what is in it", async () => {
  writeFileSync(join(folder, "whole.br"), br);
  const line = "mkfifo fifo.jsonl.br && { cat whole.br > fifo.jsonl.br & pmap -e _ fifo.jsonl.br; }";
  const { code, stdout, stderr } = await runShell(line, { cwd: folder });
  assert.deepEqual([code, stderr, stdout === jsonl], [0, "", true]);
});
