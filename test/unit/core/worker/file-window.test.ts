import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JobError } from "../../../../core/errors.ts";
import type { InputFile } from "../../../../core/platform/runtime.ts";
import { type FileRange, FileWindow } from "../../../../core/worker/file-window.ts";

function rangeOf(bytes: Uint8Array, end = bytes.length): FileRange & { reads: number } {
  const found = {
    reads: 0,
    name: "x",
    begin: 0,
    end,
    file: {
      read(target: Uint8Array, at: number, length: number, position: number) {
        found.reads++;
        // Some systems give less than was asked for.
        const part = bytes.subarray(position, position + Math.min(length, 7));
        target.set(part, at);
        return part.length;
      },
      close() {},
    } as InputFile,
  };
  return found;
}

const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);

test("what is asked for is there, whatever was read before", () => {
  const place = fc.nat(100);
  fc.assert(
    fc.property(fc.array(fc.tuple(place, place, place), { maxLength: 20 }), (loads) => {
      const range = rangeOf(bytes);
      const window = new FileWindow(0);
      for (const [a, b, ahead] of loads) {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        window.load(range, from, to, ahead);
        assert.deepEqual(window.bytes.subarray(from - window.base, to - window.base), bytes.subarray(from, to));
      }
    }),
  );
});

test("what is in memory is not read again, and what is read is read ahead", () => {
  const range = rangeOf(bytes);
  const window = new FileWindow(0);
  window.load(range, 10, 20, 60);
  assert.equal(window.end, 60);
  const { reads } = range;
  window.load(range, 30, 60, 1000);
  assert.equal(range.reads, reads);
  // Of another file it has nothing.
  const other = rangeOf(bytes.map((byte) => 255 - byte));
  window.load(other, 30, 31, 31);
  assert.equal(window.bytes[0], 225);
});

test("what cannot be read is an error when it is needed, and not when it is read ahead", () => {
  const range = rangeOf(bytes);
  const { read } = range.file;
  range.file.read = (target, at, length, position) => {
    if (position >= 50) throw new Error("it is damaged");
    return read(target, at, Math.min(length, 50 - position), position);
  };
  const window = new FileWindow(0);
  window.load(range, 10, 40, 90);
  assert.equal(window.end, 50);
  assert.throws(() => window.load(range, 40, 51, 90), /it is damaged/);
});

test("a file that has become shorter is an error that says its sizes, wherever the reader is", () => {
  for (const [size, from, says] of [
    [100, 90, "it has 100 bytes now, and had 200 when the job started"],
    [100, 180, "it has 100 bytes now, and had 200 when the job started"],
    [undefined, 180, "it has no byte 180 now, and had 200 when the job started"],
    // Written again before it was looked at.
    [300, 90, "it has no byte 100 now, and had 200 when the job started"],
  ] as const) {
    const range = rangeOf(bytes, 200);
    if (size !== undefined) range.file.identity = () => ({ dev: 1, ino: 1, size, mtimeMs: 0 });
    assert.throws(
      () => new FileWindow(0).load(range, from, 190, 0),
      (error: unknown) => {
        assert.ok(error instanceof JobError);
        assert.equal(error.message, `Cannot read "x": ${says}`);
        return true;
      },
    );
  }
});
