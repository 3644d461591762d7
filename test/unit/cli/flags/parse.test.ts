import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CALLED_ELSEWHERE, parseArguments } from "../../../../cli/flags/parse.ts";
import { FLAGS } from "../../../../cli/flags/table.ts";
import { UsageError } from "../../../../core/errors.ts";

async function parsed(
  ...argv: string[]
): Promise<{ words: readonly string[]; rest: readonly string[]; flags: object }> {
  const { words, rest, flags } = parseArguments(argv);
  return { words, rest, flags: Object.fromEntries(flags) };
}

const nothing = { words: [], rest: [], flags: {} };

test("words and flags may come in any order", async () => {
  const expected = { words: ["script.ts", "in.jsonl"], rest: [], flags: { cores: "4", output: "out" } };
  assert.deepEqual(await parsed("--cores", "4", "script.ts", "-o", "out", "in.jsonl"), expected);
  assert.deepEqual(await parsed("script.ts", "in.jsonl", "--output=out", "-c4"), expected);
  assert.deepEqual(await parsed("-c=4", "script.ts", "-oout", "in.jsonl"), expected);
});

test("no words and no flags are nothing", async () => {
  assert.deepEqual(await parsed(), nothing);
});

test("a lone dash is a word, and what follows two dashes belongs to the script", async () => {
  assert.deepEqual(await parsed("-", "--", "--cores", "-x", "--"), {
    ...nothing,
    words: ["-"],
    rest: ["--cores", "-x", "--"],
  });
});

test("a value is taken as it is typed: numbers, dashes, spaces and nothing at all", async () => {
  const values = [
    "2024.10",
    "007",
    "1e3",
    "-1",
    "--cores",
    "--",
    "-",
    "true",
    "",
    " ",
    "a=b",
    "=",
    "é\n😀",
    "0x10",
    "[1]",
  ];
  for (const value of values) {
    assert.deepEqual(await parsed("--output", value), { ...nothing, flags: { output: value } }, value);
    assert.deepEqual(await parsed(`--output=${value}`), { ...nothing, flags: { output: value } }, value);
    assert.deepEqual(await parsed("-o", value), { ...nothing, flags: { output: value } }, value);
  }
});

test("any value of any flag comes out as it went in", async () => {
  const valued = FLAGS.filter(({ value, optional }) => value !== undefined && optional !== true);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...valued), fc.string({ unit: "binary" }), async ({ name, repeats }, value) => {
      const flags = { [name]: repeats ? [value] : value };
      assert.deepEqual(await parsed(`--${name}`, value), { ...nothing, flags });
      assert.deepEqual(await parsed(`--${name}=${value}`), { ...nothing, flags });
    }),
    { numRuns: 300 },
  );
});

test("switches are true, and short ones can stand together", async () => {
  assert.deepEqual(await parsed("-qv"), { ...nothing, flags: { quiet: true, verbose: true } });
  assert.deepEqual(await parsed("-qc4", "x"), { words: ["x"], rest: [], flags: { quiet: true, cores: "4" } });
  assert.deepEqual(await parsed("-qe", "r => r"), { ...nothing, flags: { quiet: true, eval: "r => r" } });
  assert.deepEqual(await parsed("--unordered", "x"), { words: ["x"], rest: [], flags: { unordered: true } });
});

test("a flag whose value may be left out takes no word for it", async () => {
  assert.deepEqual(await parsed("--stats", "x"), { words: ["x"], rest: [], flags: { stats: true } });
  assert.deepEqual(await parsed("--stats", "-q"), { ...nothing, flags: { stats: true, quiet: true } });
  assert.deepEqual(await parsed("--stats=x", "y"), { words: ["y"], rest: [], flags: { stats: "x" } });
  assert.deepEqual(await parsed("--stats=-1"), { ...nothing, flags: { stats: "-1" } });
  assert.deepEqual(await parsed("--stats=x", "--stats"), { ...nothing, flags: { stats: true } });
});

test("a flag that repeats adds up, and of any other the last one counts", async () => {
  const { flags } = await parsed("-M", "a", "--module", "b=c", "-c", "1", "--cores=2", "-q", "-q");
  assert.deepEqual(flags, { module: ["a", "b=c"], cores: "2", quiet: true });
});

test("an unknown flag is refused with the nearest one", async () => {
  await assert.rejects(parsed("--coers", "4"), (error) => {
    return error instanceof UsageError && error.message === 'Unknown flag "--coers"\nDid you mean --cores?';
  });
  await assert.rejects(parsed("--core=4"), /Did you mean --cores\?/);
  await assert.rejects(parsed("--something-else"), /^UsageError: Unknown flag "--something-else"\nSee them all/);
  await assert.rejects(parsed("-Z"), /Unknown flag "-Z"/);
  await assert.rejects(parsed("-qZ"), /Unknown flag "-Z"/);
  for (const name of ["--__proto__", "--constructor", "--toString", "--=x"]) {
    await assert.rejects(parsed(name), UsageError, name);
  }
});

test("flags of GNU parallel, xargs and jq are taken where they mean the same, or answered with ours", async () => {
  for (const name of ["-j", "-P", "--jobs", "--max-procs"])
    assert.deepEqual((await parsed(name, "3")).flags, { cores: "3" });
  for (const name of ["-k", "--keep-order"]) assert.deepEqual((await parsed(name)).flags, { "keep-order": true });
  assert.deepEqual((await parsed("--dry-run")).flags, { "dry-run": true });
  await assert.rejects(parsed("--bar"), /^UsageError: Unknown flag "--bar"\nDid you mean --progress bar\?$/);
  for (const [name, ours] of Object.entries(CALLED_ELSEWHERE)) {
    await assert.rejects(
      parsed(name),
      new RegExp(`^UsageError: Unknown flag "${name}"\nDid you mean ${ours}\\?$`),
      name,
    );
    // What is suggested can be typed.
    const [flag = "", value] = ours.split(" ");
    const needsValue = FLAGS.some((each) => `--${each.name}` === flag && each.value !== undefined);
    if (flag.startsWith("--"))
      await parsed(flag, ...(value === undefined && needsValue ? ["x"] : value ? [value] : []));
  }
});

test("a flag without its value, or a switch with one, is refused", async () => {
  await assert.rejects(parsed("--cores"), /^UsageError: Cannot use "--cores": it needs a value: N, N%, \+N or -N$/);
  await assert.rejects(parsed("-e"), /^UsageError: Cannot use "-e": it needs a value: CODE$/);
  await assert.rejects(parsed("--quiet=1"), /^UsageError: Cannot use "--quiet=1": --quiet takes no value$/);
});

test("what other programs call a flag is understood, in order as it is", async () => {
  for (const argv of [["-j", "4"], ["-j4"], ["-P4"], ["--jobs=4"], ["--workers", "4"]])
    assert.deepEqual(await parsed(...argv), { ...nothing, flags: { cores: "4" } }, argv.join(" "));
  const flags = { "keep-order": true };
  for (const word of ["-k", "--keep-order", "--ordered"])
    assert.deepEqual(await parsed(word), { ...nothing, flags }, word);
  assert.deepEqual(await parsed("-kq"), { ...nothing, flags: { ...flags, quiet: true } });
  await assert.rejects(parsed("-k", "--unordered"), /^UsageError: Cannot use --keep-order with --unordered/);
});

test("no flag is there twice", () => {
  const names = FLAGS.flatMap(({ name, short, aliases = [] }) => [name, ...(short ?? []), ...aliases]);
  assert.equal(new Set(names).size, names.length);
});
