// Patterns, and the files that they match.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { expand } from "../../../../adapters/system/input-names.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "pmap-names-")));
after(() => rmSync(root, { recursive: true }));

/** With line ends, and without. */
const FILES = ["a\nb.txt", "c\nd/e.txt", "c\nd/f\u2028g\r.txt", "sub/ä🐊\n.txt", "plain.txt", "sub/plain.md"];
const folder = join(root, "in\nfolder");
for (const file of FILES) {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), "");
}

const found = (pattern: string) => expand(folder, pattern);
const inFolder = (files: readonly string[]) => files.map((file) => join(folder, file)).sort();

test("a pattern finds files with line ends in their names, and in the names of folders", async () => {
  assert.deepEqual(await found("**"), inFolder(FILES));
  assert.deepEqual(await found("**/*"), inFolder(FILES));
  assert.deepEqual(await found("**/*.txt"), inFolder(FILES.filter((file) => file.endsWith(".txt"))));
  assert.deepEqual(await found("*"), inFolder(["a\nb.txt", "plain.txt"]));
  assert.deepEqual(await found("a?b.txt"), inFolder(["a\nb.txt"]));
  assert.deepEqual(await found("c\nd/**"), inFolder(["c\nd/e.txt", "c\nd/f\u2028g\r.txt"]));
  assert.deepEqual(await expand(join(folder, "**/*.md"), undefined), inFolder(["sub/plain.md"]));
  assert.deepEqual(await expand(join(root, "**/*b.txt"), undefined), inFolder(["a\nb.txt"]));
});

test("a link with a line end in its name is followed", async () => {
  const links = join(root, "links");
  mkdirSync(links);
  symlinkSync(folder, join(links, "l\nk"));
  assert.deepEqual(await expand(links, "**/*.md"), [join(links, "l\nk/sub/plain.md")]);
});
