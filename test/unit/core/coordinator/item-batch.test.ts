import assert from "node:assert/strict";
import { test } from "node:test";
import { bufferText as text } from "../../../../adapters/shared/buffer-codec.ts";
import { answerItems, batchOf, type Item, type ItemAnswer } from "../../../../core/coordinator/item-batch.ts";
import { InternalError } from "../../../../core/errors.ts";

function itemsOf(...lines: readonly string[]) {
  const answers = new Map<number, ItemAnswer | unknown>();
  const items = lines.map((line, i): Item => {
    const number = 10 + i;
    const tell = (answer: unknown) => void answers.set(number, answer);
    return { number, line: text.encode(`${line}\n`), resolve: tell, reject: tell };
  });
  return { items, answers };
}

test("items are lines of one block, behind those that came before", () => {
  const { items } = itemsOf("1", "22");
  const { segments, block, bytes, next } = batchOf(items, 100);
  assert.deepEqual(segments, [{ source: 0, start: 100, end: 105, shift: 0 }]);
  assert.deepEqual([block?.start, block?.pieces.length, bytes, next.at], [100, 2, 5, 105]);
});

test("each item has the line that is its own, rejects have none, and one without an answer is an error", () => {
  const { items, answers } = itemsOf("1", "2", "3", "4");
  const failure = { line: 2, message: "no" };
  answerItems(items, { done: { rejects: [failure] }, body: [text.encode("[1]\n[3]\n")] } as never, text);
  assert.deepEqual(answers.get(10), { tag: "values", json: "[1]" });
  assert.deepEqual(answers.get(11), { tag: "rejected", failure: { line: 11, message: "no" } });
  assert.deepEqual(answers.get(12), { tag: "values", json: "[3]" });
  assert.ok(answers.get(13) instanceof InternalError);
});
