// A runtime's parser of many JSON lines is used only when it is none of those that let a corrupt line pass.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isTrustworthy, type ParseChunk } from "../../../../adapters/bun/lines-probe.ts";

/** A parser line by line, with a fault. */
function parser(parseLine: (line: string) => unknown[]): ParseChunk {
  return (bytes) => {
    const values: unknown[] = [];
    for (const line of new TextDecoder().decode(bytes).split("\n").slice(0, -1)) {
      try {
        values.push(...parseLine(line));
      } catch (error) {
        return { values, done: false, error };
      }
    }
    return { values, done: true, error: null };
  };
}

const firstValue = (line: string) => /^(\{[^}]*\}|[^\s,}\]]+)/.exec(line)?.[0] ?? "";

const FAULTY: Readonly<Record<string, ParseChunk>> = {
  "what follows a value on its line is dropped": parser((line) => [JSON.parse(firstValue(line))]),
  "what follows an object on its line is dropped": parser((line) => [
    JSON.parse(line.startsWith("{") ? firstValue(line) : line),
  ]),
  "a line that is no JSON is undefined": parser((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [undefined];
    }
  }),
  "keys are sorted": parser((line) => {
    const value = JSON.parse(line);
    return [line.startsWith("{") ? Object.fromEntries(Object.entries(value).sort()) : value];
  }),
  "it throws": () => {
    throw new Error("no such parser");
  },
};

for (const [fault, parse] of Object.entries(FAULTY))
  test(`a parser is not trusted where ${fault}`, () => assert.equal(isTrustworthy(parse), false));

test("a parser that is JSON.parse line by line is trusted", () => {
  assert.equal(isTrustworthy(parser((line) => [JSON.parse(line)])), true);
});

test("a parser that leaves out empty lines, and one that says only where it has stopped, are trusted", () => {
  assert.equal(isTrustworthy(parser((line) => (line === "" ? [] : [JSON.parse(line)]))), true);
  const stops: ParseChunk = (bytes) => ({ ...parser((line) => [JSON.parse(line)])(bytes), error: null });
  assert.equal(isTrustworthy(stops), true);
});

test("Bun's own parser is trusted, where there is one (elsewhere there is nothing to try)", () => {
  const own = (globalThis as { Bun?: { JSONL?: { parseChunk?: ParseChunk } } }).Bun?.JSONL?.parseChunk;
  assert.equal(own === undefined || isTrustworthy(own), true);
});
