// A module that does not compile: what is wrong, the file, line and column, the line itself and a caret below the place.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runPmap, temporaryFolder, withoutDetails } from "../support/run-pmap.ts";

const folder = temporaryFolder();
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const BAD = "export const one = 1;\nconst x = ;\n";
const LONG = `export default (r) => r;\nconst x = [${"1, ".repeat(200)}];;;; const y = ;`;
write("bad.mjs", BAD);
write("bad.ts", `interface Row { a: number }\n${BAD}`);
write("enum.ts", `enum Colour { red }\n${BAD}`);
write("tab.mjs", "export default (r) => r;\n\tconst x = ;\n");
write("long.mjs", LONG);
write("imports.mjs", 'import { one } from "./bad.mjs";\nexport default () => one;\n');
write("two imports.mjs", 'export * from "./imports.mjs";\nexport { default } from "./imports.mjs";\n');

const CASES: ReadonlyArray<[script: string, place: string, shown: string]> = [
  ["bad.mjs", "bad.mjs:2:11", "  const x = ;\n            ^"],
  ["bad.ts", "bad.ts:3:11", "  const x = ;\n            ^"],
  ["enum.ts", "enum.ts:3:11", "  const x = ;\n            ^"],
  ["tab.mjs", "tab.mjs:2:12", "  \tconst x = ;\n  \t          ^"],
  ["imports.mjs", "bad.mjs:2:11", "  const x = ;\n            ^"],
  ["two imports.mjs", "bad.mjs:2:11", "  const x = ;\n            ^"],
];

for (const [script, place, shown] of CASES) {
  test(`a syntax error names ${place} for ${script}`, async () => {
    const { code, stderr } = await runPmap([script], { cwd: folder, stdin: "1\n" });
    assert.equal(code, 1);
    const [first, at, ...rest] = stderr.trimEnd().split("\n");
    assert.match(first ?? "", new RegExp(`^pmap: Cannot load "${script}": SyntaxError: [^\n]+$`));
    assert.equal(at, `    at ${join(folder, place)}`);
    assert.equal(rest.join("\n"), shown);
  });
}

test("of a long line only the part around the place is shown", async () => {
  const { stderr } = await runPmap(["long.mjs"], { cwd: folder, stdin: "1\n" });
  const [, at = "", line = "", caret = ""] = stderr.split("\n");
  const column = LONG.split("\n")[1]?.lastIndexOf(";") ?? 0;
  assert.equal(at, `    at ${join(folder, "long.mjs")}:2:${column + 1}`);
  assert.equal(line.length <= 102, true, line);
  assert.equal(caret.endsWith("^"), true);
  assert.equal(line[caret.length - 1], ";");
});

test("an error that a module throws as it is loaded is no syntax error", async () => {
  write("throws.mjs", "throw new SyntaxError('of mine');");
  const { stderr } = await runPmap(["throws.mjs"], { cwd: folder, stdin: "1\n" });
  assert.match(
    withoutDetails(stderr),
    /^pmap: Cannot load "throws\.mjs": SyntaxError: of mine\n {4}at .*throws\.mjs:1:\d+\)?\n$/,
  );
});

test("a module that cannot parse its own JSON, or throws a message of a compiler's form, is no syntax error of its file", async () => {
  write("data.json", "{ no json");
  write(
    "reads.mjs",
    `import { readFileSync } from "node:fs";
export const data = JSON.parse(readFileSync(new URL("./data.json", import.meta.url), "utf8"));
export default () => import("./data.json", { with: { type: "json" } });
`,
  );
  write("says.mjs", 'throw new Error("log:3:4: ERROR: not mine");');
  const reads = await runPmap(["reads.mjs"], { cwd: folder, stdin: "1\n" });
  assert.match(reads.stderr, /^pmap: Cannot load "reads\.mjs": SyntaxError: /);
  assert.match(reads.stderr, /reads\.mjs:2:\d+/);
  assert.doesNotMatch(withoutDetails(reads.stderr), /\^/);
  const says = await runPmap(["says.mjs"], { cwd: folder, stdin: "1\n" });
  assert.match(says.stderr, /^pmap: Cannot load "says\.mjs": Error: log:3:4: ERROR: not mine\n/);
});

test("a module that is not found is no syntax error", async () => {
  write("misses.mjs", 'import "./missing.mjs";\nexport default (r) => r;\n');
  const { code, stderr } = await runPmap(["misses.mjs"], { cwd: folder, stdin: "1\n" });
  assert.equal(code, 1);
  assert.match(stderr, /^pmap: Cannot load "misses\.mjs": [^\n]*missing\.mjs/);
  assert.doesNotMatch(stderr, /SyntaxError/);
  // Deno colours the place, and tells it twice.
  assert.equal(/\\x1b/.test(stderr) || stderr.includes("\u001b"), false, stderr);
  assert.equal(new Set(stderr.split("\n")).size, stderr.split("\n").length, stderr);
});
