// laws: no scan of the JSON reader goes beyond its window, whatever bytes stand there, and wherever the window ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadRuntime } from "../../../../../adapters/detect.ts";
import { JsonScanner } from "../../../../../core/formats/json-parser/scanner.ts";
import { WindowText } from "../../../../../core/formats/json-parser/window-text.ts";

const { text: codec } = await loadRuntime();
const encoder = new TextEncoder();
/** Behind the window: what a scan that goes on would find to go on with. */
const BEHIND = [`"}]`, `\\"`, `{"a":[{"b":"`, `1234567890123456789`, `,,,,`];

/** Bytes that say how often they are looked at, and are not to be looked at too far. */
function watched(all: Uint8Array, length: number): Int8Array {
  let reads = 0;
  return new Proxy(new Int8Array(all.buffer, all.byteOffset, all.length), {
    get(target, property) {
      const index = typeof property === "string" ? Number(property) : Number.NaN;
      if (Number.isInteger(index)) {
        reads++;
        assert.ok(index <= length, `byte ${index} is looked at, of a window of ${length}`);
        assert.ok(reads <= 40 * (length + 4), "there is no end of reading");
      }
      return Reflect.get(target, property, target);
    },
  });
}

/** @param window ends with a control character */
function readAll(window: Uint8Array, behind: string): void {
  const all = new Uint8Array([...window, ...encoder.encode(behind)]);
  const text = new WindowText(codec);
  text.begin(all);
  const values = new JsonScanner(text);
  values.begin(watched(all, window.length), codec.asciiOf(all, 0, window.length), 0);
  for (let from = values.at; values.at < window.length; from = values.at) {
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
  '[{"é":"北京","🚀\\"":["ü\\n\\\\","\\ud83d🚀"]},"Łódź","éé\\"é"]',
];

test("a window may end at any byte of a value, also behind a backslash", () => {
  for (const text of TEXTS) {
    const bytes = encoder.encode(text);
    for (let start = 0; start < bytes.length; start++)
      for (let end = start; end <= bytes.length; end++)
        for (const behind of BEHIND) readAll(new Uint8Array([...bytes.subarray(start, end), 10]), behind);
  }
});

test("random bytes of the alphabet of JSON are read to an end", () => {
  const text = fc.string({ unit: fc.constantFrom(...'{}[]",:\\ 019.eE+-tfnu\n\té京🚀'), maxLength: 60 });
  fc.assert(
    fc.property(text, fc.constantFrom(...BEHIND), (some, behind) => readAll(encoder.encode(`${some}\n`), behind)),
    { numRuns: 20_000 },
  );
});
