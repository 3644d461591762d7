// Locks that count by a file being there, as where there is no flock.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { lockByFile, readHolder } from "../../../../adapters/system/lock-file.ts";
import { temporaryFolder } from "../../../support/run-pmap.ts";

const folder = temporaryFolder();

test("one has the lock, the next is refused and told who has it, and after its release a third gets it", () => {
  const lock = join(folder, "one.lock");
  const first = lockByFile("out", lock);
  assert.equal(readHolder(lock)?.owner.pid, process.pid);
  assert.throws(
    () => lockByFile("out", lock),
    (error: unknown) => {
      assert.match(
        (error as Error).message,
        new RegExp(`^Cannot write "out": another pmap \\(process ${process.pid} on `),
      );
      return true;
    },
  );
  first.release();
  assert.equal(existsSync(lock), false);
  lockByFile("out", lock).release();
  assert.deepEqual(readdirSync(folder), []);
});

test("the lock of a process that is gone is taken over, and a file that is no lock of ours is not", () => {
  const lock = join(folder, "two.lock");
  lockByFile("out", lock);
  const mine = JSON.parse(readFileSync(lock, "utf8")) as Record<string, unknown>;
  // No process has this number.
  writeFileSync(lock, JSON.stringify({ ...mine, pid: 2 ** 30 }));
  const taken = lockByFile("out", lock);
  assert.equal(readHolder(lock)?.owner.pid, process.pid);
  taken.release();
  writeFileSync(lock, "notes of a user");
  assert.equal(readHolder(lock), undefined);
  assert.throws(() => lockByFile("out", lock), /may be writing it\nIf it is gone, remove /);
  assert.equal(readFileSync(lock, "utf8"), "notes of a user");
});
