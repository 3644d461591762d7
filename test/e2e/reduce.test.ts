import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type RunOptions, runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

// A whole reduce: what a sequential fold gives, and the same bytes whatever the workers.

const folder = temporaryFolder();

async function assertPrints(args: readonly string[], wanted: string, options: RunOptions = {}) {
  const { code, stdout, stderr } = await runPmap(["-c", "2", ...args], options);
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: wanted, stderr: "" });
}

/** Numbers of very different size: every order of adding them has another sum. */
const floats = Array.from(
  { length: 60_000 },
  (_, i) => ((i * 7919) % 10_007) * 1.1 ** (i % 90) * (i % 2 ? 1 : -1) + 0.1,
);
const input = join(folder, "floats.jsonl");
writeFileSync(input, floats.map((number) => `${number}\n`).join(""));
const words = Array.from({ length: 20_000 }, (_, i) => `w${i}${"-".repeat(i % 5)}`);
const text = join(folder, "words.jsonl");
writeFileSync(text, words.map((word) => `${JSON.stringify(word)}\n`).join(""));

const sum = ["-e", "_", "--reduce", "(a, b) => a + b"];

test("a sum of integers is a sequential fold's", () =>
  assertPrints(["--range", "1..100000", ...sum], `${(100_000 * 100_001) / 2}\n`));

test("a float sum of a file is bit-identical on any number of workers and in any mode", async () => {
  const results = await Promise.all([
    ...["1", "2", "3", "7"].map((cores) => runPmap(["-c", cores, ...sum, input])),
    runPmap(["-c", "2", "--mode", "thread", ...sum, input]),
    runPmap(["--mode", "inline", ...sum, input]),
    runShell(`pmap -c 2 -e _ --reduce '(a, b) => a + b' < ${input}`),
    runShell(`pmap -c 3 -e _ --reduce '(a, b) => a + b' ${input} > sum; cat sum`, { cwd: folder }),
  ]);
  const [first] = results;
  for (const { code, stdout, stderr } of results) {
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: first?.stdout, stderr: "" });
  }
  const sequential = floats.reduce((a, b) => a + b);
  const difference = Math.abs(Number(first?.stdout) - sequential) / Math.abs(sequential);
  assert.ok(difference < 1e-9, `${first?.stdout} is not near ${sequential}`);
});

test("a float sum of a pipe is bit-identical on any number of workers, however the bytes come", async () => {
  const results = await Promise.all([
    ...["1", "2", "3", "7"].map((cores) => runPmap(["-c", cores, ...sum], { stdin: readFileSync(input) })),
    runPmap(["--mode", "thread", "-c", "2", ...sum], { stdin: readFileSync(input) }),
    runShell(`dd if=${input} bs=777 status=none | pmap -c 2 -e _ --reduce '(a, b) => a + b'`),
  ]);
  for (const { code, stdout, stderr } of results) {
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: results[0]?.stdout, stderr: "" });
  }
});

test("a float sum of a range is bit-identical on any number of workers", async () => {
  const args = ["--range", "1..200000", "-e", "1 / _", "--reduce", "(a, b) => a + b"];
  const results = await Promise.all(["1", "2", "3", "7"].map((cores) => runPmap(["-c", cores, ...args])));
  for (const { stdout } of results) assert.equal(stdout, results[0]?.stdout);
  assert.ok(Math.abs(Number(results[0]?.stdout) - 12.783_290_810_429_62) < 1e-9);
});

test("a float sum is the same on workers of every runtime", async () => {
  const results = await Promise.all(
    ["node", "deno", "bun"].map((name) => runPmap(["-c", "2", "--runtime", name, ...sum, input])),
  );
  for (const { code, stdout } of results) assert.deepEqual([code, stdout], [0, results[0]?.stdout]);
});

for (const cores of ["1", "2", "3", "7"]) {
  test(`strings are joined in input order on ${cores} workers`, async () => {
    const args = ["-c", cores, "-t", "text", "-e", "_", "--reduce", "(a, b) => a + b"];
    const results = await Promise.all([
      runPmap([...args, text]),
      runPmap([...args, "--chunk", "1K", text]),
      runPmap(args, { stdin: readFileSync(text) }),
    ]);
    for (const { code, stdout, stderr } of results) {
      assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
      assert.ok(stdout === `${words.join("")}\n`, `${stdout.length} characters`);
    }
  });
}

test("strings of several inputs are joined in the order given", async () => {
  for (const [name, content] of [
    ["a", '"1"\n"2"'],
    ["b", ""],
    ["c", '"3"\n'],
  ] as const)
    writeFileSync(join(folder, name), content);
  const args = ["-e", "_", "--reduce", "(a, b) => a + b"];
  await assertPrints([...args, "c", "a", "b", "-", "a"], '"31245612"\n', { cwd: folder, stdin: '"4"\n"5"\n"6"' });
});

const script = join(folder, "mean.mjs");
writeFileSync(
  script,
  `export default (r) => (r % 10 === 0 ? undefined : r);
export const initial = () => ({ n: 0, sum: 0, max: null });
export const reduce = (acc, value) => {
  acc.n++;
  acc.sum += value;
  if (acc.max === null || value > acc.max) acc.max = value;
  return acc;
};
export const merge = (a, b) => ({ n: a.n + b.n, sum: a.sum + b.sum, max: b.max === null || (a.max !== null && a.max > b.max) ? a.max : b.max });
export const finish = ({ n, sum, max }) => ({ n, mean: n === 0 ? null : sum / n, max });
`,
);

test("initial, merge and finish make a mean of what is not filtered", async () => {
  await Promise.all(
    ["1", "2", "5"].map((cores) =>
      assertPrints(["-c", cores, "--range", "1..50000", script], '{"n":45000,"mean":25000,"max":49999}\n'),
    ),
  );
});

test("an empty input is initial through finish, or nothing without initial", async () => {
  const reduce = ["-e", "_", "--reduce", "(a, b) => a + b"];
  await Promise.all([
    assertPrints([script], '{"n":0,"mean":null,"max":null}\n', { stdin: "" }),
    assertPrints([script, "/dev/null"], '{"n":0,"mean":null,"max":null}\n'),
    assertPrints(reduce, "", { stdin: "" }),
    assertPrints([...reduce, "--initial", "5"], "5\n", { stdin: "" }),
    assertPrints([...reduce, "--initial", "() => 5", "--finish", "a => [a]"], "[5]\n", { stdin: "\n" }),
    assertPrints([...reduce, "--filter", "false"], "", { stdin: "1\n2\n" }),
    assertPrints([...reduce, "--filter", "false", "--initial", "7"], "7\n", { stdin: "1\n2\n" }),
    assertPrints([...reduce, "-t", "json"], "[]\n", { stdin: "" }),
  ]);
});

test("one value without an initial is that value", () =>
  assertPrints(["-e", "_", "--reduce", "(a, b) => a + b"], "5\n", { stdin: "5\n" }));

test("a reduce needs no map", () => assertPrints(["--reduce", "(a, b) => a + b"], "6\n", { stdin: "1\n2\n3\n" }));

test("a script may be only a reduce", async () => {
  writeFileSync(join(folder, "sum.mjs"), "export const reduce = (a, b) => a + b;\n");
  await assertPrints([join(folder, "sum.mjs")], "6\n", { stdin: "1\n2\n3\n" });
});

test("each value of a generator is folded", () =>
  assertPrints(["-e", "function* (n) { for (let i = 0; i < n; i++) yield i; }", "--reduce", "(a, b) => a + b"], "4\n", {
    stdin: "1\n2\n3\n",
  }));

test("an asynchronous map is folded in order", () =>
  assertPrints(
    ["-e", "async r => { await null; return String(r); }", "--reduce", "(a, b) => a + b", "--range", "1..9"],
    '"123456789"\n',
  ));

test("an initial object is fresh for every fold", () =>
  assertPrints(
    [
      "--chunk",
      "1K",
      "--range",
      "1..20000",
      "-e",
      "_",
      "--initial",
      "[]",
      "--reduce",
      "(a, b) => (a.push(b), a)",
      "--merge",
      "(a, b) => a.concat(b)",
      "--finish",
      "a => [a.length, a[0], a.at(-1)]",
    ],
    "[20000,1,20000]\n",
  ));

test("a reduce that throws names the record that it was folding", async () => {
  const args = [
    "-e",
    "_",
    "--reduce",
    "(a, b) => { if (b === 7) throw new Error('seven'); return a + b; }",
    "--initial",
    "0",
  ];
  const { code, stdout, stderr } = await runPmap(args, { stdin: "5\n6\n7\n8\n" });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^pmap: -:3: reduce threw Error: seven\n/);
});

test("a merge and a finish that throw are named as such", async () => {
  const args = ["--chunk", "100", "--range", "1..5000", "-e", "_", "--reduce", "(a, b) => a + b"];
  const [merge, finish] = await Promise.all([
    runPmap([...args, "--merge", "() => { throw new Error('no merge'); }"]),
    runPmap([...args, "--finish", "() => { throw new Error('no finish'); }"]),
  ]);
  assert.match(merge.stderr, /^pmap: merge threw Error: no merge\n/);
  assert.match(finish.stderr, /^pmap: finish threw Error: no finish\n/);
  assert.deepEqual([merge.code, finish.code, merge.stdout, finish.stdout], [1, 1, "", ""]);
});

test("a finish has one result: no promise, and no generator", async () => {
  const job = ["--range", "1..3", "-e", "_", "--reduce", "(a, b) => a + b"];
  for (const [finish, says] of [
    ["async (sum) => sum", "Cannot use an asynchronous finish: it returned a promise"],
    ["function* (sum) { yield sum; }", "Cannot use a generator or another iterator as the result of finish"],
    ["async function* (sum) { yield sum; }", "Cannot use a generator or another iterator as the result of finish"],
    ["(sum) => [sum].values()", "Cannot use a generator or another iterator as the result of finish"],
  ] as const)
    for (const key of [[], ["--key", "_ % 2"]]) {
      const { code, stdout, stderr } = await runPmap([...job, ...key, "--finish", finish]);
      assert.deepEqual([code, stdout], [1, ""], finish);
      assert.ok(stderr.startsWith(`pmap: ${says}`), stderr);
    }
});

test("an initial that cannot be an accumulator is refused, with records and without", async () => {
  const job = ["-e", "_", "--reduce", "(a, b) => a", "--merge", "(a, b) => a"];
  for (const [initial, says] of [
    ["async () => 0", /^pmap: .*(asynchronous|promise|Promise)/],
    ["() => new (class Box {})()", /^pmap: .*Box/],
    ["() => () => 1", /^pmap: .*function/],
    ["() => { throw new Error('no initial'); }", /no initial/],
  ] as const)
    for (const input of ["", "1\n2\n"]) {
      const { code, stdout, stderr } = await runPmap([...job, "--initial", initial], { stdin: input });
      assert.deepEqual([code, stdout], [1, ""], `${initial} ${input}`);
      assert.match(stderr, says);
    }
  await assertPrints([...job, "--initial", "() => new Map([[1, 2]])", "--finish", "(m) => [...m]"], "[[1,2]]\n", {
    stdin: "",
  });
});

test("a reduce that returns nothing is a warning", async () => {
  const { code, stdout, stderr } = await runPmap(["-c", "2", "-e", "_", "--reduce", "(a, b) => { a + b }"], {
    stdin: "1\n2\n",
  });
  assert.deepEqual([code, stdout], [0, ""]);
  assert.match(stderr, /^pmap: warning: reduce returned nothing \(undefined\) in place of an accumulator\n.*return\n/);
});

test("a finish that returns nothing is a warning", async () => {
  const { code, stdout, stderr } = await runPmap([...sum, "--finish", "(n) => { 2 * n }", "--range", "1..3"]);
  assert.deepEqual([code, stdout], [0, ""]);
  assert.match(stderr, /^pmap: warning: finish returned nothing \(undefined\): there is no result\n.*return\n/);
});

test("what is rejected is not folded", async () => {
  const { code, stdout } = await runPmap(["--on-error", "skip", "-e", "_.n", "--reduce", "(a, b) => a + b"], {
    stdin: '{"n":1}\nnull\n{\n{"n":2}\n',
  });
  assert.deepEqual([code, stdout], [0, "3\n"]);
});

test("a reduce with --limit folds the first records", () =>
  assertPrints(["--range", "1..100000", "--limit", "1500", ...sum], `${(1500 * 1501) / 2}\n`));

test("a reduce writes -o", async () => {
  const output = join(folder, "sum.json");
  await assertPrints([...sum, "--range", "1..10", "-o", output], "");
  assert.equal(readFileSync(output, "utf8"), "55\n");
});

test("an accumulator is the same whether it travels or not", async () => {
  const bare = join(folder, "bare.mjs");
  writeFileSync(
    bare,
    `export const initial = () => Object.create(null);
export const reduce = (all, word) => { all[word] = (all[word] ?? 0) + 1; return all; };
export const merge = (a, b) => { for (const word in b) a[word] = (a[word] ?? 0) + b[word]; return a; };
`,
  );
  const runs = join(folder, "runs.mjs");
  writeFileSync(
    runs,
    `export const initial = () => ({ runs: [], last: null });
export const reduce = (a, w) => {
  if (a.last?.w === w) a.last.n++;
  else a.runs.push(a.last = { w, n: 1 });
  return a;
};
export const merge = (a, b) => {
  const [first, ...rest] = b.runs;
  if (first === undefined) return a;
  if (a.last?.w !== first.w) { a.runs.push(...b.runs); a.last = b.last; return a; }
  a.last.n += first.n;
  if (rest.length > 0) { a.runs.push(...rest); a.last = b.last; }
  return a;
};
export const finish = a => a.runs;
`,
  );
  const long = ["constructor", "b", "toString"].map((word) => `${word}\n`.repeat(4000)).join("");
  for (const cores of ["1", "3"]) {
    const args = ["-c", cores, "--from", "text", "--chunk", "1K"];
    const tables = await runPmap([...args, bare], { stdin: long });
    assert.deepEqual(JSON.parse(tables.stdout), { constructor: 4000, b: 4000, toString: 4000 });
    const { stdout } = await runPmap([...args, runs], { stdin: long });
    assert.deepEqual(JSON.parse(stdout), [
      { w: "constructor", n: 4000 },
      { w: "b", n: 4000 },
      { w: "toString", n: 4000 },
    ]);
  }
});

test("a generator that throws is skipped as a whole, whether the script is asynchronous or not", async () => {
  const late = "n === 3 ? (function* () { yield n; throw new Error('late'); })() : n";
  for (const code of [`n => ${late}`, `n => n === 1 ? Promise.resolve(1) : ${late}`]) {
    const { code: exit, stdout } = await runPmap([
      "--range",
      "1..10",
      "--on-error",
      "skip",
      "-e",
      code,
      "--reduce",
      "(a, b) => a + b",
    ]);
    assert.deepEqual({ exit, stdout }, { exit: 0, stdout: "52\n" });
  }
});

test("a record with several values that fails in a reduce is named, with its cause; what could be taken back is skipped", async () => {
  const stdin = "1 2\n3 bad 4\n5\n";
  const yields = [
    "function* (r) { yield* r.split(' '); }",
    "async function* (r) { yield* r.split(' '); }",
    "function* (r) { for (const word of r.split(' ')) { if (word === 'bad') throw new Error('no'); yield word; } }",
  ] as const;
  const count = ["--initial", "0", "--reduce", "n => n + 1", "--merge", "(a, b) => a + b"];
  const add = (word: string) => `(a, b) => { if (b === 'bad') throw new Error('no'); return a + ${word}; }`;
  const cases: { args: string[]; verb: string; skipped: string | undefined }[] = [
    { args: ["-e", yields[2], ...count], verb: "map", skipped: "3\n" },
    ...yields.slice(0, 2).flatMap((map) => [
      {
        args: ["-e", map, "--key", "(_, w) => { if (w === 'bad') throw new Error('no'); return 1; }", ...count],
        verb: "key",
        skipped: '{"key":1,"value":3}\n',
      },
      { args: ["-e", map, "--reduce", add("b")], verb: "reduce", skipped: undefined },
      { args: ["-e", map, "--key", "() => 1", "--reduce", add("b")], verb: "reduce", skipped: undefined },
    ]),
  ];
  for (const { args, verb, skipped } of cases)
    for (const more of [[], ["--stats", "-c", "1"]]) {
      const said = new RegExp(`pmap: -:2: ${verb} threw Error: no\\n`);
      const failed = await runPmap(["--from", "text", ...args, ...more], { stdin });
      assert.deepEqual([failed.code, failed.stdout], [1, ""], failed.stderr);
      assert.match(failed.stderr, said);
      assert.doesNotMatch(failed.stderr, /cannot be skipped/);
      const { code, stdout, stderr } = await runPmap(["--from", "text", "--on-error", "skip", ...args, ...more], {
        stdin,
      });
      if (skipped !== undefined) {
        assert.deepEqual([code, stdout], [0, skipped], stderr);
        assert.match(stderr, /1 rejected/);
      } else {
        assert.deepEqual([code, stdout], [1, ""], stderr);
        assert.match(stderr, said);
        assert.match(stderr, /It cannot be skipped: values of it that came before have been reduced\n/);
      }
    }
});
