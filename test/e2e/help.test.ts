// Help, version and the commands, as a user calls them.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { ownRuntime, runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();

test("--help, -h, help and no word at all print the same screen, with 0", async () => {
  const [help, short, command, nothing] = await Promise.all(
    [["--help"], ["-h"], ["help"], []].map((args) => runPmap(args, { cwd: folder })),
  );
  assert.match(help?.stdout ?? "", /^pmap \d+\.\d+\.\d+: .*\n\nusage\n/);
  assert.deepEqual([help?.code, help?.stderr], [0, ""]);
  assert.deepEqual([short, command, nothing], [help, help, help]);
});

test("--help all, --help=all and help flags print every flag", async () => {
  const [all, equals, flags] = await Promise.all(
    [["--help", "all"], ["--help=all"], ["help", "flags"]].map((args) => runPmap(args, { cwd: folder })),
  );
  for (const word of ["work", "input", "output", "workers", "failures", "seeing", "--cores N", "examples"])
    assert.ok(all?.stdout.includes(word), word);
  assert.deepEqual([equals, flags], [all, all]);
});

test("help on a flag, a topic of two words, a command", async () => {
  assert.match((await runPmap(["help", "--cores"])).stdout, /^-c, --cores N\n.*example\n {2}pmap /s);
  assert.match((await runPmap(["help", "exit", "codes"])).stdout, /130 +SIGINT/);
  assert.match((await runPmap(["help", "help"])).stdout, /^pmap help \[TOPIC\]\n/);
});

test("--help TOPIC is help TOPIC, also of a flag and of two words", async () => {
  for (const topic of [["formats"], ["--cores"], ["-e"], ["exit", "codes"], ["peek"], ["all"]]) {
    const [wanted, ...same] = await Promise.all(
      [
        ["help", ...topic],
        ["--help", ...topic],
        ["-h", ...topic],
      ].map((args) => runPmap(args, { cwd: folder })),
    );
    assert.deepEqual([wanted?.code, wanted?.stderr], [0, ""]);
    assert.deepEqual(same, [wanted, wanted], topic.join(" "));
  }
  const equals = await runPmap(["--help=formats"], { cwd: folder });
  assert.deepEqual(equals, await runPmap(["help", "formats"], { cwd: folder }));
});

test("help on a topic that there is not names the topics, with 2", async () => {
  for (const args of [["help", "nosuch"], ["--help", "nosuch"], ["-h", "nosuch"], ["--help=nosuch"]]) {
    const { code, stdout, stderr } = await runPmap(args, { cwd: folder });
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.match(stderr, /^pmap: There is no help on "nosuch"\nThe topics are script, formats, .*, commands\n$/);
  }
});

test("--help behind the words of a job prints the common flags", async () => {
  const help = await runPmap(["--help"], { cwd: folder });
  for (const args of [
    ["s.ts", "in.jsonl", "--help"],
    ["-e", "_", "-h"],
    ["--help", "-c", "2", "s.ts"],
  ])
    assert.deepEqual(await runPmap(args, { cwd: folder }), help);
});

test("help on what is not there is wrong usage with a suggestion", async () => {
  const { code, stdout, stderr } = await runPmap(["help", "memroy"]);
  const wanted = 'pmap: There is no help on "memroy"\nDid you mean pmap help memory?\n';
  assert.deepEqual({ code, stdout, stderr }, { code: 2, stdout: "", stderr: wanted });
});

test("a script that is called help is run by its path, by its own first line, and as help.mjs", async () => {
  const place = join(folder, "scripts");
  mkdirSync(place);
  const text = "#!/usr/bin/env -S pmap -q\nexport default (n) => n * 2;\n";
  writeFileSync(join(place, "help.mjs"), text);
  symlinkSync("help.mjs", join(place, "help"));
  const run = (args: string[]) => runPmap(args, { cwd: place, stdin: "21\n" });
  assert.equal((await run(["./help"])).stdout, "42\n");
  assert.equal((await run(["help.mjs"])).stdout, "42\n");
  assert.equal((await run(["-q", "help"])).stdout, "42\n", "behind a flag the word is a script");
  const { code, stdout, stderr } = await run(["help"]);
  assert.equal(code, 0);
  assert.match(stdout, /^pmap \d/);
  assert.equal(stderr, 'pmap: "help" is a command of pmap; to run the file of that name: pmap ./help\n');
});

test("--version prints the version, then the runtimes that are found", async () => {
  const { code, stdout } = await runPmap(["--version"]);
  assert.match(stdout, /^\d+\.\d+\.\d+\n/);
  assert.equal(code, 0);
  for (const name of ["node", "deno", "bun"]) {
    assert.match(stdout, new RegExp(`^${name} +\\d+\\.\\d+\\.\\d+\\S* +/.*$`, "m"));
    assert.equal(new RegExp(`^${name} .*runs pmap`, "m").test(stdout), name === ownRuntime, name);
  }
});

test("--version says of a runtime that does not start that it does not", async () => {
  const bin = join(folder, "broken");
  mkdirSync(bin);
  const other = ownRuntime === "bun" ? "deno" : "bun";
  writeFileSync(join(bin, other), "#!/bin/sh\nexit 3\n");
  chmodSync(join(bin, other), 0o755);
  const path = [bin, "/usr/bin", "/bin"].join(delimiter);
  const { stdout } = await runPmap(["--version"], { env: { PATH: path } });
  assert.match(stdout, new RegExp(`^${other} +does not start +${join(bin, other)}$`, "m"));
});

test("the flags of other programs are accepted", async () => {
  const same = await Promise.all(
    [
      ["-j2", "-k"],
      ["-P", "2"],
      ["--jobs=2", "--keep-order"],
    ].map((args) => runPmap([...args, "-e", "_ + 1"], { stdin: "1\n2\n" })),
  );
  for (const { code, stdout, stderr } of same)
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "2\n3\n", stderr: "" });
});

test("a help whose reader has gone ends quietly", async () => {
  const { stderr } = await runShell("pmap help flags | head -1", { cwd: folder });
  assert.equal(stderr, "");
});
