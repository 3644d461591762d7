// laws: the scanner ends records where an automaton of four states does, however the bytes come in pieces.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadRuntime } from "../../../../../adapters/detect.ts";
import type { Borders } from "../../../../../core/formats/csv/dialect.ts";
import { createCsvScanner } from "../../../../../core/formats/csv/piece-scanner.ts";
import { CsvScanner } from "../../../../../core/formats/csv/scanner.ts";
import type { Scanner } from "../../../../../core/formats/format.ts";

const { text: codec } = await loadRuntime();

type State = "field start" | "plain" | "quoted" | "quote in quotes";

interface Rules {
  readonly comment?: string;
  readonly trim?: boolean;
}

/** Ends of records, told character by character as RFC 4180 has it; quotes elsewhere are characters. */
function plainEnds(text: string, delimiter: string, { comment, trim = false }: Rules = {}): number[] {
  const ends: number[] = [];
  let state: State = "field start";
  let isStart = true;
  let inComment = false;
  for (const [at, character] of [...text].entries()) {
    if (isStart) inComment = character === comment;
    isStart = false;
    if (inComment && character !== "\n") continue;
    if (state === "quoted") {
      if (character === '"') state = "quote in quotes";
      continue;
    }
    if (state === "quote in quotes" && character === '"') {
      state = "quoted";
      continue;
    }
    if (character === "\n") {
      ends.push(at + 1);
      state = "field start";
      isStart = true;
    } else if (trim && state === "field start" && (character === " " || character === "\t")) continue;
    else if (character === delimiter) state = "field start";
    // Behind a closing quote text goes on as plain text.
    else state = character === '"' && state === "field start" ? "quoted" : "plain";
  }
  return ends;
}

// Long parts without a quote are searched another way.
const PARTS = ['"', '""', ",", "\n", "a", ' "', "\r\n", ',"', '"\n', "x".repeat(30), `${"y".repeat(12)}\n`];
const RULED_PARTS = [...PARTS, "#", "\n#", ' \t"', " ", '\n#"', " ".repeat(30), "\n  #", `\n#${"z".repeat(30)}"\n`];
const RULES: readonly Rules[] = [{}, { comment: "#" }, { trim: true }, { comment: "#", trim: true }];

/** By JavaScript, and by WebAssembly where that does without the rules. */
const CREATE = {
  "byte by byte": (borders: Borders) => new CsvScanner(borders, codec),
  "in pieces": (borders: Borders) => createCsvScanner(borders, codec, 1),
};
const borders = { delimiter: ",", lineEnd: 10, quotes: true } as const;

for (const [how, create] of Object.entries(CREATE)) {
  test(`records end where a plain automaton ends them, in any cut, ${how}`, () => {
    for (const rules of RULES) checkEnds(rules, create);
  });

  test(`the first record that ends at a border or behind it, ${how}`, () => {
    const bytes = new TextEncoder().encode('a\n"b\nc"\nd\n');
    for (const [least, end] of [
      [0, 2],
      [2, 2],
      [3, 8],
      [8, 8],
      [9, 10],
      [11, -1],
    ] as const)
      assert.equal(create(borders).next(bytes, 0, bytes.length, least), end, `from ${least}`);
  });

  test(`of many records those that end at random borders, ${how}`, () => {
    const parts = fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 40 });
    const steps = fc.infiniteStream(fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 150_000 })));
    fc.assert(
      fc.property(parts, fc.constantFrom(1, 3, 20_000), steps, (some, times, borderSteps) => {
        const text = some.join("").repeat(times).slice(0, 300_000);
        const bytes = new TextEncoder().encode(text);
        const ends = plainEnds(text, ",");
        const scanner = create(borders);
        for (let at = 0; ; ) {
          const least = at + borderSteps.next().value;
          const end = scanner.next(bytes, at, bytes.length, least);
          assert.equal(end, ends.find((each) => each > at && each >= least) ?? -1);
          if (end === -1) break;
          at = end;
        }
      }),
      { numRuns: 200 },
    );
  });
}

function checkEnds(rules: Rules, create: (borders: Borders) => Scanner): void {
  const texts = fc.array(fc.constantFrom(...(rules === RULES[0] ? PARTS : RULED_PARTS)), { maxLength: 40 });
  fc.assert(
    fc.property(texts, fc.oneof(fc.integer({ min: 1, max: 7 }), fc.constantFrom(50, 100, 1000)), (parts, size) => {
      const text = parts.join("");
      const bytes = new TextEncoder().encode(text);
      const scanner = create({ ...borders, ...rules });
      const found: number[] = [];
      for (let start = 0; start < bytes.length; start += size) {
        const piece = bytes.subarray(start, start + size);
        for (let at = 0; ; ) {
          const end = scanner.next(piece, at, piece.length, 0);
          if (end === -1) break;
          found.push(start + end);
          at = end;
        }
      }
      assert.deepEqual(found, plainEnds(text, ",", rules));
    }),
    { numRuns: 20_000 },
  );
}
