import assert from "node:assert/strict";
import { test } from "node:test";
import { createValuePrinter, readEach, readValues } from "../../../../api/library/value-blocks.ts";

const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

test("a process that was kept from running loses no value of an iterable", async () => {
  // Between any two looks at the clock a second has passed.
  let ms = 0;
  const read = readEach([1, 2, 3].values(), createValuePrinter(false), () => (ms += 1000));
  const blocks: (string | undefined)[] = [];
  for (let block = text(await read()); block !== undefined; block = text(await read())) blocks.push(block);
  assert.equal(blocks.join(""), "1\n2\n3\n");
  assert.equal(await read(), undefined);
});

test("values that come when they like are read until a block is full, and no further until it is taken", async () => {
  let made = 0;
  async function* values() {
    for (;;) yield "x".repeat(1000 + 0 * made++);
  }
  const read = readValues(values(), createValuePrinter(false));
  const first = text(await read()) ?? "";
  assert.ok(first.length >= 64 * 1024 && first.length < 66 * 1024, `${first.length}`);
  const after = made;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(made, after);
  assert.equal((text(await read()) ?? "").length, first.length);
});
