// Parts that workers make: written in their order, and no more on their way than may be.
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadRuntime } from "../../../../../adapters/detect.ts";
import { createOrderedParts } from "../../../../../core/coordinator/commit/ordered-parts.ts";
import { createStreamSink } from "../../../../../core/coordinator/commit/sinks.ts";
import type { DoneReply } from "../../../../../core/coordinator/workers/reply.ts";
import { NO_ENDS } from "../../../../../core/formats/format.ts";

const { text } = await loadRuntime();

function partsWith(most: number) {
  const written: number[] = [];
  const stream = {
    write: (pieces: readonly Uint8Array[]) => void written.push(...pieces.flatMap((piece) => [...piece])),
  };
  return { parts: createOrderedParts({ file: createStreamSink(stream, NO_ENDS, text), most: () => most }), written };
}

/** Later ones are sooner done. */
async function reply(number: number): Promise<DoneReply> {
  for (let turn = 0; turn < 50 - number; turn++) await Promise.resolve();
  return { tag: "done", done: { bytes: 1 }, body: [Uint8Array.of(number)] } as unknown as DoneReply;
}

test("many parts that come at once are made a few at a time, and written in their order", async () => {
  const { parts, written } = partsWith(3);
  let given = 0;
  let mostOpen = 0;
  await parts.addAll(() => {
    mostOpen = Math.max(mostOpen, parts.open + 1);
    return given < 20 ? reply(given++) : undefined;
  });
  await parts.written();
  assert.deepEqual(
    written,
    Array.from({ length: 20 }, (_, i) => i),
  );
  assert.equal(mostOpen, 3);
});

test("a part that fails ends those that are to come", async () => {
  const { parts } = partsWith(1);
  let given = 0;
  const all = parts.addAll(() => (given++ === 1 ? Promise.reject(new Error("no")) : reply(given)));
  await assert.rejects(async () => all, /^Error: no$/);
  assert.equal(given, 2);
  assert.throws(() => parts.addAll(() => undefined), /^Error: no$/);
});
