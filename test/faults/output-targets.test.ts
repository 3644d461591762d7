// Where output may go: what is replaced, what is written in place, what is refused, and what others find there meanwhile.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pmapCommand, type Result, runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const options = { cwd: folder };
writeFileSync(at("n"), "1\n2\n3\n");
writeFileSync(at("large"), Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join(""));
const pmap = pmapCommand.map((word) => `'${word}'`).join(" ");

const run = (...args: string[]): Promise<Result> => runPmap(args, options);

test("a link and a file with the name of the temporary output are replaced, not written to", async () => {
  writeFileSync(at("victim"), "precious");
  mkdirSync(at("links"));
  symlinkSync("../victim", at("links/.out.pmap"));
  assert.equal((await run("-e", "_", "n", "-o", "links/out")).code, 0);
  assert.equal(readFileSync(at("victim"), "utf8"), "precious");
  assert.ok(lstatSync(at("links/out")).isFile());
});

test("only its user can read the output while it is made, and has the shell's mode or that of the file it replaces", async () => {
  const line =
    "umask 027; pmap -c 1 -e 'async (n) => { await new Promise((r) => setTimeout(r, 30)); return n; }' --concurrency 1 --limit 60 large -o modes & sleep 1; stat -c %a .modes.pmap; wait";
  const { stdout } = await runShell(line, options);
  assert.equal(stdout.trim(), "600");
  assert.equal((statSync(at("modes")).mode & 0o777).toString(8), "640");
  chmodSync(at("modes"), 0o604);
  await run("-e", "_", "n", "-o", "modes");
  assert.equal((statSync(at("modes")).mode & 0o777).toString(8), "604");
});

const canUnshare = spawnSync("unshare", ["-m", "true"]).status === 0;
test(`a mounted file is written in place${canUnshare ? "" : " (cannot be tried: unshare -m is not permitted here)"}`, async () => {
  if (!canUnshare) return;
  writeFileSync(at("real"), "old");
  writeFileSync(at("mount point"), "old");
  const line = `unshare -m sh -c 'mount --bind real "mount point"; ${pmap.replaceAll("'", `'"'"'`)} -e "_ * 2" n -o "mount point"; cat "mount point"'`;
  const { stdout, stderr } = await runShell(line, options);
  assert.deepEqual([stdout, stderr], ["2\n4\n6\n", ""]);
});

const isRoot = process.getuid?.() === 0;
test(`another user's file in a sticky folder is written in place where it may be, else refused at the start${isRoot ? "" : " (cannot be tried: it takes root)"}`, async () => {
  if (!isRoot) return;
  mkdirSync(at("sticky"));
  chmodSync(at("sticky"), 0o1777);
  chmodSync(folder, 0o755);
  const as = `setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent ${pmap} -e '_ * 2' n -o`;
  writeFileSync(at("sticky/theirs"), "old", { mode: 0o666 });
  chmodSync(at("sticky/theirs"), 0o666);
  const allowed = await runShell(`${as} sticky/theirs; cat sticky/theirs`, options);
  assert.deepEqual([allowed.stdout, allowed.stderr], ["2\n4\n6\n", ""]);
  chmodSync(at("sticky/theirs"), 0o644);
  const refused = await runShell(`${as} sticky/theirs; echo $?; ls -A sticky`, options);
  assert.deepEqual(
    [refused.stdout, refused.stderr],
    ["2\ntheirs\n", 'pmap: Cannot write "sticky/theirs": permission denied\n'],
  );
});

for (const name of ["-", "/dev/stdout", "/dev/fd/1"]) {
  test(`-o ${name} is stdout, and the position of a redirected one is kept`, async () => {
    const { stdout, stderr } = await runShell(
      `{ echo a; pmap -e _ n -o ${name}; echo z; } > f; cat f; pmap -e _ n -o ${name} >> f; wc -l < f`,
      options,
    );
    assert.deepEqual([stdout.trim(), stderr], ["a\n1\n2\n3\nz\n8", ""]);
    rmSync(at("f"));
  });
}

for (const [name, why] of [
  ["", "the name is empty"],
  ["new/", "it is the name of a folder, not of a file"],
  ["new/.", "it is the name of a folder, not of a file"],
  ["loop", "too many symbolic links"],
] as const) {
  test(`-o '${name}' is refused before the first record`, async () => {
    const place = join(folder, "refused", "inside");
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    symlinkSync("loop", join(place, "loop"));
    const { code, stderr } = await runPmap(["--range", "1..3", "-e", "console.log(_)", "-o", name], { cwd: place });
    assert.deepEqual([code, stderr], [2, `pmap: Cannot write "${name}": ${why}\n`]);
    assert.deepEqual([readdirSync(place), readdirSync(join(folder, "refused"))], [["loop"], ["inside"]]);
  });
}

test("two at once on one redirected stdout lose nothing, and no line is torn", async () => {
  for (let round = 0; round < 3; round++) {
    const line =
      "{ pmap -e '\"a\" + _' large & pmap -e '\"b\" + _' large & wait; } > both 2> words; grep -c '^\"a[0-9]*\"$' both; grep -c '^\"b[0-9]*\"$' both; wc -l < both";
    const { stdout } = await runShell(line, options);
    assert.equal(stdout, "100000\n100000\n200000\n");
  }
});

test("two at once that read what one program gives to both do not wait for each other", async () => {
  const line =
    "seq 1 300000 > numbers; { tee p < numbers | pmap -e '\"b\" + _' & pmap -e '\"a\" + _' - < p & wait; } > both; grep -c '^\"a[0-9]*\"$' both; grep -c '^\"b[0-9]*\"$' both";
  const { stdout } = await runShell(`mkfifo p; ${line}; rm p`, options);
  assert.equal(stdout, "300000\n300000\n");
});

test("one that reads a pipe and one that reads a file lose nothing on one redirected stdout", async () => {
  const line =
    "{ cat large | pmap -e '\"a\" + _' & pmap -e '\"b\" + _' large & wait; } > both 2> words; grep -c '^\"a[0-9]*\"$' both; grep -c '^\"b[0-9]*\"$' both";
  for (let round = 0; round < 3; round++) assert.equal((await runShell(line, options)).stdout, "100000\n100000\n");
});

test("another program that writes to the same redirected stdout meanwhile is told, not passed over in silence", async () => {
  const line =
    "{ (until [ -s mixed ]; do sleep 0.05; done; echo other) & pmap -c 1 -e 'async (n) => { await new Promise((r) => setTimeout(r, 40)); return n; }' --limit 600 --concurrency 8 large; echo $? >&2; wait; } > mixed";
  const { stderr } = await runShell(line, options);
  assert.match(stderr, /another program has written to the same file meanwhile[\s\S]*\n1\n$/);
});

for (const [name, line] of Object.entries({
  "/dev/null": "pmap -q --on-error skip -e 'JSON.parse(\"{\")' n --errors /dev/null; echo $?",
  "a FIFO": "mkfifo p; cat p > got & pmap -q --on-error skip -e '_.a.b' n --errors p; wait; wc -l < got; rm p",
  "a process substitution":
    "bash -c 'exec 3> >(wc -l > counted); \"$@\" -q --on-error skip -e _.a.b n --errors /dev/fd/3; exec 3>&-' sh $PMAP; sleep 0.3; cat counted",
  "/dev/stderr":
    "pmap -q --on-error skip -e '_.a.b' n --errors /dev/stderr 2> err; wc -l < err; (echo before; pmap -q --on-error skip -e '_.a.b' n --errors /dev/stderr) 2>> err; wc -l < err",
})) {
  test(`the errors file may be ${name}`, async () => {
    const { stdout, stderr } = await runShell(line.replace("$PMAP", pmap), options);
    const expected: Record<string, string> = { "/dev/null": "0", "/dev/stderr": "3\nbefore\n6" };
    assert.deepEqual([stdout.trim(), stderr], [expected[name] ?? "3", ""]);
  });
}
