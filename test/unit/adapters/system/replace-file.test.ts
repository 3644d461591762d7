import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { canBeReplaced, copyInPlace, moveInPlace } from "../../../../adapters/system/replace-file.ts";
import { temporaryFolder } from "../../../support/run-pmap.ts";

const folder = temporaryFolder();

function files(name: string): { readonly path: string; readonly temporary: string } {
  const path = join(folder, name);
  const temporary = `${path}.new`;
  writeFileSync(path, "what was there, and is longer");
  chmodSync(path, 0o640);
  writeFileSync(temporary, "new", { mode: 0o600 });
  return { path, temporary };
}

test("a file takes the name and the mode of the one that it replaces", () => {
  const { path, temporary } = files("moved");
  const before = statSync(path);
  assert.ok(canBeReplaced(path, before));
  moveInPlace(temporary, path, before);
  const after = statSync(path);
  assert.deepEqual([readFileSync(path, "utf8"), after.mode & 0o777, existsSync(temporary)], ["new", 0o640, false]);
  assert.notEqual(after.ino, before.ino);
});

test("one that is new has the mode that the user's files have", () => {
  const path = join(folder, "fresh");
  writeFileSync(`${path}.new`, "new", { mode: 0o600 });
  moveInPlace(`${path}.new`, path, undefined);
  assert.equal(statSync(path).mode & 0o777, 0o666 & ~process.umask());
});

test("where a name cannot be given, the file stays the same and gets what is in the other, no more", () => {
  const { path, temporary } = files("copied");
  const before = statSync(path);
  copyInPlace(temporary, path);
  assert.deepEqual([readFileSync(path, "utf8"), statSync(path).ino, existsSync(temporary)], ["new", before.ino, false]);
});
