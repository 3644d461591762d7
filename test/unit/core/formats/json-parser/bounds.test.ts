// laws: no scan of the JSON reader goes beyond its window, whatever bytes stand there, and wherever the window ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JsonScanner } from "../../../../../core/formats/json-parser/scanner.ts";

const encoder = new TextEncoder();
/** Behind the window: what a scan that goes on would find to go on with. */
const BEHIND = [`"}]`, `\\"`, `{"a":[{"b":"`, `1234567890123456789`, `,,,,`];

/** Bytes that say how often they are looked at, and are not to be looked at too far. */
function watched(text: string, behind: string): { bytes: Uint8Array; reads: () => number } {
  const all = encoder.encode(text + behind);
  let reads = 0;
  const bytes = new Proxy(all, {
    get(target, property) {
      const index = typeof property === "string" ? Number(property) : Number.NaN;
      if (Number.isInteger(index)) {
        reads++;
        assert.ok(index <= text.length, `byte ${index} is looked at, of a window of ${text.length}`);
        assert.ok(reads <= 40 * (text.length + 4), "there is no end of reading");
      }
      return Reflect.get(target, property, target);
    },
  });
  return { bytes, reads: () => reads };
}

function readAll(text: string, behind: string): void {
  const { bytes } = watched(text, behind);
  const values = new JsonScanner();
  values.begin(bytes, text, 0);
  for (let from = values.at; values.at < text.length; from = values.at) {
    try {
      if (values.read() === undefined) return;
    } catch (error) {
      assert.ok(error instanceof SyntaxError, String(error));
      return;
    }
    if (values.at === from) return;
  }
}

const TEXTS = [
  '{"a":[{"b":"yyyy\\"z","c":[1,-2.5e10,[{"d":null}]]}]}',
  '[{"b":"\\\\"},"\\u00e9",12345678901234567890,{}]',
  '"a string \\\\ with \\" escapes \\\\"',
  '[[[[[["x\\\\"]]]]],{"k":{"k":{"k":"\\"}"}}}]',
  "[-0.00001,1e400,true,false,null,-]",
];

test("a window may end at any byte of a value, also behind a backslash", () => {
  for (const text of TEXTS)
    for (let start = 0; start < text.length; start++)
      for (let end = start; end <= text.length; end++)
        for (const behind of BEHIND) readAll(`${text.slice(start, end)}\n`, behind);
});

test("random bytes of the alphabet of JSON are read to an end", () => {
  const text = fc.string({ unit: fc.constantFrom(...'{}[]",:\\ 019.eE+-tfnu\n\t'), maxLength: 60 });
  fc.assert(
    fc.property(text, fc.constantFrom(...BEHIND), (some, behind) => readAll(`${some}\n`, behind)),
    { numRuns: 20_000 },
  );
});
