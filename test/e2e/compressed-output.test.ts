// -o x.gz and x.zst: the same content as without compression, and the same file at any number of cores and from any input.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as zlib from "node:zlib";
import { runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const rows = Array.from({ length: 30_000 }, (_, i) => ({ i, text: `line ${i * 7919} é😀`, n: Math.sin(i) }));
const jsonl = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
writeFileSync(join(folder, "in.jsonl"), jsonl);

async function write(args: readonly string[], name: string): Promise<Buffer> {
  const { code, stderr, stdout } = await runPmap([...args, "-o", name], { cwd: folder });
  assert.deepEqual([code, stderr, stdout], [0, "", ""]);
  return readFileSync(join(folder, name));
}

/** Lengths of what is in the blocks of a BGZF file, told by walking over their heads. */
function blocksOf(file: Buffer): number[] {
  const lengths: number[] = [];
  for (let at = 0; at < file.length; ) {
    assert.equal(file.subarray(at, at + 4).toString("hex"), "1f8b0804");
    assert.equal(file.subarray(at + 10, at + 16).toString("hex"), "060042430200");
    const end = at + file.readUInt16LE(at + 16) + 1;
    lengths.push(file.readUInt32LE(end - 4));
    at = end;
  }
  return lengths;
}

test("gz has the content that it would have without, in blocks of one size, however the job was cut", async () => {
  const whole = await write(["-c", "1", "-e", "_", "in.jsonl"], "one.jsonl.gz");
  assert.ok(zlib.gunzipSync(whole).toString() === jsonl);
  const blocks = blocksOf(whole);
  assert.equal(blocks.at(-1), 0);
  assert.deepEqual(new Set(blocks.slice(0, -2)), new Set([0xff00]));
  for (const args of [
    ["-c", "3", "-e", "_", "in.jsonl"],
    ["--chunk", "1K", "-c", "2", "-e", "async (r) => r", "in.jsonl"],
    ["--mode", "thread", "-e", "_", "in.jsonl"],
    ["--mode", "inline", "-e", "_", "in.jsonl"],
  ])
    assert.ok((await write(args, "again.gz")).equals(whole), args.join(" "));
  const piped = await runShell("dd if=in.jsonl bs=7777 status=none | pmap -e _ -o piped.bgz", { cwd: folder });
  assert.deepEqual([piped.code, piped.stderr], [0, ""]);
  assert.ok(readFileSync(join(folder, "piped.bgz")).equals(whole));
  const back = await runPmap(["-e", "_", "one.jsonl.gz"], { cwd: folder });
  assert.ok(back.stdout === jsonl);
});

test("each format, a reduce, a keyed one, and nothing at all", async () => {
  const text = async (args: readonly string[], name: string) => zlib.gunzipSync(await write(args, name)).toString();
  const few = ["--limit", "2", "-e", "({ i: _.i, t: 'x,y' })", "in.jsonl"];
  assert.equal(await text(few, "few.csv.gz"), 'i,t\n0,"x,y"\n1,"x,y"\n');
  assert.equal(await text([...few, "--to", "json"], "few.gz"), '[\n{"i":0,"t":"x,y"},\n{"i":1,"t":"x,y"}\n]\n');
  assert.equal(await text(["--limit", "0", "--to", "json", "-e", "_", "in.jsonl"], "none.json.gz"), "[]\n");
  assert.equal(await text(["--limit", "0", "-e", "_", "in.jsonl"], "none.gz"), "");
  const sum = ["-e", "_.i", "--reduce", "(a, b) => a + b", "in.jsonl"];
  assert.equal(await text(sum, "sum.gz"), `${(29_999 * 30_000) / 2}\n`);
  const keyed = ["-e", "1", "--key", "_.i % 20011", "--reduce", "(a, b) => a + b", "in.jsonl"];
  const { stdout } = await runPmap(keyed, { cwd: folder });
  assert.ok((await text([...keyed, "-c", "1"], "keyed.gz")) === stdout);
  assert.ok(readFileSync(join(folder, "keyed.gz")).equals(await write([...keyed, "-c", "3"], "keyed3.gz")));
  // What cannot be compressed is stored, and fits into its block all the same.
  const noise = [
    "--range",
    "1..3000",
    "--to",
    "text",
    "-e",
    "Array.from({ length: 99 }, () => String.fromCharCode(161 + ctx.random() * 94)).join('')",
  ];
  assert.equal((await text(noise, "noise.gz")).length, 3000 * 100);
});

test("zst, where the runtime has it, and else one line before the first record", async () => {
  const args = ["-c", "2", "-e", "_", "in.jsonl", "-o", "out.jsonl.zst"];
  const { code, stderr } = await runPmap(args, { cwd: folder });
  if (!("zstdDecompressSync" in zlib)) {
    assert.equal(code, 2);
    assert.match(stderr, /^pmap: Cannot write "out\.jsonl\.zst": this runtime has no zstd\nWrite \.gz, or use/);
    return;
  }
  assert.deepEqual([code, stderr], [0, ""]);
  const one = readFileSync(join(folder, "out.jsonl.zst"));
  assert.ok((await write(["-c", "1", "-e", "_", "in.jsonl"], "one.zst")).equals(one));
  // Some runtimes read one frame only: each is read by itself.
  const magic = Buffer.from("28b52ffd", "hex");
  const starts: number[] = [];
  for (let at = one.indexOf(magic); at !== -1; at = one.indexOf(magic, at + 1)) starts.push(at);
  const frames = starts.map((start, i) => zlib.zstdDecompressSync(one.subarray(start, starts[i + 1])));
  assert.ok(Buffer.concat(frames).toString() === jsonl);
  const empty = await write(["--limit", "0", "-e", "_", "in.jsonl"], "none.zst");
  assert.equal(zlib.zstdDecompressSync(empty).length, 0);
});

test("a compression that cannot be written is refused, and a job that fails leaves nothing", async () => {
  const bzip2 = await runPmap(["-e", "_", "in.jsonl", "-o", "x.bz2"], { cwd: folder });
  assert.equal(bzip2.code, 2);
  assert.match(
    bzip2.stderr,
    /^pmap: Cannot write "x\.bz2": an output is compressed as \.gz or \.zst\n.*\| bzip2 > "x\.bz2"\n$/,
  );
  const failing = "(r) => { if (r.i === 25000) throw new Error('no'); return r; }";
  const failed = await runPmap(["-e", failing, "in.jsonl", "-o", "failed.gz"], { cwd: folder });
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /in\.jsonl:25001: map threw Error: no/);
  assert.equal(existsSync(join(folder, "failed.gz")), false);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith(".")),
    [],
  );
});

test("a script whose worker dies in the middle costs nothing of the output", async () => {
  const dies =
    "(r) => { if (r.i === 20000 && !existsSync('died')) { writeFileSync('died', ''); process.exit(1); } return r; }";
  const args = [
    "-c",
    "2",
    "-M",
    "node:fs=fs",
    "-e",
    dies.replaceAll(/(existsSync|writeFileSync)/g, "fs.$1"),
    "in.jsonl",
  ];
  assert.ok(zlib.gunzipSync(await write(args, "died.gz")).toString() === jsonl);
});
