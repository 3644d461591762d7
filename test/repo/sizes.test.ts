// One idea a file, one state a class: what is longer than this has more than one.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Node, SourceFile } from "typescript/unstable/ast";
import {
  isArrowFunction,
  isBlock,
  isClassDeclaration,
  isClassExpression,
  isConstructorDeclaration,
  isFunctionDeclaration,
  isFunctionExpression,
  isGetAccessorDeclaration,
  isMethodDeclaration,
  isSetAccessorDeclaration,
} from "typescript/unstable/ast/is";
import { API } from "typescript/unstable/async";

const MAX_CLASS = 150;
const MAX_FILE = 250;
/** Half of the functions of a layer are at most this long, and nine of ten. */
const MEDIAN_FUNCTION = 8;
const P90_FUNCTION = 22;

/** Long files that are read by looking something up. */
const TABLES = ["api/library/types.ts", "cli/flags/table.ts", "cli/help/flag-docs.ts", "core/protocol/messages.ts"];

const root = fileURLToPath(new URL("../..", import.meta.url));
const LAYERS = ["core", "adapters", "api", "cli"];

/** A file's lines, and those of what is in it. */
interface Sizes {
  readonly file: string;
  readonly lines: number;
  readonly classes: readonly { readonly name: string; readonly lines: number }[];
  /** Of functions that have a body of statements. */
  readonly functions: readonly number[];
}

const sizes = await measure(
  Object.fromEntries(LAYERS.flatMap(sources).map((file) => [file, readFileSync(join(root, file), "utf8")])),
);

test("every class and every file has one idea", () => {
  for (const layer of LAYERS)
    assert.ok(sizes.some(({ file, functions }) => inLayer(file, layer) && functions.length > 0));
  assert.deepEqual(sizes.flatMap(tooLong), []);
});

test("every table that is named is there, and longer than other files may be", () => {
  for (const table of TABLES) assert.ok((sizes.find(({ file }) => file === table)?.lines ?? 0) > MAX_FILE, table);
});

test("functions are short in every layer", () => {
  for (const layer of LAYERS) {
    const lengths = sizes.filter(({ file }) => inLayer(file, layer)).flatMap(({ functions }) => functions);
    assert.deepEqual(longFunctions(lengths), [], layer);
  }
});

const body = (lines: number) => "\n;".repeat(lines);

test("the check sees what is too long", async () => {
  const bad: Record<string, string> = {
    "core/a.ts": `export class A {${body(MAX_CLASS)}\n}\n`,
    "core/b.ts": `const B = class extends Array {${body(MAX_CLASS)}\n};\n`,
    "core/c.ts": `/** A class. */\nfunction make() {\n  return class Inner {${body(MAX_CLASS)}\n};\n}\n`,
    "core/d.ts": "const a = 1;\n".repeat(MAX_FILE + 1),
  };
  assert.deepEqual((await measure(bad)).flatMap(tooLong), [
    `core/a.ts: class A has 152 lines`,
    `core/b.ts: class B has 152 lines`,
    `core/c.ts: class Inner has 152 lines`,
    `core/d.ts has 251 lines`,
  ]);
});

test("the check lets pass what is short, and tables", async () => {
  const good: Record<string, string> = {
    "core/a.ts": `/** A class.${"\n * It has much to say.".repeat(20)} */\nexport class A {${body(MAX_CLASS - 2)}\n}\n`,
    "core/b.ts": "const a = 1;\n".repeat(MAX_FILE),
    "core/protocol/messages.ts": "export type A = 1;\n".repeat(MAX_FILE + 50),
    "core/c.ts": `const text = \`class A {${body(MAX_CLASS + 20)}\n}\`;\n`,
  };
  assert.deepEqual((await measure(good)).flatMap(tooLong), []);
});

test("functions are counted that have statements, with what is in them", async () => {
  const source = `function a() {
  return [1].map((n) => {
    return n;
  });
}
class B {
  constructor() {}
  get b() {
    return 1;
  }
  set b(to) {}
  c = () => 1;
  d() {}
  declare(): void;
}
const e = function () {};
const f = (n) => n;
declare function g(): void;
`;
  const [{ functions = [] } = {}] = await measure({ "core/a.ts": source });
  assert.deepEqual(functions, [5, 3, 1, 3, 1, 1, 1]);
});

test("the check sees functions that are too long", () => {
  assert.deepEqual(longFunctions([...new Array(5).fill(8), ...new Array(4).fill(22), 100]), []);
  assert.deepEqual(longFunctions([...new Array(4).fill(8), ...new Array(6).fill(9)]), ["half of them: 9 lines"]);
  assert.deepEqual(longFunctions([...new Array(8).fill(1), 23, 23]), ["nine of ten: 23 lines"]);
});

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => posix.join(folder, file.replaceAll("\\", "/")))
    .sort();
}

function inLayer(file: string, layer: string): boolean {
  return file.startsWith(`${layer}/`);
}

function tooLong({ file, lines, classes }: Sizes): string[] {
  const found = classes
    .filter((each) => each.lines > MAX_CLASS)
    .map((each) => `${file}: class ${each.name} has ${each.lines} lines`);
  if (lines > MAX_FILE && !TABLES.includes(file)) found.push(`${file} has ${lines} lines`);
  return found;
}

function longFunctions(lengths: readonly number[]): string[] {
  const sorted = [...lengths].sort((a, b) => a - b);
  const median = sorted[Math.ceil(sorted.length * 0.5) - 1] ?? 0;
  const p90 = sorted[Math.ceil(sorted.length * 0.9) - 1] ?? 0;
  const found: string[] = [];
  if (median > MEDIAN_FUNCTION) found.push(`half of them: ${median} lines`);
  if (p90 > P90_FUNCTION) found.push(`nine of ten: ${p90} lines`);
  return found;
}

/** @param files text by path */
async function measure(files: Readonly<Record<string, string>>): Promise<Sizes[]> {
  const base = "/sizes/";
  const options = { noLib: true, noResolve: true, types: [] };
  const config = JSON.stringify({ compilerOptions: options, files: Object.keys(files) });
  const texts = new Map(
    [["tsconfig.json", config], ...Object.entries(files)].map(([path, text]) => [base + path, text]),
  );
  const api = new API({
    cwd: root,
    fs: { readFile: (path) => texts.get(path), fileExists: (path) => texts.has(path) },
  });
  try {
    const snapshot = await api.updateSnapshot({ openProjects: [`${base}tsconfig.json`] });
    const [project] = snapshot.getProjects();
    const measured = Object.entries(files).map(async ([file, text]) => {
      const source = await project?.program.getSourceFile(base + file);
      assert.ok(source, `${file} is not parsed`);
      return sizesOf(file, text, source);
    });
    return await Promise.all(measured);
  } finally {
    await api.close();
  }
}

function sizesOf(file: string, text: string, source: SourceFile): Sizes {
  const classes: { name: string; lines: number }[] = [];
  const functions: number[] = [];
  const linesOf = (node: Node) => text.slice(node.getStart(source), node.end).split("\n").length;
  const visit = (node: Node, name: string) => {
    const own = "name" in node && node.name !== undefined ? (node.name as Node).getText(source) : name;
    if (isClassDeclaration(node) || isClassExpression(node)) classes.push({ name: own, lines: linesOf(node) });
    if (hasStatements(node)) functions.push(linesOf(node));
    node.forEachChild((child) => visit(child, own));
  };
  visit(source, "");
  return { file, lines: text.split("\n").length - 1, classes, functions };
}

function hasStatements(node: Node): boolean {
  if (isArrowFunction(node)) return isBlock(node.body);
  const isFunction =
    isFunctionDeclaration(node) ||
    isFunctionExpression(node) ||
    isMethodDeclaration(node) ||
    isConstructorDeclaration(node) ||
    isGetAccessorDeclaration(node) ||
    isSetAccessorDeclaration(node);
  return isFunction && node.body !== undefined;
}
