// What the coordinator reads itself is the file that was there when the job started, or an error in a sentence.
import assert from "node:assert/strict";
import { renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { identityOf, openInput } from "../../../../../adapters/shared/positional-files.ts";
import type { FileSource } from "../../../../../core/coordinator/job/source.ts";
import { OpenFile } from "../../../../../core/coordinator/schedule/open-file.ts";
import { temporaryFolder } from "../../../../support/run-pmap.ts";

const folder = temporaryFolder();

function sourceOf(name: string): FileSource {
  const path = join(folder, name);
  writeFileSync(path, "a,b\n1,2\n");
  return { kind: "file", name, path, begin: 0, end: 8, identity: identityOf(statSync(path)) };
}

test("a file is read, and another one closes it", () => {
  const open = new OpenFile(openInput);
  const bytes = new Uint8Array(3);
  const first = sourceOf("first");
  assert.equal(open.of(0, first).read(bytes, 0, 3, 4), 3);
  assert.equal(new TextDecoder().decode(bytes), "1,2");
  const file = open.of(0, first);
  assert.equal(open.of(0, first), file, "it is opened once");
  const second = open.of(1, sourceOf("second"));
  assert.notEqual(second, file);
  open.close();
  for (const closed of [file, second])
    assert.throws(() => closed.read(bytes, 0, 3, 0), /^JobError: Cannot read "(first|second)": /);
});

test("a file that has been replaced or removed since is an error with its name", () => {
  const open = new OpenFile(openInput);
  const replaced = sourceOf("replaced");
  sourceOf("other");
  renameSync(join(folder, "other"), replaced.path);
  assert.throws(() => open.of(0, replaced), /^JobError: Cannot read "replaced": it was replaced by another file/);
  const removed = sourceOf("removed");
  rmSync(removed.path);
  assert.throws(() => open.of(1, removed), /^JobError: Cannot read "removed": /);
});
