// What is sent is not changed afterwards: a port that sends later still has the bytes that it was given.
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadRuntime } from "../../../../adapters/detect.ts";
import { joinPieces } from "../../../../core/bytes.ts";
import { createFrameDecoder } from "../../../../core/protocol/frames.ts";
import type { Done, FromWorker, MapRequest } from "../../../../core/protocol/messages.ts";
import type { Answer } from "../../../../core/worker/answer.ts";
import { RequestAnswering } from "../../../../core/worker/answering-requests.ts";
import { PiecePool } from "../../../../core/worker/emitters/print.ts";
import { KeptOutputs } from "../../../../core/worker/kept-outputs.ts";
import { Outbox } from "../../../../core/worker/outbox.ts";
import { mapRequest } from "../../../support/map-request.ts";
import { workerSettings } from "../../../support/worker-settings.ts";

const runtime = await loadRuntime();
const { createHost } = await runtime.loadHosting();
const SEAL = 7;

const settings = workerSettings({ outputPath: "output", inlineBytes: 1000 });

/** A worker whose output for request N is `bytes` times N, in a piece of the pool. */
function answeringOf(port: { readonly sendsAtOnce?: true }, bytes: number) {
  const host = createHost({ ...port, send() {}, receive() {} }, () => {});
  const pieces = new PiecePool();
  /** As they were given to the port. */
  const sent: Uint8Array[] = [];
  const used: ArrayBufferLike[] = [];
  const outbox = new Outbox(host.text, (frames) => void sent.push(...frames));
  outbox.open(SEAL);
  const written: [position: number, bytes: number[]][] = [];
  const kept = new KeptOutputs();
  kept.open("output", () => ({
    write: (some, position) => void written.push([position, [...joinPieces([...some])]]),
    close: () => {},
  }));
  const map = ({ id }: MapRequest): Answer => {
    const piece = pieces.take();
    used.push(piece.buffer);
    piece.fill(id, 0, bytes);
    const counts = { records: 1, emittedFrom: 1, filtered: 0, rejected: 0 };
    const none = { rejects: [], lines: [], counters: [], nodes: [], runs: [], asynchronous: false };
    return { head: { type: "done", id, counts, ...none }, output: [piece.subarray(0, bytes)], values: [] };
  };
  const never = () => assert.fail("it was not asked for that");
  const runner = { map, merge: never, group: never, compress: never, rows: never, halt: never };
  const answering = new RequestAnswering({ host, outbox, pieces, kept, runner, settings, profiler: () => undefined });
  return {
    answer: (id: number) => answering.answer(mapRequest({ id }), { head: {}, body: [] }),
    grant: (id: number, position: number) => answering.write({ type: "grant", id, position, trim: 0 }),
    release: () => outbox.release(),
    used,
    written,
    /** What a port that sends now would send. */
    messages() {
      const found: [FromWorker, number[]][] = [];
      const decode = createFrameDecoder(
        host.text,
        ({ head, body }) => found.push([head as FromWorker, body.length === 0 ? [] : [...joinPieces(body)]]),
        { seal: SEAL },
      );
      for (const piece of sent) decode(piece);
      return found;
    },
  };
}

test("a port that sends later still has the bytes that it was given", () => {
  const worker = answeringOf({}, 3);
  worker.answer(1);
  worker.answer(2);
  assert.deepEqual(
    worker.messages().map(([head, body]) => [(head as Done).id, body]),
    [
      [1, [1, 1, 1]],
      [2, [2, 2, 2]],
    ],
  );
  assert.notEqual(worker.used[0], worker.used[1]);
});

test("where bytes are out of the worker's hands at once, their memory is used again", () => {
  const worker = answeringOf({ sendsAtOnce: true }, 3);
  worker.answer(1);
  worker.answer(2);
  assert.equal(worker.used[0], worker.used[1]);
});

test("output that is too long to travel is kept, untouched, until it is granted a place, and then its memory is free", () => {
  const worker = answeringOf({}, 1001);
  worker.answer(1);
  worker.answer(2);
  assert.deepEqual(
    worker.messages().map(([head, body]) => [(head as Done).kept, (head as Done).bytes, body]),
    [
      [true, 1001, []],
      [true, 1001, []],
    ],
  );
  worker.grant(1, 50);
  worker.answer(3);
  worker.grant(2, 2000);
  worker.release();
  assert.deepEqual(
    worker.written.map(([position, bytes]) => [position, bytes.length, bytes[0]]),
    [
      [50, 1001, 1],
      [2000, 1001, 2],
    ],
  );
  assert.equal(worker.used[2], worker.used[0]);
  assert.deepEqual(
    worker.messages().map(([head]) => head.type),
    ["done", "done", "written", "done", "written"],
  );
});
