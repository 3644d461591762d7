// laws: many compressed files of one member each are decompressed by the workers, and give what the plain files give.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { bgzf, frame, hasZstd } from "../support/members.ts";
import { runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const FILES = 7;
const rows = Array.from({ length: 2500 }, (_, i) => {
  const note = i % 900 === 77 ? "x".repeat(70_000) : `line ${i * 7919} é😀`;
  return { id: i, note, part: 1 / (i + 1) };
});
const broken = (i: number) => (i % 700 === 5 ? "{no json\n" : i % 100 === 9 ? "\n" : "");
const CONTENT: Readonly<Record<string, (file: number) => string>> = {
  // One ends without a line feed, and one is empty.
  jsonl: (file) => {
    const lines = rows.slice(file * 10).map((row, i) => `${broken(i + file)}${JSON.stringify({ ...row, file })}\n`);
    return file === 3 ? "" : lines.join("").slice(0, file === 4 ? -1 : undefined);
  },
  txt: (file) =>
    `\ufeff${rows
      .slice(file)
      .map(({ id, note }) => `${id} ${file} ${note}`)
      .join("\r\n")}`,
  csv: (file) =>
    `id,note,part\n${rows.map(({ id, note, part }) => `${id},"${note}\n""${file}""",${part}${file === 2 ? "\r" : ""}\n`).join("")}${file === 5 ? '7,"open' : ""}`,
  tsv: (file) => `part\tid\n${rows.map(({ id, part }) => `${part}\t${id + file}`).join("\n")}`,
  nul: (file) => rows.map(({ id }) => `name ${file}\n${id}\0`).join(""),
};
const ENDS = hasZstd ? ["gz", "zst"] : ["gz"];
for (const [extension, contentOf] of Object.entries(CONTENT)) {
  for (let i = 0; i < FILES; i++) {
    const content = contentOf(i);
    const name = join(folder, `in${i}.${extension}`);
    writeFileSync(name, content);
    writeFileSync(`${name}.gz`, gzipSync(content));
    if (hasZstd) writeFileSync(`${name}.zst`, frame(Buffer.from(content)));
  }
}
const filesOf = (end: string) => Array.from({ length: FILES }, (_, i) => `in${i}.${end}`);

const sum = ["--reduce", "(a, b) => a + b"];
const skip = ["--on-error", "skip", "--errors", "errors"];
const JOBS: Readonly<Record<string, readonly [extension: string, ...args: string[]]>> = {
  "a map that skips": ["jsonl", ...skip, "-e", "_"],
  "a map that stops": ["jsonl", "-e", "_.id"],
  "offsets, sources and random numbers": ["jsonl", ...skip, "-e", "(r, { offset, random }) => [offset, random()]"],
  "small chunks": ["jsonl", ...skip, "--chunk", "700", "-e", "_.id"],
  "an asynchronous map": ["jsonl", ...skip, "-e", "async r => r.id"],
  "a float sum": ["jsonl", ...skip, "-e", "_.part", ...sum],
  "sums by key": ["jsonl", ...skip, "--key", "_.id % 7", "-e", "_.part", ...sum],
  "a limit": ["jsonl", ...skip, "--limit", "11111", "-e", "_.id"],
  "an output file": ["jsonl", ...skip, "-e", "_", "-o", "out"],
  "unordered output": ["jsonl", ...skip, "--unordered", "-e", "_", "-o", "out"],
  "a compressed output": ["jsonl", ...skip, "-e", "_", "-o", "out.gz"],
  CSV: ["csv", ...skip, "-e", "_"],
  "CSV that stops": ["csv", "-e", "_.id"],
  "an asynchronous map of CSV": ["csv", ...skip, "-e", "async r => r.id"],
  "CSV with a limit": ["csv", "--limit", "12345", "-e", "_.id"],
  "a float sum of CSV": ["csv", ...skip, "--types", "auto", "-e", "_.part", ...sum],
  TSV: ["tsv", "-e", "_"],
  text: ["txt", "-e", "_"],
  NULs: ["nul", "--from", "nul", "-e", "_"],
  bytes: ["txt", "--from", "bytes", "--chunk", "10000", "-e", "b => b.length"],
  "another encoding": ["txt", "--encoding", "windows-1252", "-e", "_"],
  "a worker for some records": ["jsonl", ...skip, "--recycle", "500", "-e", "_.id"],
};

for (const [name, [extension, ...args]] of Object.entries(JOBS)) {
  test(`${name} gives what it gives of the plain files`, async () => {
    const plain = await outcome([...args, "-c", "2"], filesOf(extension));
    assert.equal(plain.code, name.endsWith("that stops") ? 1 : 0, plain.stderr);
    for (const end of ENDS)
      for (const cores of ["1", "3"])
        assert.deepEqual(
          await outcome([...args, "-c", cores], filesOf(`${extension}.${end}`)),
          plain,
          `${end}, ${cores}`,
        );
  });
}

/** What a job leaves. */
async function outcome(args: readonly string[], inputs: readonly string[]) {
  for (const file of ["errors", "out", "out.gz"]) rmSync(join(folder, file), { force: true });
  const { code, stdout, stderr } = await runPmap([...args, ...inputs], { cwd: folder });
  const files = ["errors", "out", "out.gz"].map((file) => {
    const path = join(folder, file);
    return existsSync(path) ? readFileSync(path, file === "errors" ? "utf8" : "latin1") : undefined;
  });
  const [errors, ...outputs] = files;
  // What follows from the name and from the clock.
  const named = (text: string | undefined) => text?.replaceAll(/(in\d\.\w+)\.(gz|zst)\b/g, "$1");
  const untimed = named(stderr)?.replace(/ in [\d.]+ s, .* cores?,/, "");
  // How much stands before a failure depends on how quickly it was found.
  const isOrdered = !args.includes("--unordered");
  const sums = code === 0 ? [stdout, ...outputs].map((text) => text && hash(text, isOrdered)) : [];
  return { code, stderr: untimed, errors: isOrdered ? named(errors) : "", sums };
}

/** So that a difference is no page of digits. */
function hash(text: string, isOrdered: boolean): string {
  const lines = isOrdered ? text : text.split("\n").sort().join("\n");
  return `${text.length} ${createHash("sha256").update(lines).digest("hex")}`;
}

test("beside files of one member: plain ones, blocks, two members and nothing at all", async () => {
  const [first = "", second = ""] = [CONTENT.jsonl?.(0), CONTENT.jsonl?.(1)];
  writeFileSync(join(folder, "blocks.jsonl.gz"), bgzf(first, 5003));
  // More than the first in the second, or the ends would tell that it is not one member.
  writeFileSync(join(folder, "two.jsonl.gz"), Buffer.concat([gzipSync(first), gzipSync(second.repeat(3))]));
  writeFileSync(join(folder, "nothing.jsonl.gz"), gzipSync(""));
  writeFileSync(join(folder, "nothings.jsonl.gz"), Buffer.concat([gzipSync(""), gzipSync("")]));
  const same: Readonly<Record<string, readonly string[]>> = {
    "in0.jsonl.gz": ["in0.jsonl"],
    "two.jsonl.gz": ["in0.jsonl", "in1.jsonl", "in1.jsonl", "in1.jsonl"],
    "in1.jsonl.gz": ["in1.jsonl"],
    "nothing.jsonl.gz": [],
    "in2.jsonl": ["in2.jsonl"],
    "nothings.jsonl.gz": [],
    "blocks.jsonl.gz": ["in0.jsonl"],
    "in4.jsonl.gz": ["in4.jsonl"],
    "in5.jsonl.gz": ["in5.jsonl"],
  };
  const packed = Object.keys(same);
  const plain = Object.values(same).flat();
  for (const args of [
    ["-e", "_"],
    ["-e", "_.id + 1", ...sum],
    ["--key", "_.file", "-e", "_.id", ...sum],
  ])
    for (const cores of ["1", "3"]) {
      const options = { cwd: folder };
      const [expected, got] = await Promise.all(
        [plain, packed].map((inputs) => runPmap(["-c", cores, "--on-error", "skip", ...args, ...inputs], options)),
      );
      assert.equal(got?.code, 0, got?.stderr);
      assert.ok(got?.stdout === expected?.stdout, `${args}, ${cores}: ${got?.stdout.length}`);
    }
});

test("names from a list, and what is one large part of the input, are read as ever", async () => {
  writeFileSync(join(folder, "names"), filesOf("jsonl.gz").join("\n"));
  const args = "-e _.id --on-error skip";
  const all = await runShell(`pmap ${args} ${filesOf("jsonl").join(" ")}`, { cwd: folder });
  const listed = await runShell(`pmap ${args} --files-from names`, { cwd: folder });
  assert.ok(listed.stdout === all.stdout);
  const piped = await runShell(`cat in5.jsonl.gz | pmap ${args} in0.jsonl.gz - in1.jsonl.gz`, { cwd: folder });
  const plain = await runShell(`pmap ${args} in0.jsonl in5.jsonl in1.jsonl`, { cwd: folder });
  assert.ok(piped.stdout === plain.stdout, piped.stderr);
});

test("--explain and --dry-run say how such files are read", async () => {
  const says = async (...args: string[]) => {
    const { stdout, stderr } = await runPmap(["-e", "_.id", "--on-error", "skip", ...args], { cwd: folder });
    return stdout + stderr;
  };
  const packed = filesOf("jsonl.gz");
  assert.match(await says("--explain", ...packed), /Compressed input: by ranges; workers decompress what they read\./);
  assert.match(await says("--explain", ...packed), /Not in it: decompressing the input\./);
  assert.match(await says("--explain", "in0.jsonl.gz"), /one stream a file, decompressed beside the coordinator\./);
  assert.match(
    await says("--dry-run", ...packed),
    /in0\.jsonl\.gz: [\d.]+K in a compressed file, read by one worker\n/,
  );
  assert.match(await says("--dry-run", "--limit", "9", ...packed), /in0\.jsonl\.gz: of unknown length\n/);
});

test("a record that cannot be read, in a file that is damaged, is told with the damage", async () => {
  const good = rows.map(({ id }) => `{"id":${id},"note":"${"n".repeat(200)}"}\n`).join("");
  const others = [0, 1, 2, 3].map((i) => `other${i}.jsonl.gz`);
  for (const name of others) writeFileSync(join(folder, name), gzipSync(good));
  for (const [bad, says] of [
    ["{no json", "Cannot parse the record: "],
    [Buffer.of(0x22, 0xff, 0x22), "Cannot parse the record: it is not UTF-8"],
    [`"${"x".repeat(5000)}"`, "Cannot read the record: "],
  ] as const) {
    const packed = gzipSync(
      Buffer.concat([Buffer.from(`${good.slice(0, good.indexOf("\n"))}\n`), asBytes(bad), asBytes(`\n${good}`)]),
    );
    // Four bytes before the length stands the checksum.
    packed[packed.length - 8] = (packed[packed.length - 8] as number) ^ 1;
    writeFileSync(join(folder, "damaged.jsonl.gz"), packed);
    for (const map of ["_.id", "async r => r.id"]) {
      const args = ["--max-record", "4K", "-e", map, ...others.slice(1), "damaged.jsonl.gz", "other0.jsonl.gz"];
      const { code, stderr } = await runPmap(args, { cwd: folder });
      const [line = "", ...rest] = stderr.split("\n");
      assert.equal(code, 1);
      assert.deepEqual(rest, ["Get the file again: what comes behind the damage cannot be trusted", ""]);
      assert.ok(line.startsWith(`pmap: damaged.jsonl.gz:2: ${says}`), line);
      assert.match(line, /; the file's gzip data is damaged \(.*incorrect data check.*\), after \d+ bytes of it$/);
    }
  }
});

function asBytes(content: string | Buffer): Buffer {
  return Buffer.from(content as string);
}
