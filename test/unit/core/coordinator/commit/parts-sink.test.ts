import assert from "node:assert/strict";
import { test } from "node:test";
import { bufferText as text } from "../../../../../adapters/shared/buffer-codec.ts";
import { createPartsSink } from "../../../../../core/coordinator/commit/parts-sink.ts";

function createSink(head: string) {
  const files = new Map<string, string>([
    ["part-0.7", "one\n"],
    ["part-1.5", "two\n"],
  ]);
  const sink = createPartsSink({
    write: async (name, pieces) => {
      files.set(name, `${files.get(name) ?? ""}${Buffer.concat(pieces)}`);
    },
    head,
    text,
  });
  const whole = () => sink.parts.map((name) => files.get(name)).join("");
  const here = (words: string) => sink.commit({ tag: "here", pieces: [text.encode(words)] }, () => Promise.reject());
  return { sink, whole, here };
}

test("parts stand in the order of their commits, behind the head and around what passes through", async () => {
  const { sink, whole, here } = createSink("head\n");
  await sink.commitPart?.("part-0.7", 4);
  await here("between\n");
  await here("them\n");
  await sink.commitPart?.("part-1.5", 4);
  await sink.finish();
  assert.equal(whole(), "head\none\nbetween\nthem\ntwo\n");
  assert.equal(sink.parts.length, 4);
  assert.equal(sink.position, 21);
});

test("without any part what passes through is one, and nothing at all is the head", async () => {
  const some = createSink("head\n");
  await some.here("only\n");
  await some.sink.finish();
  assert.deepEqual([some.whole(), some.sink.parts.length], ["head\nonly\n", 1]);
  const none = createSink("head\n");
  await none.sink.finish();
  assert.equal(none.whole(), "head\n");
  const empty = createSink("");
  await empty.sink.finish();
  assert.deepEqual(empty.sink.parts, []);
});
