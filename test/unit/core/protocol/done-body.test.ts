// laws: what a worker puts into the body of a `done`, the coordinator finds in it, however the body is cut into pieces.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { byteCount, joinPieces } from "../../../../core/bytes.ts";
import { doneBody, outputIn, valuesIn } from "../../../../core/protocol/done-body.ts";

const pieces = fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 4 });

test("the output and the values are found again, in pieces of any length", () => {
  fc.assert(
    fc.property(pieces, pieces, fc.boolean(), fc.integer({ min: 1, max: 4 }), (output, values, kept, length) => {
      const whole = joinPieces(doneBody(kept ? undefined : output, values));
      const body: Uint8Array[] = [];
      for (let at = 0; at < whole.length; at += length) body.push(whole.subarray(at, at + length));
      const nodes = values.map((value) => ({ level: 0, index: 0, present: true, bytes: value.length }));
      const head = { kept, bytes: byteCount(output), nodes };
      if (!kept) assert.deepEqual(joinPieces(outputIn(head, body)), joinPieces(output));
      assert.deepEqual(joinPieces(valuesIn(head, body)), joinPieces(values));
      assert.throws(() => valuesIn(head, [...body, new Uint8Array(1)]), /a partial's length is not what its head says/);
    }),
  );
});
