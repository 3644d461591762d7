import assert from "node:assert/strict";
import { linkSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { errorOf, library } from "../support/library.ts";
import { runPmap, temporaryFolder } from "../support/run-pmap.ts";

// What a job writes takes the place of nothing that it needs: neither of its script, nor of an input, nor of what else it writes.

const folder = temporaryFolder();

const FILES: Readonly<Record<string, string>> = {
  "script.mjs": 'import { same } from "./helper.mjs";\nexport default same;\n',
  "helper.mjs": "export const same = (record) => record;\n",
  "in.jsonl": "1\n2\n",
};

function newFolder(): string {
  const cwd = mkdtempSync(join(folder, "job-"));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(cwd, name), text);
  for (const name of Object.keys(FILES)) {
    symlinkSync(name, join(cwd, `symbolic-${name}`));
    linkSync(join(cwd, name), join(cwd, `hard-${name}`));
  }
  mkdirSync(join(cwd, "real"));
  symlinkSync("real", join(cwd, "linked"));
  return cwd;
}

function assertUntouched(cwd: string): void {
  for (const [name, text] of Object.entries(FILES))
    for (const each of [name, `symbolic-${name}`, `hard-${name}`])
      assert.equal(readFileSync(join(cwd, each), "utf8"), text);
}

const DOES: Readonly<Record<string, string>> = {
  "--errors": "write rejects to",
  "--stats": "write stats to",
  "--report": "write the report to",
  "--trace": "write the trace to",
  "--profile": "write the profile to",
  "--joblog": "write the log of batches to",
  "--output": "write",
};
const named = (flag: string, path: string) => [`${flag}=${path}`];

for (const [flag, does] of Object.entries(DOES)) {
  test(`${flag} is not the script, nor a module of it, nor an input, under any name`, async () => {
    const cwd = newFolder();
    const needed = { "script.mjs": "the script", "helper.mjs": "a module of the script", "in.jsonl": "an input" };
    for (const [name, what] of Object.entries(needed)) {
      // An output may replace an input.
      if (flag === "--output" && name === "in.jsonl") continue;
      for (const path of [name, `symbolic-${name}`, `hard-${name}`, `./linked/../${name}`]) {
        for (const first of [[], ["--dry-run"]]) {
          const args = [...first, "-c", "1", "--on-error", "skip", ...named(flag, path), "script.mjs", "in.jsonl"];
          const { code, stdout, stderr } = await runPmap(args, { cwd });
          assert.deepEqual([code, stdout], [2, ""], stderr);
          assert.equal(stderr.split("\n")[0], `pmap: Cannot ${does} "${path}": it is ${what}`);
        }
      }
    }
    assertUntouched(cwd);
  });
}

test("no two of them are one file, under any name", async () => {
  const cwd = newFolder();
  const flags = Object.keys(DOES);
  for (const [i, flag] of flags.entries()) {
    const other = flags[(i + 1) % flags.length] as string;
    const args = [
      ...named(flag, "real/x"),
      ...named(other, "linked/x"),
      "--on-error",
      "skip",
      "script.mjs",
      "in.jsonl",
    ];
    const { code, stdout, stderr } = await runPmap(["-c", "1", ...args], { cwd });
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(
      stderr,
      /^pmap: Cannot write .* to "(real|linked)\/x": (it is the output|something else is written there)\n/,
    );
  }
  assertUntouched(cwd);
});

test("code and -M are protected, too; data that a script imports may be written", async () => {
  const cwd = newFolder();
  for (const args of [
    ["-M", "./helper.mjs=helper", "-e", "helper.same(_)"],
    ["-e", 'import("./helper.mjs").then(({ same }) => same(_))'],
  ]) {
    const { code, stderr } = await runPmap(["-c", "1", ...args, "-o", "helper.mjs", "in.jsonl"], { cwd });
    assert.deepEqual([code, stderr], [2, 'pmap: Cannot write "helper.mjs": it is a module of the script\n']);
  }
  assertUntouched(cwd);
  writeFileSync(join(cwd, "state.json"), "[1]\n");
  const { code, stderr } = await runPmap(
    ["-c", "1", "-M", "./state.json=state", "-e", "_ + state[0]", "-o", "state.json", "in.jsonl"],
    { cwd },
  );
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(JSON.parse(readFileSync(join(cwd, "state.json"), "utf8")), [2, 3]);
});

test("an output may take the place of its input", async () => {
  const cwd = newFolder();
  const { code, stderr } = await runPmap(["-c", "1", "-e", "_ * 2", "in.jsonl", "-o", "in.jsonl"], { cwd });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(readFileSync(join(cwd, "in.jsonl"), "utf8"), "2\n4\n");
});

test("the library does not write over a script", async () => {
  const cwd = newFolder();
  const script = join(cwd, "script.mjs");
  for (const path of [script, join(cwd, "symbolic-script.mjs")]) {
    const { code, message } = await errorOf(library.pmap(script, [1]).writeTo(path));
    assert.deepEqual([code, message], ["PMAP_OUTPUT", `Cannot write "${path}": it is the script`]);
  }
  assertUntouched(cwd);
});
