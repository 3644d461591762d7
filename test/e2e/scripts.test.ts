import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { ownRuntime, pmapCommand, type RunOptions, runPmap, runShell, temporaryFolder } from "../support/run-pmap.ts";

// Every form of a script, and of code on the command line.

const folder = temporaryFolder();
const threeRecords = '{"n":1}\n{"n":2}\n{"n":3}\n';

function write(files: Readonly<Record<string, string>>, below: string): string {
  const base = join(folder, below);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(base, name)), { recursive: true });
    writeFileSync(join(base, name), text);
  }
  return base;
}

async function assertPrints(args: readonly string[], wanted: string, options: RunOptions = {}) {
  const { code, stdout, stderr } = await runPmap(["-c", "2", ...args], { stdin: threeRecords, ...options });
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: wanted, stderr: "" });
}

const forms: [form: string, source: string, wanted: string][] = [
  ["a plain map", "export default (r) => r.n * 2;", "2\n4\n6\n"],
  ["a named map", "export function map(r) { return r.n; }", "1\n2\n3\n"],
  ["a named map beside a default", "export const map = (r) => r.n;\nexport default 5;", "1\n2\n3\n"],
  ["an asynchronous map", "export default async (r) => { await null; return r.n; };", "1\n2\n3\n"],
  [
    "an asynchronous map whose later records are ready first",
    "export default (r) => new Promise((done) => setTimeout(done, 30 - r.n * 10, r.n));",
    "1\n2\n3\n",
  ],
  [
    "a map that is asynchronous for some records",
    "export default (r) => (r.n === 2 ? Promise.resolve(r.n) : r.n);",
    "1\n2\n3\n",
  ],
  ["a generator", "export default function* (r) { for (let i = 0; i < r.n; i++) yield r.n; }", "1\n2\n2\n3\n3\n3\n"],
  ["a generator that yields undefined", "export default function* (r) { yield undefined; yield r.n; }", "1\n2\n3\n"],
  ["a generator that returns a value", "export default function* (r) { yield r.n; return 9; }", "1\n2\n3\n"],
  [
    "an asynchronous generator",
    "export default async function* (r) { yield r.n; await null; yield -r.n; }",
    "1\n-1\n2\n-2\n3\n-3\n",
  ],
  ["a promise of a generator", "export default async (r) => (function* () { yield r.n; })();", "1\n2\n3\n"],
  ["undefined", "export default (r) => (r.n === 2 ? undefined : r.n);", "1\n3\n"],
  ["a promise of undefined", "export default async (r) => (r.n === 2 ? undefined : r.n);", "1\n3\n"],
  ["null, false, zero and an empty string", 'export default (r) => [null, false, 0, ""][r.n];', 'false\n0\n""\n'],
  ["an array", "export default (r) => [r.n, [r.n]];", "[1,[1]]\n[2,[2]]\n[3,[3]]\n"],
  ["an object with toJSON", "export default (r) => ({ toJSON: () => r.n });", "1\n2\n3\n"],
  ["a class instance", "class P { constructor(n) { this.n = n; } }\nexport default (r) => new P(r.n);", threeRecords],
  ["an object without a prototype", "export default (r) => Object.assign(Object.create(null), r);", threeRecords],
  ["a date", "export default (r) => new Date(r.n);", [1, 2, 3].map((n) => `"1970-01-01T00:00:00.00${n}Z"\n`).join("")],
  ["a set, which is no generator", "export default (r) => new Set([r.n]);", "{}\n{}\n{}\n"],
  ["NaN and infinity", "export default (r) => [NaN, Infinity * r.n];", "[null,null]\n[null,null]\n[null,null]\n"],
  ["a lone NaN", "export default () => NaN;", "null\nnull\nnull\n"],
  ["a function, which JSON leaves out", "export default (r) => (r.n === 2 ? () => 1 : r.n);", "1\n3\n"],
  ["a filter before the map", "export const filter = (r) => r.n !== 2;\nexport default (r) => r.n;", "1\n3\n"],
  ["an asynchronous filter", "export const filter = async (r) => r.n > 1;\nexport default (r) => r.n;", "2\n3\n"],
  [
    "a map that changes its record",
    "export default (r) => { r.m = r.n; return r; };",
    '{"n":1,"m":1}\n{"n":2,"m":2}\n{"n":3,"m":3}\n',
  ],
  [
    "a setup",
    "let k;\nexport const setup = async () => { await null; k = 5; };\nexport default (r) => r.n + k;",
    "6\n7\n8\n",
  ],
  ["top-level await", "const k = await Promise.resolve(5);\nexport default (r) => r.n + k;", "6\n7\n8\n"],
  [
    "options",
    'export const options = { from: "text", to: "text", concurrency: 3, unordered: false, timeout: undefined };\nexport default (r, ctx) => `${r}!`;',
    '{"n":1}!\n{"n":2}!\n{"n":3}!\n',
  ],
  [
    "options of a limit and a size",
    'export const options = { limit: 2, maxRecord: "1M" };\nexport default (r) => r.n;',
    "1\n2\n",
  ],
];

for (const [i, [form, source, wanted]] of forms.entries()) {
  test(`a script may be or return ${form}`, async () => {
    const base = write({ "map.mjs": `${source}\n` }, `form-${i}`);
    await assertPrints([join(base, "map.mjs")], wanted);
  });
}

test("TypeScript that awaits at its top level works, or the error says how it would (Node 20 outside of a package of modules)", async () => {
  const source = "const k: number = await Promise.resolve(5);\nexport default (r: { n: number }) => r.n + k;\n";
  const importing = 'export { default } from "./map.ts";\n';
  const base = write({ "map.ts": source, "map.mts": source, "importing.ts": importing }, "awaits");
  await assertPrints([join(base, "map.mts")], "6\n7\n8\n");
  if (ownRuntime !== "node" || process.features.typescript) {
    await assertPrints([join(base, "map.ts")], "6\n7\n8\n");
    return;
  }
  for (const script of ["map.ts", "importing.ts"]) {
    const { code, stderr } = await runPmap([join(base, script)], { stdin: threeRecords });
    assert.equal(code, 1);
    assert.equal(
      stderr,
      `pmap: Cannot load "${join(base, "map.ts")}": it awaits at its top level, and tsx takes it for CommonJS\n` +
        'Give it the ending .mts, or put "type": "module" into its package.json\n',
    );
  }
});

const typed = "interface Row { n: number }\nexport default (r: Row): number => r.n satisfies number;\n";
const plain = "export default (r) => r.n;\n";
const common = "module.exports = (r) => r.n;\n";
const modules = { "package.json": '{ "type": "module" }\n' };
const commonJs = { "package.json": '{ "type": "commonjs" }\n' };
const kinds: [kind: string, name: string, files: Record<string, string>][] = [
  ["TypeScript", "map.ts", { "map.ts": typed }],
  ["TypeScript in a package of modules", "map.ts", { "map.ts": typed, ...modules }],
  ["TypeScript in a CommonJS package", "map.ts", { "map.ts": typed, ...commonJs }],
  ["TypeScript that says that it is a module", "map.mts", { "map.mts": typed }],
  ["JavaScript", "map.js", { "map.js": plain }],
  ["JavaScript in a package of modules", "map.js", { "map.js": plain, ...modules }],
  ["JavaScript that says that it is a module", "map.mjs", { "map.mjs": plain }],
  ["CommonJS", "map.cjs", { "map.cjs": common }],
  ["CommonJS with named exports", "map.cjs", { "map.cjs": "exports.map = (r) => r.n;\n" }],
  ["CommonJS in a package of it", "map.js", { "map.js": common, ...commonJs }],
  [
    "TypeScript with an enum",
    "map.ts",
    { "map.ts": "enum Side { Left = 1, Right }\nexport default (r: { n: Side }) => (Side.Right ? r.n : 0);\n" },
  ],
  [
    "TypeScript with a parameter property",
    "map.ts",
    {
      "map.ts": "class P { constructor(readonly n: number) {} }\nexport default (r: P) => new P(r.n).n;\n",
      ...modules,
    },
  ],
  [
    "a script with a TypeScript import",
    "map.ts",
    {
      "map.ts": 'import { pick, type Row } from "./lib/pick.ts";\nexport default (r: Row) => pick(r);\n',
      "lib/pick.ts": "export interface Row { n: number }\nexport const pick = (r: Row): number => r.n;\n",
    },
  ],
  [
    "a script with a JavaScript import",
    "map.mjs",
    {
      "map.mjs": 'import { pick } from "./pick.mjs";\nexport default pick;\n',
      "pick.mjs": "export const pick = (r) => r.n;\n",
    },
  ],
  [
    "a script that imports JSON",
    "map.mjs",
    {
      "map.mjs": 'import factor from "./factor.json" with { type: "json" };\nexport default (r) => r.n * factor.of;\n',
      "factor.json": '{ "of": 1 }\n',
    },
  ],
  [
    "a script that imports a package",
    "map.ts",
    {
      "map.ts": 'import { pick } from "picker";\nexport default (r: { n: number }): number => pick(r);\n',
      "package.json": '{ "type": "module", "dependencies": { "picker": "*" } }\n',
      "node_modules/picker/package.json":
        '{ "name": "picker", "version": "1.0.0", "type": "module", "exports": "./index.js" }\n',
      "node_modules/picker/index.js": "export const pick = (r) => r.n;\n",
    },
  ],
  [
    "a script that imports a CommonJS package",
    "map.mjs",
    {
      "map.mjs": 'import picker from "picker";\nexport default (r) => picker.pick(r);\n',
      "package.json": '{ "dependencies": { "picker": "*" } }\n',
      "node_modules/picker/package.json": '{ "name": "picker", "version": "1.0.0", "main": "main.js" }\n',
      "node_modules/picker/main.js": "exports.pick = (r) => r.n;\n",
    },
  ],
  [
    "a script that imports a built-in module",
    "map.ts",
    {
      "map.ts":
        'import { basename } from "node:path";\nexport default (r: { n: number }) => Number(basename(`a/${r.n}`));\n',
    },
  ],
  [
    "a script that imports late",
    "map.mjs",
    {
      "map.mjs": 'export default async (r) => (await import("./pick.mjs")).pick(r);\n',
      "pick.mjs": "export const pick = (r) => r.n;\n",
    },
  ],
  [
    "a script that looks at node:process and its streams",
    "map.mjs",
    {
      "map.mjs":
        'import process, { stdin } from "node:process";\nexport default (r) => (stdin && process.stdout && process.stdin ? r.n : 0);\n',
    },
  ],
  [
    "a script that imports node:process late",
    "map.mjs",
    { "map.mjs": 'export default async (r) => ((await import("node:process")).default.pid > 0 ? r.n : 0);\n' },
  ],
  [
    "a script that reads a file beside it",
    "map.mjs",
    {
      "map.mjs":
        'import { readFileSync } from "node:fs";\nconst k = Number(readFileSync(new URL("./k.txt", import.meta.url), "utf8"));\nexport default (r) => r.n * k;\n',
      "k.txt": "1\n",
    },
  ],
  ["a script in a folder with spaces and signs", "o n#e %20/m ap.mjs", { "o n#e %20/m ap.mjs": plain }],
];

for (const [i, [kind, name, files]] of kinds.entries()) {
  test(`a script may be ${kind}`, async () => {
    const base = write(files, `kind-${i}`);
    // Half of them by a relative name, for time's sake.
    if (i % 2 === 0) await assertPrints([join(base, name)], "1\n2\n3\n");
    else await assertPrints([`./${name}`], "1\n2\n3\n", { cwd: base });
  });
}

test("a script with an enum runs in a thread and inline, too", async () => {
  const base = write(
    { "map.ts": "enum Side { Left = 5 }\nexport default (r: { n: number }) => r.n + Side.Left;\n" },
    "e",
  );
  await Promise.all([
    assertPrints(["--mode", "thread", join(base, "map.ts")], "6\n7\n8\n"),
    assertPrints(["--mode", "inline", join(base, "map.ts")], "6\n7\n8\n"),
  ]);
});

test("a script with a shebang is a command of its own", async () => {
  const base = write(
    {
      "double.mjs": '#!/usr/bin/env -S pmap\nexport const options = { to: "text" };\nexport default (r) => r.n * 2;\n',
      "double.ts": "#!/usr/bin/env -S pmap\nexport default (r: { n: number }): number => r.n * 2;\n",
      "bin/pmap": `#!/bin/sh\nexec ${pmapCommand.map((word) => `'${word}'`).join(" ")} "$@"\n`,
      "three.jsonl": threeRecords,
    },
    "shebang",
  );
  for (const file of ["double.mjs", "double.ts", "bin/pmap"]) chmodSync(join(base, file), 0o755);
  const { code, stdout, stderr } = await runShell(
    'PATH="$PWD/bin:$PATH"; export PATH; ./double.mjs three.jsonl; ./double.ts < three.jsonl',
    { cwd: base },
  );
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "2\n4\n6\n2\n4\n6\n", stderr: "" });
});

test("the command line wins over a script's options", async () => {
  const base = write(
    { "map.mjs": 'export const options = { to: "text", limit: 1 };\nexport default (r) => `${r.n}`;\n' },
    "wins",
  );
  await assertPrints(["--to", "jsonl", "--limit", "2", join(base, "map.mjs")], '"1"\n"2"\n');
});

const codes: [what: string, args: string[], wanted: string][] = [
  ["an expression", ["-e", "_.n * 2"], "2\n4\n6\n"],
  ["an expression with a semicolon", ["-e", "_.n * 2;"], "2\n4\n6\n"],
  ["an expression with a comment at its end", ["-e", "_.n // the number"], "1\n2\n3\n"],
  ["an object", ["-e", "({ m: _.n })"], '{"m":1}\n{"m":2}\n{"m":3}\n'],
  ["an object without parentheses", ["-e", "{ m: _.n }"], '{"m":1}\n{"m":2}\n{"m":3}\n'],
  ["an expression that uses ctx", ["-e", "ctx.source + _.n"], '"-1"\n"-2"\n"-3"\n'],
  ["a function", ["-e", "r => r.n"], "1\n2\n3\n"],
  ["a function of two", ["-e", "(r, ctx) => [r.n, ctx.offset]"], "[1,0]\n[2,8]\n[3,16]\n"],
  ["a function with a body", ["-e", "(r) => { const k = r.n; return k; }"], "1\n2\n3\n"],
  ["a function by that word", ["-e", "function (r) { return r.n; }"], "1\n2\n3\n"],
  ["an asynchronous function", ["-e", "async r => r.n"], "1\n2\n3\n"],
  ["a promise", ["-e", "Promise.resolve(_.n)"], "1\n2\n3\n"],
  ["a generator", ["-e", "function* (r) { yield r.n; yield r.n; }"], "1\n1\n2\n2\n3\n3\n"],
  ["an asynchronous generator", ["-e", "async function* (r) { yield r.n; }"], "1\n2\n3\n"],
  ["TypeScript", ["-e", "(r: { n: number }): number => r.n as number"], "1\n2\n3\n"],
  ["a TypeScript expression", ["-e", "(_ as { n: number }).n satisfies number"], "1\n2\n3\n"],
  ["a filter alone", ["--filter", "_.n > 2"], '{"n":3}\n'],
  ["a filter function", ["--filter", "r => r.n > 2", "-e", "_.n"], "3\n"],
  ["a filter that is asynchronous", ["--filter", "async r => r.n > 2", "-e", "_.n"], "3\n"],
  ["a module", ["-M", "node:path", "-e", "path.basename(`a/${_.n}`)"], '"1"\n"2"\n"3"\n'],
  ["a module with an alias", ["-M", "node:path=p", "-e", "p.basename(`a/${_.n}`)"], '"1"\n"2"\n"3"\n'],
  ["two modules", ["-M", "node:path=p", "-M", "node:os", "-e", "p.sep + (os.EOL.length + _.n)"], '"/2"\n"/3"\n"/4"\n'],
  [
    "what follows --",
    ["-e", "[...ctx.args, _.n]", "--", "a", "--b", "-e"],
    '["a","--b","-e",1]\n["a","--b","-e",2]\n["a","--b","-e",3]\n',
  ],
  ["the word async", ["-e", "((async) => async)(_.n)"], "1\n2\n3\n"],
  ["strings of line ends and quotes", ["-t", "text", "-e", "`\"'${_.n}\\t`"], "\"'1\t\n\"'2\t\n\"'3\t\n"],
];

for (const [what, args, wanted] of codes) {
  test(`code on the command line may be ${what}`, () => assertPrints(args, wanted));
}

test("-M finds the modules, JSON and packages of the folder that the user is in", async () => {
  const base = write(
    {
      "table.json": '{ "1": "a", "2": "b", "3": "c" }\n',
      "pick.ts": "export const pick = (r: { n: number }): number => r.n;\nexport const other = 1;\n",
      "node_modules/picker/package.json":
        '{ "name": "picker", "version": "1.0.0", "type": "module", "exports": { "import": "./index.js" } }\n',
      "node_modules/picker/index.js": "export default (r) => r.n;\n",
    },
    "modules",
  );
  await Promise.all([
    assertPrints(["-M", "./pick.ts", "-e", "pick.pick(_)"], "1\n2\n3\n", { cwd: base }),
    assertPrints(["-M", "picker", "-e", "picker(_)"], "1\n2\n3\n", { cwd: base }),
    assertPrints(["-M", "./table.json=table", "-e", "table[_.n]"], '"a"\n"b"\n"c"\n', { cwd: base }),
    assertPrints(["-e", 'import("./table.json").then((table) => table.default[_.n])'], '"a"\n"b"\n"c"\n', {
      cwd: base,
    }),
  ]);
});

test("a filter on the command line takes the place of the script's", async () => {
  const base = write({ "map.mjs": "export const filter = (r) => r.n > 2;\nexport default (r) => r.n;\n" }, "filters");
  await assertPrints(["--filter", "_.n < 2", join(base, "map.mjs")], "1\n");
});

test("ctx tells each record its offset and its source", async () => {
  const base = write({ "a.jsonl": '\n"ä"\n"b"\n', "b.jsonl": '\uFEFF"c"\n"d"' }, "places");
  await assertPrints(
    ["-e", "[_, ctx.source, ctx.offset]", "a.jsonl", "b.jsonl"],
    '["ä","a.jsonl",1]\n["b","a.jsonl",6]\n["c","b.jsonl",3]\n["d","b.jsonl",7]\n',
    { cwd: base },
  );
});

test("ctx tells asynchronous records their own offsets", async () => {
  const map = "async (r, ctx) => { const before = ctx.offset; await null; return [r.n, before, ctx.offset]; }";
  await assertPrints(["-e", map], "[1,0,0]\n[2,8,8]\n[3,16,16]\n");
});

test("ctx.worker is a number below the number of workers", async () => {
  const { stdout } = await runPmap(["-c", "3", "--chunk", "10", "--range", "1..500", "-e", "ctx.worker"]);
  const workers = new Set(stdout.trim().split("\n"));
  for (const worker of workers) assert.ok(["0", "1", "2"].includes(worker), worker);
});

test("ctx.count is summed over workers and shown in the summary", async () => {
  const map = "(ctx.count('odd', _ % 2), ctx.count('all'), _)";
  const { code, stdout, stderr } = await runPmap(["-c", "3", "--chunk", "50", "--range", "1..1000", "-e", map]);
  assert.equal(code, 0);
  assert.equal(stdout.length, Array.from({ length: 1000 }, (_, i) => `${i + 1}\n`).join("").length);
  assert.match(stderr, /^ *all: 1,?000$/m);
  assert.match(stderr, /^ *odd: 500$/m);
});

test("ctx.random depends on the seed and the record, not on the workers", async () => {
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await runPmap([
      "--range",
      "1..2000",
      "-e",
      "[ctx.random(), ctx.random()]",
      ...args,
    ]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    return stdout;
  };
  const [one, three, thread, inline, again, other] = await Promise.all([
    run("-c", "1"),
    run("-c", "3", "--chunk", "100"),
    run("-c", "2", "--mode", "thread"),
    run("--mode", "inline"),
    run("-c", "2", "--seed", "0"),
    run("-c", "2", "--seed", "1"),
  ]);
  for (const same of [three, thread, inline, again]) assert.equal(same, one);
  assert.notEqual(other, one);
  const numbers = one
    .trim()
    .split("\n")
    .flatMap((line): number[] => JSON.parse(line));
  assert.equal(new Set(numbers).size, 4000);
  assert.ok(numbers.every((number) => number >= 0 && number < 1));
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  assert.ok(Math.abs(mean - 0.5) < 0.05, `mean ${mean}`);
});

test("ctx.signal is a signal that is not aborted while records are mapped", () =>
  assertPrints(["-e", "ctx.signal.aborted"], "false\nfalse\nfalse\n"));

test("--concurrency bounds the asynchronous records of a worker and keeps their order", async () => {
  const base = write(
    {
      "map.mjs":
        "let running = 0;\nlet most = 0;\nexport default async (r) => {\n  most = Math.max(most, ++running);\n  await new Promise((done) => setTimeout(done, 1 + (r % 3)));\n  running--;\n  return [r, most];\n};\n",
    },
    "concurrency",
  );
  const { code, stdout } = await runPmap(["-c", "1", "--concurrency", "4", "--range", "1..40", join(base, "map.mjs")]);
  assert.equal(code, 0);
  const pairs = stdout
    .trim()
    .split("\n")
    .map((line): [number, number] => JSON.parse(line));
  assert.deepEqual(
    pairs.map(([r]) => r),
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
  assert.equal(Math.max(...pairs.map(([, most]) => most)), 4);
});

test("teardown runs once in each worker, after its last record", async () => {
  const base = write(
    {
      "map.mjs":
        "let seen = 0;\nexport const setup = (ctx) => ctx.count('setups');\nexport const teardown = (ctx) => { ctx.count('teardowns'); ctx.count('seen', seen); };\nexport default () => void seen++;\n",
    },
    "teardown",
  );
  const { code, stderr } = await runPmap(["-c", "2", "--range", "1..3000", join(base, "map.mjs")]);
  assert.equal(code, 0);
  const counted = (name: string) =>
    Number(new RegExp(`^ *${name}: (\\d+)$`, "m").exec(stderr.replaceAll(",", ""))?.[1]);
  assert.equal(counted("seen"), 3000);
  assert.equal(counted("setups"), counted("teardowns"));
});

test("a script of workers on another runtime may be TypeScript", async () => {
  const base = write({ "map.ts": typed }, "elsewhere");
  const others = ["node", "deno", "bun"].filter((name) => name !== ownRuntime);
  await Promise.all(others.map((name) => assertPrints(["--runtime", name, join(base, "map.ts")], "1\n2\n3\n")));
});

test("code that does not compile is found also where there are no records", async () => {
  const { code, stdout, stderr } = await runPmap(["-e", "_.n +", "-o", join(folder, "never")], { stdin: "" });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^pmap: Cannot compile -e: /);
  assert.equal(existsSync(join(folder, "never")), false);
});

test("a script sees the environment as it is, with a compile cache of the user's own and without one", async () => {
  const cache = join(folder, "cache");
  const code = 'process.env.NODE_COMPILE_CACHE ?? "none"';
  const env = { XDG_CACHE_HOME: join(folder, "caches") };
  await assertPrints(["-e", code, "--limit", "1"], '"none"\n', { env });
  await assertPrints(["-e", code, "--limit", "1"], `${JSON.stringify(cache)}\n`, {
    env: { ...env, NODE_COMPILE_CACHE: cache },
  });
});

test("on Deno the deno.json beside the script counts, wherever pmap is started", async () => {
  const cwd = mkdtempSync(join(folder, "elsewhere-"));
  const home = mkdtempSync(join(folder, "configured-"));
  writeFileSync(join(home, "deno.json"), '{ "imports": { "lib": "./lib.mjs" } }');
  writeFileSync(join(home, "lib.mjs"), "export const twice = (n) => n * 2;\n");
  writeFileSync(join(home, "script.mjs"), 'import { twice } from "lib";\nexport default twice;\n');
  const { code, stdout, stderr } = await runPmap([join(home, "script.mjs")], { cwd, stdin: "1\n2\n" });
  if (ownRuntime === "deno") assert.deepEqual([code, stdout, stderr], [0, "2\n4\n", ""]);
  else assert.match(stderr, /^pmap: Cannot load ".*script\.mjs": .*lib/);
});

test("a plain object with a then is a value, also once a promise has been returned", async () => {
  const code = "n => n === 1 ? Promise.resolve({ n }) : ({ n, then(f) { f('called'); } })";
  const { stdout } = await runPmap(["--range", "1..1000", "-e", code]);
  assert.equal(stdout, Array.from({ length: 1000 }, (_, i) => `{"n":${i + 1}}\n`).join(""));
});
