// law: an emit that throws leaves the bytes and the columns as they were, in every format that is written.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bufferText } from "../../../../../adapters/shared/buffer-codec.ts";
import { joinPieces } from "../../../../../core/bytes.ts";
import { outputCodec } from "../../../../../core/formats/codecs.ts";
import type { FormatOptions } from "../../../../../core/formats/format.ts";
import { outputNames } from "../../../../../core/formats/registry.ts";
import { PiecePool, PrintEmitter, TableEmitter } from "../../../../../core/worker/emitters/print.ts";
import { tablePrinting } from "../../../../../core/worker/table-printing.ts";
import { CSV_DEFAULTS } from "../../../../support/csv-options.ts";

interface Written {
  readonly text: string;
  /** For each value, whether it was emitted. */
  readonly emitted: readonly boolean[];
}

async function write(format: string, options: FormatOptions, values: readonly unknown[]): Promise<Written> {
  const codec = outputCodec(format);
  const output = (await codec.load?.()) ?? codec;
  const printing = tablePrinting(output, options, bufferText);
  const table = printing.createPrinter(undefined);
  const pool = new PiecePool();
  const emitter =
    table === undefined ? new PrintEmitter(output, bufferText, pool) : new TableEmitter(table, bufferText, pool);
  const emitted = values.map((value) => {
    try {
      return emitter.emit(value);
    } catch {
      return false;
    }
  });
  const pieces = emitter.takePieces();
  const found = printing.foundColumns(undefined, table);
  // The columns of row groups are those that the rows have.
  const groups = await output.loadRowGroups?.(bufferText);
  const text = bufferText.decode(joinPieces(pieces), 0, joinPieces(pieces).length);
  if (groups !== undefined) return { text: `${groups.columnsOf(text, ["..."])}\n${text}`, emitted };
  const whole = joinPieces(printing.withHeader(pieces, found, table));
  return { text: bufferText.decode(whole, 0, whole.length), emitted };
}

const name = fc.constantFrom("a", "b", "a,b", "__proto__");
const field = fc.constantFrom<unknown>(
  1,
  "x",
  "x,y",
  "x\ny",
  null,
  undefined,
  1n,
  [1n],
  { c: 1 },
  "\udc00",
  () => 1,
  new Date(0),
  { toJSON: () => [1n] },
);
const record = fc.oneof(
  fc.array(fc.tuple(name, field), { maxLength: 3 }).map((fields) => Object.fromEntries(fields)),
  fc.constantFrom<unknown>(
    1,
    null,
    "x",
    [1],
    [1n],
    undefined,
    Symbol("x"),
    new Date(0),
    { toJSON: () => undefined },
    { toJSON: () => ({ b: 1 }) },
  ),
);
const flags = fc.record({ quotes: fc.boolean(), header: fc.boolean() });

for (const format of outputNames())
  test(`${format}: values that cannot be printed are as if they had not been there`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 6 }), flags, async (values, said) => {
        const options = { ...CSV_DEFAULTS, ...said };
        const all = await write(format, options, values);
        const good = await write(
          format,
          options,
          values.filter((_, i) => all.emitted[i]),
        );
        assert.equal(all.text, good.text);
        assert.ok(good.emitted.every(Boolean));
      }),
      { numRuns: 300 },
    );
  });
