// laws: records are counted as the reader finds them, however the bytes come.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RecordCounter } from "../../../../../core/coordinator/schedule/record-counter.ts";
import { cutAt, cutsOf } from "../../../../support/cuts.ts";

const line = fc.oneof(
  fc.constantFrom("", " ", "\t\r", "\u00a0", "\u3000 ", "\ufeff", "1", ' {"a":1}', "\u00a0x", "é", "\u0001"),
  fc.string({ unit: "grapheme", maxLength: 8 }).map((text) => text.replaceAll("\n", ".")),
);
const input = fc
  .tuple(fc.array(line, { maxLength: 12 }), fc.boolean())
  .map(([lines, ends]) => lines.join("\n") + (ends ? "\n" : ""));
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Where records begin, by a plain split. */
function starts(text: string, skipsBlank: boolean): number[] {
  const found: number[] = [];
  let at = 0;
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  for (const line of lines) {
    if (!skipsBlank || line.trim() !== "") found.push(at);
    at += encoder.encode(line).length + 1;
  }
  return found;
}

test("the n-th record is where a plain split finds it, and all are counted up to a border", () => {
  fc.assert(
    fc.property(
      input,
      cutsOf(60),
      fc.boolean(),
      fc.integer({ min: 1, max: 14 }),
      fc.nat(60),
      (text, cuts, skipsBlank, most, to) => {
        const bytes = encoder.encode(text);
        const expected = starts(text, skipsBlank).filter((start) => start < to);
        const counter = new RecordCounter(
          { separator: 10, skipsBlank, to, most, decode: (part) => decoder.decode(part) },
          0,
        );
        let offset = 0;
        let last: number | undefined;
        for (const piece of cutAt(bytes, cuts)) {
          last ??= counter.shouldYield ? undefined : counter.scan(piece, offset);
          offset += piece.length;
        }
        if (last === undefined && !counter.shouldYield) last = counter.end();
        assert.equal(last, expected[most - 1]);
        assert.equal(counter.records, Math.min(most, expected.length));
      },
    ),
    { numRuns: 1000 },
  );
});
