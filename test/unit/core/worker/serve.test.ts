// The worker's end of a link, on this runtime: what it answers, and in how many sends.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadRuntime } from "../../../../adapters/detect.ts";
import { joinPieces } from "../../../../core/bytes.ts";
import { createFrameDecoder, encodeFrame } from "../../../../core/protocol/frames.ts";
import type { FromWorker, MapRequest, ToWorker } from "../../../../core/protocol/messages.ts";
import type { ScriptSource } from "../../../../core/script/types.ts";
import { serveWorker } from "../../../../core/worker/serve.ts";
import { mapRequest } from "../../../support/map-request.ts";
import { workerSettings } from "../../../support/worker-settings.ts";

const folder = mkdtempSync(join(tmpdir(), "pmap-worker-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const input = join(folder, "input.jsonl");
const output = join(folder, "output.jsonl");
writeFileSync(input, '{"n":1}\n{"n":2}\n{"n":3}\n');
writeFileSync(output, "");

const runtime = await loadRuntime();
const { createHost } = await runtime.loadHosting();
const { text } = runtime;

const seal = 7;
const settings = workerSettings({
  sources: [{ name: "input.jsonl", path: input, begin: 0, end: 24 }],
  outputPath: output,
});

function serve(code: string) {
  /** Of each send the types of its messages. */
  const sends: string[][] = [];
  let onSent = () => {};
  let hear: (bytes: Uint8Array) => void = () => {};
  const port = {
    send(pieces: readonly Uint8Array[]) {
      const types: string[] = [];
      const decode = createFrameDecoder(text, ({ head }) => types.push((head as FromWorker).type), { seal });
      for (const piece of pieces) decode(piece);
      sends.push(types);
      onSent();
    },
    receive(onBytes: (bytes: Uint8Array) => void) {
      hear = onBytes;
    },
  };
  serveWorker(createHost(port, () => {}));
  const script: ScriptSource = {
    name: "-e",
    url: undefined,
    code: { map: code },
    modules: [],
    loader: "native",
    folder,
  };
  return {
    script,
    sends,
    /** Arrives in one piece. Resolves after this many sends. */
    tell(messages: readonly ToWorker[], count: number): Promise<void> {
      const before = sends.length;
      return new Promise((resolve) => {
        // It may have come in the middle of what the worker is doing.
        onSent = () => sends.length >= before + count && setTimeout(resolve);
        hear(joinPieces(messages.flatMap((message) => encodeFrame(text, message))));
      });
    },
  };
}

function mapOf(id: number): MapRequest {
  const segments = [{ source: 0, start: 8 * id, end: 8 * (id + 1), shift: 0 }];
  return mapRequest({ id, segments });
}

test("a worker writes what it has been granted before it runs the next request, and tells both at once", async () => {
  // The second record becomes what is in the file while it is mapped.
  const contents = `process.getBuiltinModule("node:fs").readFileSync(${JSON.stringify(output)}, "utf8")`;
  const { script, sends, tell } = serve(`r => (r.n === 2 ? ${contents} : r.n)`);
  await tell([{ type: "load", script, seal }, { type: "start", settings }, mapOf(0)], 3);
  assert.deepEqual(sends, [["loaded"], ["started"], ["done"]]);
  await tell([mapOf(1), { type: "grant", id: 0, position: 0, trim: 0 }], 1);
  assert.deepEqual(sends.slice(3), [["written", "done"]]);
  await tell([{ type: "grant", id: 1, position: 2, trim: 0 }], 1);
  assert.deepEqual(sends.slice(4), [["written"]]);
  assert.equal(readFileSync(output, "utf8"), '1\n"1\\n"\n');
});

test("what follows a script that cannot be compiled is not heard, and another script is", async () => {
  const { script, sends, tell } = serve("_.n +");
  await tell([{ type: "load", script, seal }, { type: "start", settings }, mapOf(0)], 1);
  await tell(
    [{ type: "load", script: { ...script, code: { map: "_.n" } }, seal }, { type: "start", settings }, mapOf(2)],
    3,
  );
  assert.deepEqual(sends, [["broken"], ["loaded"], ["started"], ["done"]]);
});
