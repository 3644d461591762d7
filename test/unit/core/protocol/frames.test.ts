import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadRuntime } from "../../../../adapters/detect.ts";
import { byteCount, joinPieces } from "../../../../core/bytes.ts";
import {
  COORDINATOR_SEAL,
  createFrameDecoder,
  drawSeal,
  encodeFrame,
  type Frame,
  FrameError,
  MAX_HEAD_BYTES,
  PREFIX_BYTES,
} from "../../../../core/protocol/frames.ts";
import { cutAt, cutsOf } from "../../../support/cuts.ts";

const { text } = await loadRuntime();

const head = fc.jsonValue();
const piece = fc.uint8Array({ maxLength: 40 });
const message = fc.record({ head, body: fc.array(piece, { maxLength: 4 }) });

function decodeAll(pieces: readonly Uint8Array[]): Frame[] {
  const frames: Frame[] = [];
  const decode = createFrameDecoder(text, (frame) => frames.push(frame));
  for (const bytes of pieces) decode(bytes);
  return frames;
}

/** What a frame says, however its body was cut on the way. */
function contents({ head, body }: { head: unknown; body: readonly Uint8Array[] }): unknown {
  return { head: JSON.stringify(head), body: Array.from(joinPieces(body)) };
}

/** The beginning of a frame, whatever lengths it says. */
function prefix(seal: number, headBytes: number, bodyBytes: number): Uint8Array {
  const bytes = (encodeFrame(text, 0, [], seal)[0] as Uint8Array).slice(0, PREFIX_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, headBytes, true);
  view.setUint32(12, bodyBytes, true);
  return bytes;
}

test("frames come out as they went in, wherever the stream of bytes is cut", () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), cutsOf(), (messages, cuts) => {
      const sent = joinPieces(messages.flatMap(({ head, body }) => encodeFrame(text, head, body)));
      const got = decodeAll(cutAt(sent, cuts));
      assert.deepEqual(got.map(contents), messages.map(contents));
    }),
  );
});

test("frames come out whole when every byte arrives on its own", () => {
  fc.assert(
    fc.property(message, ({ head, body }) => {
      const sent = joinPieces(encodeFrame(text, head, body));
      const single = Array.from(sent, (byte) => Uint8Array.of(byte));
      assert.deepEqual(decodeAll(single).map(contents), [contents({ head, body })]);
    }),
    { numRuns: 50 },
  );
});

test("a body of no bytes makes a frame at once, without waiting for the next one", () => {
  for (const body of [[], [new Uint8Array(0)]]) {
    const [frame] = decodeAll(encodeFrame(text, { type: "stop" }, body));
    assert.deepEqual(frame?.head, { type: "stop" });
    assert.equal(byteCount(frame?.body ?? []), 0);
  }
});

test("a body's pieces are passed on without being copied", () => {
  const body = [Uint8Array.of(1, 2), Uint8Array.of(3)];
  assert.deepEqual(encodeFrame(text, {}, body).slice(1), body);
  assert.ok(encodeFrame(text, {}, body)[1] === body[0]);
});

test("a frame is not told before its last byte has come", () => {
  fc.assert(
    fc.property(message, fc.nat(), ({ head, body }, at) => {
      const sent = joinPieces(encodeFrame(text, head, body));
      assert.deepEqual(decodeAll([sent.subarray(0, at % sent.length)]), []);
    }),
  );
});

test("foreign bytes are a FrameError in any cut, after the frames before them, from the first that differs on", () => {
  const seal = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  const foreign = fc.uint8Array({ minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(message, seal, foreign, cutsOf(), ({ head, body }, seal, bytes, cuts) => {
      const frame = encodeFrame(text, head, body, seal);
      fc.pre(bytes.some((byte, i) => i < 8 && byte !== frame[0]?.[i]));
      const sent = joinPieces([...frame, bytes]);
      const frames: Frame[] = [];
      const decode = createFrameDecoder(text, (frame) => frames.push(frame), { seal });
      assert.throws(() => {
        for (const cut of cutAt(sent, cuts)) decode(cut);
      }, FrameError);
      assert.deepEqual(frames.map(contents), [contents({ head, body })]);
    }),
  );
});

test("a frame with another seal is a FrameError before it says how long it is", () => {
  const seals = Array.from({ length: 1000 }, drawSeal);
  assert.ok(seals.every((seal) => Number.isSafeInteger(seal) && seal > 0));
  assert.equal(new Set(seals).size, seals.length);
  for (const seal of [...seals, COORDINATOR_SEAL]) {
    const decode = createFrameDecoder(text, () => {}, { seal: seal + (seal > 1 ? -1 : 1) });
    assert.throws(() => decode(prefix(seal, 2, 4e9).subarray(0, 8)), FrameError);
  }
});

test("a head can be refused before its body is waited for", () => {
  const checkHead = (head: unknown, bodyBytes: number) => {
    throw new FrameError(`${head} ${bodyBytes}`);
  };
  const decode = createFrameDecoder(text, () => {}, { checkHead });
  assert.throws(() => {
    decode(prefix(COORDINATOR_SEAL, 1, 4e9));
    decode(text.encode("5"));
  }, /5 4000000000/);
});

test("a head of an absurd length is a FrameError before a byte of it has come", () => {
  assert.throws(() => decodeAll([prefix(COORDINATOR_SEAL, MAX_HEAD_BYTES + 1, 0)]), FrameError);
  assert.throws(() => decodeAll([prefix(COORDINATOR_SEAL, 0xffffffff, 0)]), FrameError);
});

test("a head that is not JSON is a FrameError", () => {
  for (const head of ["", "{", "nonsense"]) {
    const bytes = text.encode(head);
    assert.throws(() => decodeAll([prefix(COORDINATOR_SEAL, bytes.length, 0), bytes]), FrameError, head);
  }
});

test("joinPieces gives a single piece back and copies several in order", () => {
  const one = Uint8Array.of(1, 2);
  assert.ok(joinPieces([one]) === one);
  assert.deepEqual(Array.from(joinPieces([one, new Uint8Array(0), Uint8Array.of(3)])), [1, 2, 3]);
  assert.equal(joinPieces([]).length, 0);
});
