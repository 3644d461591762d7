// laws: the scanner ends records where an automaton of four states does, however the bytes come in pieces.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadRuntime } from "../../../../../adapters/detect.ts";
import { CsvScanner } from "../../../../../core/formats/csv/scanner.ts";

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

test("records end where a plain automaton ends them, in any cut", () => {
  for (const rules of RULES) checkEnds(rules);
});

function checkEnds(rules: Rules): void {
  const texts = fc.array(fc.constantFrom(...(rules === RULES[0] ? PARTS : RULED_PARTS)), { maxLength: 40 });
  fc.assert(
    fc.property(texts, fc.oneof(fc.integer({ min: 1, max: 7 }), fc.constantFrom(50, 1000)), (parts, size) => {
      const text = parts.join("");
      const bytes = new TextEncoder().encode(text);
      const scanner = new CsvScanner({ delimiter: ",", lineEnd: 10, quotes: true, ...rules }, codec);
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

test("the first record that ends at a border or behind it", () => {
  const bytes = new TextEncoder().encode('a\n"b\nc"\nd\n');
  for (const [least, end] of [
    [0, 2],
    [2, 2],
    [3, 8],
    [8, 8],
    [9, 10],
    [11, -1],
  ] as const)
    assert.equal(
      new CsvScanner({ delimiter: ",", lineEnd: 10, quotes: true }, codec).next(bytes, 0, bytes.length, least),
      end,
      `from ${least}`,
    );
});
