// The bytes that a batch's values become, and the buffers that they are in.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bufferText } from "../../../../../adapters/shared/buffer-codec.ts";
import { joinPieces } from "../../../../../core/bytes.ts";
import { outputCodec } from "../../../../../core/formats/codecs.ts";
import { PiecePool, PrintEmitter } from "../../../../../core/worker/emitters/print.ts";

/** Prints `values` strings of 1,000 characters. */
function printed(pool: PiecePool, values: number): Uint8Array[] {
  const emitter = new PrintEmitter(outputCodec("text"), bufferText, pool);
  for (let i = 0; i < values; i++) emitter.emit("x".repeat(999));
  return emitter.takePieces();
}

function buffersOf(all: readonly (readonly Uint8Array[])[]): Set<ArrayBufferLike> {
  return new Set(all.flat().map(({ buffer }) => buffer));
}

test("the buffers of batches that have been written are those of the next ones", () => {
  const pool = new PiecePool();
  const threeBatches = () => [2000, 2100, 2200].map((values) => printed(pool, values));
  const first = threeBatches();
  for (const pieces of first) pool.give(pieces);
  const second = buffersOf(threeBatches());
  assert.ok(buffersOf(first).size > 20, "the batches are too small to say anything");
  const before = buffersOf(first);
  assert.ok(
    [...second].every((buffer) => before.has(buffer)),
    "a new buffer although there are enough",
  );
});

test("what is taken back leaves the bytes before it as they were, however much came after", () => {
  const emitter = new PrintEmitter(outputCodec("text"), bufferText, new PiecePool());
  emitter.emit("kept");
  const undo = emitter.mark();
  for (let i = 0; i < 1000; i++) emitter.emit("y".repeat(999));
  undo();
  emitter.emit("after");
  assert.equal(new TextDecoder().decode(joinPieces(emitter.takePieces())), "kept\nafter\n");
});
