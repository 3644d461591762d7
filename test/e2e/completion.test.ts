// Completion in the real shells, where they are installed: what a Tab offers, or types.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runPmap, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const place = join(folder, "files");
mkdirSync(join(place, "sub"), { recursive: true });
for (const name of ["script.ts", "my map.mjs", "data.jsonl", "rows.csv", "rows.csv.gz", "notes.txt"])
  writeFileSync(join(place, name), "");

async function scriptFor(shell: string): Promise<string> {
  const { code, stdout, stderr } = await runPmap(["completion", shell]);
  assert.deepEqual([code, stderr], [0, ""]);
  const path = join(folder, `completion.${shell}`);
  writeFileSync(path, stdout);
  return path;
}

/** Whether the shell is there; a test of one that is not says so. */
function isMissing(shell: string): boolean {
  return spawnSync(shell, ["-c", "exit 0"]).error !== undefined;
}

/** A test in a real shell; where it is not installed, the name says that nothing is tested. */
function testIn(shell: string, what: string, body: () => Promise<void>): void {
  if (!isMissing(shell)) test(`${shell} ${what}`, body);
  else test(`${shell} ${what}: not tested, ${shell} is not installed`, () => assert.ok(isMissing(shell)));
}

function run(shell: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(shell, args, { cwd: place, encoding: "utf8", timeout: 60_000 });
  assert.equal(status, 0, stderr);
  return stdout;
}

const ALL = ["data.jsonl", "my map.mjs", "notes.txt", "rows.csv", "rows.csv.gz", "script.ts", "sub"];
const FORMATS = ["bytes", "csv", "file", "json", "jsonl", "nul", "parquet", "rejects", "text", "tsv"];

testIn("bash", "completes flags, values, scripts, and files by format", async () => {
  const path = await scriptFor("bash");
  const cases: [words: string[], offered: string[]][] = [
    [["--fr"], ["--from"]],
    [["--from", ""], FORMATS],
    [["--from", "=", "te"], ["text"]],
    [["--from", "="], FORMATS],
    [["my"], ["my map.mjs"]],
    [["script.ts", ""], ALL],
    [["-e", "_", ""], ALL],
    [
      ["-e", "_", "--from", "csv", ""],
      ["rows.csv", "rows.csv.gz", "sub"],
    ],
    [
      ["--from", "=", "text", "script.ts", ""],
      ["notes.txt", "sub"],
    ],
    [["-o", "da"], ["data.jsonl"]],
    [["--cores", ""], []],
    [
      ["--stats", "s"],
      ["script.ts", "sub"],
    ],
    [["--stats", "=", "d"], ["data.jsonl"]],
    [["help", "ex"], ["exit-codes"]],
    [
      ["completion", ""],
      ["bash", "fish", "zsh"],
    ],
    [["s"], ["script.ts", "sub"]],
    [["comp"], ["completion"]],
  ];
  const test = `source '${path}'; COMP_WORDS=(pmap "$@"); COMP_CWORD=$#; _pmap; printf '%s\\n' "\${COMPREPLY[@]}"`;
  for (const [words, offered] of cases) {
    const lines = run("bash", ["-c", test, "bash", ...words])
      .split("\n")
      .filter(Boolean)
      .sort();
    assert.deepEqual(lines, offered, words.join(" "));
  }
  assert.deepEqual(
    run("bash", ["-c", `source '${path}'; complete -p pmap pmap-cli`]),
    "complete -F _pmap pmap\ncomplete -F _pmap pmap-cli\n",
  );
});

testIn("fish", "completes flags, values, scripts, and files by format", async () => {
  const path = await scriptFor("fish");
  const offered = (line: string) =>
    run("fish", ["-N", "-c", `source '${path}'; complete -C '${line}'`])
      .split("\n")
      .filter(Boolean)
      .map((each) => each.split("\t")[0]);
  assert.deepEqual(offered("pmap --fr"), ["--from"]);
  assert.deepEqual(offered("pmap --from ").sort(), FORMATS);
  assert.deepEqual(offered("pmap --from=te"), ["--from=text"]);
  assert.deepEqual(offered("pmap -e _ --from csv r").sort(), ["rows.csv", "rows.csv.gz"]);
  assert.deepEqual(offered("pmap script.ts da"), ["data.jsonl"]);
  assert.deepEqual(offered("pmap help ex"), ["exit-codes"]);
  assert.deepEqual(offered("pmap completion ").sort(), ["bash", "fish", "zsh"]);
  assert.ok(offered("pmap ").includes("script.ts"));
  assert.ok(offered("pmap ").includes("help"));
  assert.deepEqual(offered("pmap -o da"), ["data.jsonl"]);
  assert.deepEqual(offered("pmap-cli --mode th"), ["thread"]);
});

/** In a terminal of zsh's own: the line that a Tab makes, which another key prints. */
const IN_ZSH = `
zmodload zsh/zpty
zpty z env TERM=dumb COLUMNS=400 zsh -f -i
zpty -w z 'PS1=; autoload -Uz compinit; compinit -u -D; source '$1'; show() { print -r -- "<""<$BUFFER>"">"; BUFFER=; }; zle -N show; bindkey "^X^X" show; print READY-$((1+1))'
zpty -r z out '*READY-2*'
shift
for each in "$@"; do
  zpty -w -n z "$each"$'\\t\\x18\\x18'
  zpty -r z out '*<<*>>*'
  print -r -- "\${\${out##*<<}%%>>*}"
done
zpty -d z
`;

testIn("zsh", "completes flags, values, scripts, and files by format", async () => {
  const path = await scriptFor("zsh");
  const cases: Record<string, string> = {
    "pmap --fr": "pmap --from=",
    "pmap --from c": "pmap --from csv ",
    "pmap --from=te": "pmap --from=text ",
    "pmap scr": "pmap script.ts ",
    "pmap -e _ --from csv ro": "pmap -e _ --from csv rows.csv",
    "pmap -e _ da": "pmap -e _ data.jsonl ",
    "pmap script.ts da": "pmap script.ts data.jsonl ",
    "pmap help ex": "pmap help exit-codes ",
    "pmap completion z": "pmap completion zsh ",
    "pmap -o da": "pmap -o data.jsonl ",
    "pmap-cli --no-h": "pmap-cli --no-header ",
  };
  const typed = run("zsh", ["-f", "-c", IN_ZSH, "zsh", path, ...Object.keys(cases)])
    .trimEnd()
    .split("\n");
  assert.deepEqual(
    typed.map((line) => line.trimEnd()),
    Object.values(cases).map((line) => line.trimEnd()),
  );
});

test("another shell is wrong usage", async () => {
  for (const words of [[], ["tcsh"], ["bash", "zsh"]]) {
    const { code, stderr } = await runPmap(["completion", ...words]);
    assert.equal(code, 2);
    assert.match(stderr, /^pmap: Cannot complete in ".*": expected one of bash, zsh, fish\n/);
  }
});
