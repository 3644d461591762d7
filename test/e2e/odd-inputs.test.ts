// Inputs that are no plain files: each is what `cat` would make of it.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const options = { cwd: folder };
writeFileSync(join(folder, "n"), "1\n2\n3\n");
writeFileSync(join(folder, "large"), "123456789\n".repeat(200_000));

for (const path of ["/proc/self/limits", "/proc/cpuinfo", "/sys/kernel/mm/transparent_hugepage/enabled"]) {
  test(`${path}, whose size says nothing, is read to its end`, async () => {
    const { stdout } = await runShell(`pmap --from text -e '_.length' ${path} | wc -l; cat ${path} | wc -l`, options);
    const [found, expected] = stdout.trim().split(/\s+/);
    assert.equal(found, expected);
    assert.notEqual(found, "0");
  });
}

test("a file is read whose name begins as what stands for a file of Hadoop's does", async () => {
  for (const name of ["uri:n.jsonl", "uri:", "uri:x:y"]) {
    writeFileSync(join(folder, name), "1\n2\n");
    const { stdout, stderr } = await runPmap(["-e", "_", "--from", "jsonl", name], options);
    assert.deepEqual([stdout, stderr], ["1\n2\n", ""]);
  }
});

test("an empty file is empty, and a sparse one has its NULs", async () => {
  const { code, stdout, stderr } = await runShell(
    "touch e; pmap -e _ e; truncate -s 4096 s; pmap --from nul -e '_.length' s | wc -l",
    options,
  );
  assert.deepEqual([code, stdout.trim(), stderr], [0, "4096", ""]);
});

for (const [name, line] of Object.entries({
  "/dev/stdin of a file": "pmap -e '_ * 2' /dev/stdin < n",
  "/dev/stdin of a pipe": "cat n | pmap -e '_ * 2' /dev/stdin",
  "/dev/fd/0": "pmap -e '_ * 2' /dev/fd/0 < n",
  "/proc/self/fd/0": "cat n | pmap -e '_ * 2' /proc/self/fd/0",
  "a descriptor of a file": "pmap -e '_ * 2' /dev/fd/3 3< n",
  "a descriptor of a pipe": "cat n | { pmap -e '_ * 2' /dev/fd/3 3<&0 < /dev/null; }",
  "a FIFO": "mkfifo p; cat n > p & pmap -e '_ * 2' p; rm p",
})) {
  test(`${name} is read as cat reads it`, async () => {
    const { stdout, stderr } = await runShell(line, options);
    assert.deepEqual([stdout, stderr], ["2\n4\n6\n", ""]);
  });
}

test("a folder as stdin is an error in one line", async () => {
  const { stdout, stderr } = await runShell("pmap -e _ < .; echo $?", options);
  assert.deepEqual([stdout, stderr], ["2\n", "pmap: Cannot read stdin: it is a folder\n"]);
});

for (const file of ["n", "large"]) {
  test(`what reads a redirected stdin after pmap finds it at its end (${file})`, async () => {
    const { stdout } = await runShell(`{ pmap -e 1 > /dev/null; wc -c; } < ${file}`, options);
    assert.equal(stdout.trim(), "0");
    const { stdout: rest } = await runShell(`{ read line; pmap -e _ ; cat; } < n`, options);
    assert.equal(rest, "2\n3\n");
  });
}

test("a redirected stdin that only the shell's user may open is read through its descriptor", async () => {
  writeFileSync(join(folder, "secret"), "1\n2\n", { mode: 0o600 });
  const line =
    'chmod 755 .; setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent sh -c \'pmap=$1; shift; exec "$pmap" "$@"\'';
  const { PMAP = "" } = process.env;
  if (process.getuid?.() !== 0) return assert.notEqual(process.getuid?.(), 0);
  const { pmapCommand } = await import("../support/run-pmap.ts");
  const words = pmapCommand.map((word) => `'${word}'`).join(" ");
  const { stdout, stderr } = await runShell(`${line} sh ${words} -e '_ * 2' < secret${PMAP}`, options);
  assert.deepEqual([stdout, stderr], ["2\n4\n", ""]);
});

test("a log of JSON lines is JSON lines, and a log of text is text", async () => {
  writeFileSync(join(folder, "json.log"), '\n {"msg":"a"}\n{"msg":"b"}\n');
  writeFileSync(join(folder, "text.log"), "{not json\n[1]\n");
  writeFileSync(join(folder, "long.log"), `{"msg":"${"x".repeat(100_000)}"}\n`);
  writeFileSync(join(folder, "list.txt"), "[1,2]\n");
  assert.equal((await runPmap(["-e", "_.msg", "json.log"], options)).stdout, '"a"\n"b"\n');
  assert.equal((await runPmap(["-e", "_.length", "text.log"], options)).stdout, "9\n3\n");
  assert.equal((await runPmap(["-e", "_.msg.length", "long.log"], options)).stdout, "100000\n");
  assert.equal((await runPmap(["-e", "_.length", "list.txt"], options)).stdout, "5\n");
  assert.equal((await runPmap(["--from", "text", "-e", "_.length", "json.log"], options)).stdout, "0\n12\n11\n");
});

test("the random numbers of a rejected record are those of its source, of the second input too, and asynchronous", async () => {
  writeFileSync(join(folder, "a"), "1\n2\n");
  writeFileSync(join(folder, "b"), "3\n4\n");
  for (const word of ["", "async "]) {
    const body =
      "{ const x = ctx.random(); if (r === 4 && ctx.args.length === 0) throw new Error('x'); return [r, x]; }";
    const args = ["-q", "-e", `${word}(r, ctx) => ${body}`];
    await runPmap([...args, "--on-error", "skip", "--errors", "rejects", "a", "b"], options);
    const again = await runPmap([...args, "--from", "rejects", "rejects", "--", "again"], options);
    const whole = await runPmap([...args, "a", "b", "--", "again"], options);
    assert.equal(again.stdout, whole.stdout.split("\n")[3]?.concat("\n"));
    assert.match(readFileSync(join(folder, "rejects"), "utf8"), /"sourceIndex":1/);
  }
});
