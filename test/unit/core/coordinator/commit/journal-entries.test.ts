import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type DurableMark,
  type JournalEntry,
  readEntries,
} from "../../../../../core/coordinator/commit/journal-entries.ts";

const NOW = "this boot";
const BEFORE = "the boot before";

function line(position: number, boot: string): JournalEntry {
  const node = { level: 0, index: position, bytes: 1, value: String(position) };
  return {
    next: { source: 0, offset: position, chunk: position },
    position,
    counts: [position, position, 0, 0, position],
    rejectsByKind: [],
    counters: [],
    lines: [],
    nodes: [node],
    runs: [],
    errorsBytes: 0,
    boot,
  } as unknown as JournalEntry;
}

const textOf = (lines: readonly (JournalEntry | DurableMark)[]): string =>
  lines.map((entry) => `${JSON.stringify(entry)}\n`).join("");

test("the last line of this boot counts, and the partials of all lines add up", () => {
  const text = textOf([line(1, NOW), line(2, NOW), line(3, NOW)]);
  const { entry, entries, characters } = readEntries(text, NOW);
  assert.deepEqual([entry?.position, entries, characters], [3, 3, text.length]);
  assert.deepEqual(
    entry?.nodes.map(({ value }) => value),
    ["1", "2", "3"],
  );
});

test("a line that was not finished is forgotten, wherever it was cut", () => {
  const whole = textOf([line(1, NOW), line(2, NOW)]);
  const last = textOf([line(3, NOW)]);
  for (let cut = 0; cut < last.length; cut++) {
    const { entry, characters } = readEntries(whole + last.slice(0, cut), NOW);
    assert.deepEqual([entry?.position, characters], [2, whole.length]);
  }
});

test("of another boot only those lines count that a mark says are on the disk", () => {
  const durable = [line(1, BEFORE), line(2, BEFORE), line(3, BEFORE)];
  const text = textOf([...durable.slice(0, 2), { durable: 1 }, durable[2] as JournalEntry, { durable: 2 }]);
  const { entry, entries, characters } = readEntries(text, NOW);
  assert.deepEqual([entry?.position, entries], [2, 2]);
  assert.ok(text.slice(0, characters).endsWith('{"durable":1}\n'));
  assert.equal(readEntries(textOf([line(1, BEFORE)]), NOW).entry, undefined);
});

test("lines of this boot count behind those of another that are on the disk", () => {
  const text = textOf([line(1, BEFORE), { durable: 1 }, line(2, NOW), line(3, NOW)]);
  assert.equal(readEntries(text, NOW).entry?.position, 3);
  const lost = textOf([line(1, BEFORE), line(2, BEFORE), { durable: 1 }, line(3, NOW)]);
  assert.equal(readEntries(lost, NOW).entry?.position, 1);
});

test("what stands behind a hole does not count", () => {
  const hole = `${"\0".repeat(100)}\n`;
  const text = [textOf([line(1, NOW)]), hole, textOf([line(3, NOW), { durable: 2 }])].join("");
  assert.equal(readEntries(text, NOW).entry?.position, 1);
});
