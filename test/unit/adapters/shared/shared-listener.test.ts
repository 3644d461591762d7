import assert from "node:assert/strict";
import { test } from "node:test";
import { SharedListener } from "../../../../adapters/shared/shared-listener.ts";

function shared() {
  const hearing = new Set<(event: string) => void>();
  const listener = new SharedListener<string>({
    listen: (hear) => hearing.add(hear),
    unlisten: (hear) => hearing.delete(hear),
  });
  const tell = (event: string) => {
    for (const hear of [...hearing]) hear(event);
  };
  return { listener, tell, size: () => hearing.size };
}

test("a source has one listener, however many hear it, and none when all have left", () => {
  const { listener, tell, size } = shared();
  assert.equal(size(), 0);
  const heard: string[] = [];
  const hear = (event: string) => heard.push(event);
  // The same function twice is heard twice.
  const ends = [listener.add(hear), listener.add(hear), listener.add((event) => heard.push(`${event}!`))];
  assert.equal(size(), 1);
  tell("a");
  assert.deepEqual(heard, ["a", "a", "a!"]);
  ends[0]?.();
  ends[0]?.();
  tell("b");
  assert.deepEqual(heard.slice(3), ["b", "b!"]);
  ends[1]?.();
  assert.equal(size(), 1);
  ends[2]?.();
  assert.equal(size(), 0);
  listener.add(hear)();
  assert.equal(size(), 0);
});

test("one that leaves while it is called does not keep others from being called", () => {
  const { listener, tell } = shared();
  const heard: string[] = [];
  const end = listener.add(() => end());
  listener.add((event) => heard.push(event));
  tell("a");
  tell("b");
  assert.deepEqual(heard, ["a", "b"]);
});
