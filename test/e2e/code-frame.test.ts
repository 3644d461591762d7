// Below a failure: the line of the script with a caret, as it is written in TypeScript, and what to do next.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runPmap, SKIP_HINT, temporaryFolder } from "../support/run-pmap.ts";

const folder = temporaryFolder();

function write(files: Readonly<Record<string, string>>): string {
  const cwd = mkdtempSync(join(folder, "job-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(cwd, name, ".."), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
  return cwd;
}

async function failed(cwd: string, args: readonly string[], stdin = "1\n"): Promise<string[]> {
  const { code, stderr } = await runPmap(args, { cwd, stdin });
  assert.equal(code, 1, stderr);
  return stderr.split("\n");
}

/** The two lines of the frame, by the first. */
function frameIn(lines: readonly string[]): readonly [string | undefined, string | undefined] {
  const at = lines.findIndex((line) => /^ {2}\d+ \| /.test(line));
  return [lines[at], lines[at + 1]];
}

const TYPED = `interface Row {
  readonly user?: { readonly name: string };
}

function nameOf(row: Row): string {
  return row.user!.name.toUpperCase();
}

export default (row: Row): string => nameOf(row);
`;

for (const [kind, script] of [
  ["plain types", TYPED],
  ["an enum, for which Node needs tsx", `${TYPED}\nenum Colour { Red }\nexport const colour: Colour = Colour.Red;\n`],
] as const) {
  test(`the failing line of ${kind} stands below the stack, with the caret in it and what to do next`, async () => {
    const cwd = write({ "names.ts": script, "in.jsonl": `${'{"user":{"name":"a"}}\n'.repeat(1203)}{}\n` });
    const lines = await failed(cwd, ["names.ts", "in.jsonl"]);
    assert.match(`${lines[0]}`, /^pmap: in\.jsonl:1204: map threw TypeError: /);
    const [code, caret] = frameIn(lines);
    assert.equal(code, "  6 |   return row.user!.name.toUpperCase();");
    // V8 means the property, JavaScriptCore the object.
    assert.ok(
      ["name.toUpper", ".name.toUpper", "user!.name", "row.user"].some((part) =>
        code?.startsWith(part, (caret?.length as number) - 1),
      ),
      caret,
    );
    assert.equal(`${lines.at(-2)}\n`, SKIP_HINT);
    const stack = lines.filter((line) => /^ {4}at /.test(line)).length;
    assert.ok(lines.length - 1 - 1 - stack <= 3, lines.join("\n"));
  });
}

test("the line is that of the module that has thrown, and no line of a package", async () => {
  const cwd = write({
    "package.json": '{"type":"module"}',
    "map.mjs":
      'import { checked } from "checks";\nimport { one } from "./lib/one.mjs";\nexport default (r) => [r === 1 ? one(r) : checked(r)];\n',
    "lib/one.mjs": "export function one(r) {\n  throw new Error(`no ${r}`);\n}\n",
    "node_modules/checks/package.json": '{"name":"checks","type":"module","exports":"./index.js"}',
    "node_modules/checks/index.js": "export function checked(r) {\n  throw new Error(`not ${r}`);\n}\n",
  });
  assert.match(`${frameIn(await failed(cwd, ["map.mjs"]))[0]}`, /^ {2}2 \| {3}throw new Error/);
  assert.match(`${frameIn(await failed(cwd, ["map.mjs"], "2\n"))[0]}`, /^ {2}3 \| export default/);
});

test("code from the command line is shown by its own lines, and what a terminal would obey is made visible", async () => {
  const cwd = write({});
  const code = 'r => {\n\tconst a = "\x1b[31m" + r.b.c;\n  return a; }';
  const [line, caret] = frameIn(await failed(cwd, ["-e", code]));
  assert.equal(line, '  2 | \tconst a = "\\x1b[31m" + r.b.c;');
  assert.match(`${caret}`, /^ {6}\t {24,30}\^$/);
});

test("a long line is shortened around the caret", async () => {
  const cwd = write({});
  const [line, caret] = frameIn(await failed(cwd, ["-e", `r => [${"1, ".repeat(500)}r.b.c]`]));
  assert.ok(`${line}`.length < 120, line);
  assert.ok("r.b.c".includes(`${line}`.charAt(`${caret}`.length - 1)), `${line}\n${caret}`);
});

test("setup has its line too, and nothing is said of skipping records", async () => {
  const cwd = write({
    "s.mjs": "export function setup() {\n  throw new Error('no database');\n}\nexport default (r) => r;\n",
  });
  const lines = await failed(cwd, ["s.mjs"]);
  assert.match(`${frameIn(lines)[0]}`, /^ {2}2 \| {3}throw new Error/);
  assert.ok(!lines.join("\n").includes("--on-error"));
});

test("what looks like a frame in a message shows no line of a file that is no code", async () => {
  const cwd = write({ "secret.txt": "hunter2\n" });
  const text = `Error: no\\n    at f (${cwd}/secret.txt:1:1)`;
  const lines = await failed(cwd, ["-e", `() => { throw new Error("${text}") }`]);
  assert.ok(!lines.join("\n").includes("hunter2"));
});

test("a hint that is there already is the only one", async () => {
  const lines = await failed(write({}), ["-e", "_"], "hello\n");
  assert.deepEqual(lines.slice(1), ["For plain lines add --from text", ""]);
});
