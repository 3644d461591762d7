// Many files: by lists, by folders, and with --from file as records of their own.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { brotliCompressSync, gunzipSync, gzipSync } from "node:zlib";
import { contentOf, ownRuntime, pmapCommand, runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const put = (name: string, content: string | Uint8Array) => writeFileSync(join(folder, name), content);
mkdirSync(join(folder, "in/deep"), { recursive: true });
const NAMES = ["b.jsonl", "a.jsonl", "*.jsonl", "with space.jsonl", "line\nend.jsonl", "-", "in/deep/c.jsonl"];
for (const name of NAMES) put(name, `${JSON.stringify(name)}\n`);
put("in/x.jsonl", '"in/x.jsonl"\n');
put("in/other.txt", "text\n");
const out = (names: readonly string[]) => names.map((name) => `${JSON.stringify(name)}\n`).join("");

test("--files-from reads names, not patterns, from a file and from stdin, by lines or by NULs", async () => {
  const lines = NAMES.filter((name) => !name.includes("\n"));
  put("list", `${lines.join("\r\n")}\n\n`);
  const listed = await runPmap(["-e", "_", "--from", "jsonl", "--files-from", "list"], { cwd: folder });
  assert.deepEqual([listed.code, listed.stdout, listed.stderr], [0, out(lines), ""]);
  const nuls = await runPmap(["-e", "_", "--from", "jsonl", "in/x.jsonl", "--files-from", "-"], {
    cwd: folder,
    stdin: `${NAMES.join("\0")}\0`,
  });
  assert.deepEqual([nuls.code, nuls.stdout], [0, out(["in/x.jsonl", ...NAMES])]);
  const none = await runPmap(["-e", "_", "--files-from", "-"], { cwd: folder, stdin: "" });
  assert.deepEqual([none.code, none.stdout, none.stderr], [0, "", ""]);
  const gone = await runPmap(["-e", "_", "--files-from", "-"], { cwd: folder, stdin: "a.jsonl\ngone\n" });
  assert.deepEqual([gone.code, gone.stderr], [2, 'pmap: Cannot read "gone": there is no such file\n']);
  const twice = await runPmap(["-e", "_", "-", "--files-from", "-"], { cwd: folder, stdin: "" });
  assert.match(twice.stderr, /Cannot read stdin twice/);
});

test("--glob takes files of folders, in the order of their names", async () => {
  const found = await runPmap(["-e", "_", "in", "--glob", "**/*.jsonl"], { cwd: folder });
  assert.deepEqual([found.code, found.stdout], [0, out(["in/deep/c.jsonl", "in/x.jsonl"])]);
  const none = await runPmap(["-e", "_", "in", "--glob", "*.csv"], { cwd: folder });
  assert.deepEqual([none.code, none.stderr], [2, 'pmap: Cannot read "in": no file in it matches --glob "*.csv"\n']);
  const said = await runPmap(["-e", "_", "in"], { cwd: folder });
  assert.deepEqual(
    [said.code, said.stderr],
    [2, "pmap: Cannot read \"in\": it is a folder\nSay which files in it: --glob '**/*'\n"],
  );
});

test("--glob takes files of the folders in a list, and names in it are no patterns", async () => {
  put("folders", "b.jsonl\nin\n*.jsonl\n");
  const args = ["-e", "_", "--from", "jsonl", "--files-from", "folders"];
  const listed = await runPmap([...args, "--glob", "*.jsonl"], { cwd: folder });
  assert.deepEqual([listed.code, listed.stdout, listed.stderr], [0, out(["b.jsonl", "in/x.jsonl", "*.jsonl"]), ""]);
  const none = await runPmap([...args, "--glob", "*.csv"], { cwd: folder });
  assert.deepEqual([none.code, none.stderr], [2, 'pmap: Cannot read "in": no file in it matches --glob "*.csv"\n']);
});

test("a file that links to folders lead to by several ways is read once, whatever the folders are called", async () => {
  const cwd = temporaryFolder();
  for (const path of ["in", "d/x", "d/x1"]) mkdirSync(join(cwd, path), { recursive: true });
  for (const [name, to] of Object.entries({ "in/a.jsonl": "1", "d/x/b.jsonl": "2", "d/x1/c.jsonl": "3" }))
    writeFileSync(join(cwd, name), `${to}\n`);
  const links = {
    "in/self": ".",
    "in/up": "../in",
    "in/x": "../d/x",
    "d/x/inner": "../x1",
    "in/copy.jsonl": "a.jsonl",
  };
  for (const [name, to] of Object.entries(links)) symlinkSync(to, join(cwd, name));
  for (const args of [["in", "--glob", "**/*.jsonl"], ["in/**/*.jsonl"], [join(cwd, "in/**/*.jsonl")]]) {
    const found = await runPmap(["-e", "_", ...args], { cwd });
    assert.deepEqual([found.code, found.stdout, found.stderr], [0, "1\n1\n2\n3\n", ""]);
  }
});

test("a pattern does not pass over a folder that cannot be read, nor over a link that leads nowhere", async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, "in/secret"), { recursive: true });
  writeFileSync(join(cwd, "in/a.jsonl"), "1\n");
  const as = "chmod 755 .; chmod 0 in/secret; setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent";
  if (process.getuid?.() === 0) {
    const words = pmapCommand.map((word) => `'${word}'`).join(" ");
    const line = (args: string) => `${as} ${words} -e _ ${args}; echo $?; chmod 755 in/secret`;
    for (const args of ["in --glob '**/*.jsonl'", "'in/**/*.jsonl'"]) {
      const { stdout, stderr } = await runShell(line(args), { cwd });
      assert.equal(stdout, "2\n");
      assert.match(
        stderr,
        /^pmap: Cannot read "in.*": the folder ".*in\/secret\/" cannot be looked into: permission denied\n$/,
      );
    }
    // Where no file of it can match, it does not matter.
    assert.deepEqual((await runShell(line("'in/*.jsonl'"), { cwd })).stdout, "1\n0\n");
  }
  symlinkSync("gone", join(cwd, "in/b.jsonl"));
  const gone = await runPmap(["-e", "_", "in/*.jsonl"], { cwd });
  const says = 'pmap: Cannot read "in/b.jsonl": there is no such file\nIt is a link that leads to no file\n';
  assert.deepEqual([gone.code, gone.stdout, gone.stderr], [2, "", says]);
});

test("a name that is not UTF-8 is refused, and read where it is redirected", async () => {
  const cwd = temporaryFolder();
  const line = (args: string) => `name=$(printf 'a\\377.jsonl'); printf '1\\n' > "$name"; pmap ${args}; echo $?; ls`;
  const redirected = await runShell(line('-e _ < "$name" | cat'), { cwd });
  assert.match(redirected.stdout, /^1\n0\n/);
  // Deno does not start with such arguments.
  if (ownRuntime === "deno") return;
  const read = await runShell(line('-e _ "$name"'), { cwd });
  assert.match(read.stderr, /^pmap: Cannot read "a�\.jsonl": there is no such file\nIts name is not UTF-8: .+\n$/);
  for (const args of ['--range 1..3 -e _ -o "$name"', '--range 1..3 -e _ --on-error skip --errors "$name"']) {
    const { stdout, stderr } = await runShell(line(args), { cwd });
    assert.match(stdout, /^2\n[^\n]+\n$/);
    assert.match(stderr, /^pmap: Cannot write "a�\.jsonl": its name is not UTF-8\n.+\n$/);
  }
});

const many = Array.from({ length: 3000 }, (_, i) => `many/${String(i).padStart(4, "0")}`);
mkdirSync(join(folder, "many"));
for (const [i, name] of many.entries()) put(name, "é".repeat(i % 100));
put("many.list", many.join("\n"));

test("a file is a record, once each, at any number of cores, asynchronous or not", async () => {
  const expected = many
    .map((path, i) => `${JSON.stringify([path, (i % 100) * 2, i % 100, (i % 100) * 2, path])}\n`)
    .join("");
  const code = "[_.path, _.size, ctx.text().length, ctx.read().length, ctx.source]";
  for (const args of [
    ["-c", "1", "-e", code],
    [
      "-c",
      "3",
      "-e",
      `async (_, { text, read, ...ctx }) => { await 1; return ${code.replaceAll("ctx.t", "t").replaceAll("ctx.r", "r").replace("ctx.source", "_.path")} }`,
    ],
    ["-c", "2", "--mode", "thread", "--chunk", "1", "-e", `async (_, ctx) => { await 1; return ${code} }`],
  ]) {
    const {
      code: status,
      stdout,
      stderr,
    } = await runPmap([...args, "--from", "file", "--files-from", "many.list"], { cwd: folder });
    assert.deepEqual([status, stderr], [0, ""]);
    assert.ok(stdout === expected, args.join(" "));
  }
  const { mtimeMs } = statSync(join(folder, "many/0007"));
  const one = await runPmap(["--from", "file", "-e", "_", "many/0007"], { cwd: folder });
  assert.equal(one.stdout, `{"path":"many/0007","size":14,"mtime":"${new Date(Math.floor(mtimeMs)).toISOString()}"}\n`);
});

test("thousands of small files are not thousands of messages", async () => {
  for (const [from, most] of [
    ["file", 600],
    ["text", 600],
  ] as const) {
    const args = ["-q", "-c", "2", "--from", from, "--files-from", "many.list", "-e", "1", "--stats=stats.json"];
    assert.equal((await runPmap(args, { cwd: folder })).code, 0);
    const stats = JSON.parse(readFileSync(join(folder, "stats.json"), "utf8")) as { total: { batches: number } };
    assert.ok(stats.total.batches < most, `${stats.total.batches} batches`);
  }
});

test("a float sum over files has the same bits at any number of cores, --limit counts files", async () => {
  const sum = ["--from", "file", "--files-from", "many.list", "-e", "1 / (_.size + 3)", "--reduce", "(a, b) => a + b"];
  const one = await runPmap([...sum, "-c", "1"], { cwd: folder });
  assert.equal((await runPmap([...sum, "-c", "3"], { cwd: folder })).stdout, one.stdout);
  const few = await runPmap(["--from", "file", "--files-from", "many.list", "-e", "_.path", "--limit", "2"], {
    cwd: folder,
  });
  assert.equal(few.stdout, '"many/0000"\n"many/0001"\n');
});

test("what is in a file is as it is: compressed, with a mark, and as a script's own choice of format", async () => {
  put("packed.gz", gzipSync("hello"));
  put("mark.txt", "\ufefftext");
  const args = ["-e", "[_.size === ctx.read().length, ctx.text().slice(0, 4)]", "mark.txt"];
  assert.equal((await runPmap(["--from", "file", ...args], { cwd: folder })).stdout, '[true,"text"]\n');
  put(
    "script.mjs",
    "export const options = { from: 'file' };\nexport default (r, ctx) => [...ctx.read().subarray(0, 2), ctx.read().length === r.size];\n",
  );
  assert.equal((await runPmap(["script.mjs", "packed.gz"], { cwd: folder })).stdout, "[31,139,true]\n");
});

const version = existsSync("/proc/version") ? readFileSync("/proc/version", "utf8") : undefined;

test("files of /proc are read to their end, and one that was empty is empty", {
  skip: version === undefined,
}, async () => {
  put("empty", "");
  const args = ["--from", "file", "-e", "[ctx.text(), ctx.read().length]", "/proc/version", "empty"];
  const { code, stdout, stderr } = await runPmap(args, { cwd: folder });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(stdout, `${JSON.stringify([version, version?.length])}\n["",0]\n`);
});

test("the case of extensions says nothing, of inputs and outputs, inside and outside", async () => {
  const rows = "a,b\n1,x\n";
  for (const [name, content] of [
    ["rows.CSV", rows],
    ["rows.Csv.GZ", gzipSync(rows)],
    ["rows.csv.BR", brotliCompressSync(rows)],
  ] as const) {
    put(name, content);
    const read = await runPmap(["-e", "_", name], { cwd: folder });
    assert.deepEqual([read.code, read.stdout, read.stderr], [0, '{"a":"1","b":"x"}\n', ""], name);
  }
  for (const name of ["out.CSV", "out.csv.GZ", "out.Csv.gz"]) {
    const written = await runPmap(["-e", "_", "-o", name, "rows.CSV"], { cwd: folder });
    assert.deepEqual([written.code, written.stderr], [0, ""]);
    const bytes = readFileSync(join(folder, name));
    assert.equal(String(/gz$/i.test(name) ? gunzipSync(bytes) : bytes), rows, name);
  }
  const parquet = await runPmap(["-e", "_", "-o", "out.Parquet", "rows.CSV"], { cwd: folder });
  assert.deepEqual([parquet.code, parquet.stderr], [0, ""]);
  const again = await runPmap(["-e", "_.b", "out.Parquet"], { cwd: folder });
  assert.deepEqual([again.code, again.stdout], [0, '"x"\n']);
  const refused = await runPmap(["-e", "_", "-o", "out.XZ", "rows.CSV"], { cwd: folder });
  assert.match(refused.stderr, /an output is compressed as \.gz or \.zst/);
});

test("failures name the file: thrown, dead, and in the errors file, and other formats have no file to read", async () => {
  const args = ["--from", "file", "--files-from", "many.list", "-c", "2", "--retries", "0"];
  const code =
    "(r) => { if (r.path === 'many/0123') throw new Error('no'); if (r.path === 'many/2000') process.exit(4); return 1; }";
  const thrown = await runPmap([...args, "-e", code], { cwd: folder });
  assert.equal(thrown.code, 1);
  assert.match(thrown.stderr, /^pmap: many\/0123: map threw Error: no\n/);
  const skipped = await runPmap([...args, "-q", "--on-error", "skip", "--errors", "errors", "-e", code], {
    cwd: folder,
  });
  assert.equal(skipped.code, 0, skipped.stderr);
  const entries = contentOf(join(folder, "errors")).trim().split("\n");
  assert.deepEqual(
    entries.map((text) => (JSON.parse(text) as { source: string }).source),
    ["many/0123", "many/2000"],
  );
  const again = await runPmap(["--from", "rejects", "-e", "_.path", "errors"], { cwd: folder });
  assert.equal(again.stdout, '"many/0123"\n"many/2000"\n');
  const other = await runPmap(["-e", "ctx.text()", "a.jsonl"], { cwd: folder });
  assert.match(other.stderr, /map threw TypeError: ctx\.read\(\) and ctx\.text\(\) are for --from file/);
  const stdin = await runPmap(["--from", "file", "-e", "_"], { cwd: folder, stdin: "x" });
  assert.deepEqual(
    [stdin.code, stdin.stderr],
    [2, "pmap: Cannot read stdin with --from file: name files, or say --files-from -\n"],
  );
});

test("a sandboxed script reads these files, and no others", async () => {
  const sandboxed = ["--sandbox", "--runtime", "deno", "--from", "file"];
  const code = "(r, ctx) => { try { return Deno.readTextFileSync('many/0002'); } catch { return ctx.text(); } }";
  const { code: status, stdout, stderr } = await runPmap([...sandboxed, "-e", code, "many/0001"], { cwd: folder });
  assert.deepEqual([status, stdout], [0, '"é"\n'], `${ownRuntime} ${stderr}`);
  const deep = "d".repeat(90);
  mkdirSync(join(folder, deep));
  const long = Array.from({ length: 1500 }, (_, i) => `${deep}/${i}`);
  for (const name of long) put(name, "");
  const refused = await runPmap([...sandboxed, "-e", "1", "--files-from", "-"], {
    cwd: folder,
    stdin: long.join("\n"),
  });
  assert.deepEqual(
    [refused.code, refused.stderr],
    [2, "pmap: Cannot use --sandbox with 1500 files: their names are too long for one argument\nUse fewer inputs\n"],
  );
});
