// One table of flags feeds the parser, the help, completion, the man page and docs/flags.md: each has every flag.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { OPTIONS, type Option } from "../../api/options-table.ts";
import { COMMANDS } from "../../cli/commands.ts";
import { parseArguments } from "../../cli/flags/parse.ts";
import { FLAGS, type Flag } from "../../cli/flags/table.ts";
import { COMMAND_DOCS } from "../../cli/help/command-docs.ts";
import { completion } from "../../cli/help/completion.ts";
import { FLAG_DOCS } from "../../cli/help/flag-docs.ts";
import { fullHelp, help } from "../../cli/help/help.ts";
import { flagsPage, manPage } from "../../cli/help/reference.ts";
import { DEFAULT_FORMAT, FORMATS } from "../../core/formats/registry.ts";

const page = fileURLToPath(new URL("../../docs/flags.md", import.meta.url));
const man = manPage("1.2.3");
const shells = { bash: completion(["bash"]), zsh: completion(["zsh"]), fish: completion(["fish"]) };

for (const { name, short, value, optional } of FLAGS) {
  test(`--${name} is parsed, helped with, completed, and in the man page and docs`, () => {
    const typed = value === undefined || optional === true ? [`--${name}`] : [`--${name}`, "x"];
    assert.ok(parseArguments(typed).flags.has(name));
    assert.ok(fullHelp("1.2.3").includes(` --${name}`));
    assert.ok(help(`--${name}`, "1.2.3").includes(`--${name}`));
    const { doc, example } = FLAG_DOCS[name as keyof typeof FLAG_DOCS];
    const docs = flagsPage().replaceAll("\n", " ");
    assert.ok(docs.includes(`--${name}`) && docs.includes(doc));
    assert.ok(flagsPage().includes(example));
    assert.ok(man.includes(`\\fB\\-\\-${name.replaceAll("-", "\\-")}\\fR`));
    assert.match(shells.bash, new RegExp(`(?<![\\w-])--${name}(?![\\w-])`));
    assert.match(shells.zsh, new RegExp(`--${name}[=\\[,]|--${name}\\}`));
    assert.match(shells.fish, new RegExp(`-l ${name} `));
    const { choices = [] }: Partial<Option> = name in OPTIONS ? OPTIONS[name as keyof typeof OPTIONS] : {};
    for (const choice of choices) {
      for (const text of Object.values(shells)) assert.ok(text.includes(choice), choice);
      assert.ok(help(`--${name}`, "1.2.3").includes(choice), choice);
    }
    if (short !== undefined)
      assert.ok(parseArguments(typed.map((word) => word.replace(/^--.*/, `-${short}`))).flags.has(name));
  });
}

test("the page in docs/ is the one that the tables make", () => {
  assert.equal(readFileSync(page, "utf8"), flagsPage(), "run npm run build, and commit docs/flags.md");
});

test("other spellings of a flag are code in docs/flags.md, with all their hyphens", () => {
  const docs = flagsPage().replaceAll("\n", " ");
  for (const { aliases = [] } of FLAGS as readonly Flag[])
    for (const alias of aliases)
      assert.ok(docs.includes(alias.length === 1 ? `\`-${alias}\`` : `\`--${alias}\``), alias);
});

test("every command is told of, and completed", () => {
  assert.deepEqual(Object.keys(COMMAND_DOCS).sort(), Object.keys(COMMANDS).sort());
  for (const [name, { usage }] of Object.entries(COMMAND_DOCS)) {
    assert.ok(help("commands", "1.2.3").includes(usage), name);
    assert.ok(man.includes(`\\fB${usage.replaceAll("-", "\\-")}\\fR`), name);
    for (const text of Object.values(shells)) assert.ok(text.includes(name), name);
  }
});

test("no line of the man page is a request by accident, and groff and mandoc have nothing to say", () => {
  const requests = /^\.(\\"|TH|SH|SS|TP|IP|EX|EE|nf|fi|br|nh|ad|BR)( |$|(?<=^\.\\")|.)/;
  assert.deepEqual(
    man.split("\n").filter((line) => /^[.']/.test(line) && !requests.test(line)),
    [],
  );
  for (const [program, args] of [
    ["groff", ["-man", "-ww", "-z"]],
    ["mandoc", ["-T", "lint", "-W", "error"]],
  ] as const) {
    const { status, stdout, stderr, error } = spawnSync(program, args, { input: man, encoding: "utf8" });
    if (error !== undefined) continue;
    assert.deepEqual([status, stdout, stderr], [0, "", ""], program);
  }
});

test("the build has written the man page", () => {
  const built = fileURLToPath(new URL("../../dist/pmap.1", import.meta.url));
  assert.ok(existsSync(built), "run npm run build");
  const { version, man: packed } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
    man: string;
  };
  assert.equal(readFileSync(built, "utf8"), manPage(version));
  assert.equal(packed, "./dist/pmap.1");
});

test("every format is told of where formats are listed", () => {
  const formats = readFileSync(new URL("../../docs/formats.md", import.meta.url), "utf8");
  const texts = ["from", "to"].map((name) => FLAGS.find((flag) => flag.name === name)?.help ?? "");
  for (const { name, input, output, extensions } of FORMATS) {
    if (input !== undefined) {
      const row = formats.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
      assert.ok(row !== undefined, `docs/formats.md has no row of ${name}`);
      if (name !== DEFAULT_FORMAT) for (const extension of extensions) assert.ok(row.includes(`\`${extension}\``), row);
      assert.match(texts[0] as string, new RegExp(`\\b${name}\\b`));
      assert.match(FLAG_DOCS.from.doc, new RegExp(`\\b${name}\\b`));
      assert.match(help("formats", "1.2.3"), new RegExp(`^  (.*, )?${name}\\b`, "m"));
    }
    if (output !== undefined) assert.match(texts[1] as string, new RegExp(`\\b${name}\\b`));
  }
});
