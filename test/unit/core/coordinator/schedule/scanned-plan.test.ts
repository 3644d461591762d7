// laws: of a file that is scanned only that is looked at in which the next batch begins.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Batch } from "../../../../../core/coordinator/job/batch.ts";
import type { FileSource } from "../../../../../core/coordinator/job/source.ts";
import { Plan } from "../../../../../core/coordinator/schedule/chunk-plan.ts";
import { ScannedPlan } from "../../../../../core/coordinator/schedule/scanned-plan.ts";
import type { ScanInput } from "../../../../../core/formats/format.ts";
import { inputNamed } from "../../../../../core/formats/registry.ts";
import { evenGrid } from "../../../../../core/protocol/chunk-grid.ts";

const text = {
  decode: (bytes: Uint8Array, from: number, to: number) => Buffer.from(bytes.subarray(from, to)).toString(),
  indexOf: (bytes: Uint8Array, byte: number, from: number) => bytes.indexOf(byte, from),
} as unknown as ConstructorParameters<typeof ScannedPlan>[0]["text"];
const CONTENT = Buffer.from(`a,b\n${Array.from({ length: 50 }, (_, i) => `${i},"x\n${i}"\n`).join("")}`);

function planOver(files: number, limit: number) {
  const input = inputNamed("csv") as ScanInput;
  const decode = (bytes: Uint8Array) => Buffer.from(bytes).toString();
  const options = { name: "f", complete: true, decode } as unknown as Parameters<ScanInput["readHeader"]>[1];
  const found = input.readHeader(CONTENT, options);
  if (found === undefined) throw new Error("there is no header");
  const header = { ...found, end: 4, lines: 1 };
  const sources = Array.from({ length: files }, (_, i): FileSource => {
    return { kind: "file", name: `f${i}`, path: `${i}`, begin: 0, end: CONTENT.length, header };
  });
  const looked = new Set<string>();
  const cut = () => assert.fail("there is no stream");
  const plan = new Plan({ sources, grid: evenGrid(10), use: "unseen", maxBatchBytes: 1e6, cut });
  const scanned = new ScannedPlan({
    plan,
    input,
    sources,
    headers: new Map(),
    limit,
    text,
    startAt: undefined,
    openInput: (path) => ({
      read(target, at, length, position) {
        looked.add(path);
        const part = CONTENT.subarray(position, position + length);
        target.set(part, at);
        return part.length;
      },
      close() {},
    }),
  });
  return { scanned, looked };
}

test("what goes to the end of a file is not looked at, and what does not is", () => {
  const { scanned, looked } = planOver(5, Number.POSITIVE_INFINITY);
  const { segments } = scanned.next(2.5 * CONTENT.length) as Batch;
  assert.deepEqual(
    segments.map(({ source, first }) => [source, first]),
    [
      [0, 4],
      [1, 4],
      [2, 4],
    ],
  );
  // In the third one the next batch begins.
  assert.deepEqual([...looked], ["2"]);
  const rest = scanned.next(1e6) as Batch;
  const { first = 0 } = rest.segments[0] ?? {};
  assert.ok(first >= (segments[2]?.end ?? 0));
  assert.match(CONTENT.subarray(first).toString(), /^\d+,"x\n/);
  assert.deepEqual([...looked], ["2"]);
});

test("where records are counted, all of it is looked at", () => {
  const { scanned, looked } = planOver(3, 1000);
  scanned.next(1e6);
  assert.equal(looked.size, 3);
});
