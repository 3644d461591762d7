import assert from "node:assert/strict";
import { test } from "node:test";
import { PartReader } from "../../../../../adapters/system/http/part-reader.ts";
import type { BodyReader } from "../../../../../adapters/system/http/request.ts";

const RESOURCE = { url: "http://127.0.0.1:9/x", name: "http://127.0.0.1:9/x", headers: {} };

/** What is due now has been done. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("the pause before a part is asked for again ends with the job", async () => {
  const job = new AbortController();
  const torn = new ReadableStream({ start: (stream) => stream.error(new Error("torn")) }).getReader() as BodyReader;
  const parts = { length: 10, validator: { header: "etag", value: '"1"' } } as const;
  const reader = new PartReader({ ...RESOURCE, ended: job.signal }, parts, [0, 10], torn);
  let outcome = "waits";
  const reading = reader.read().catch(() => {
    outcome = "ended";
  });
  await turn();
  assert.equal(outcome, "waits");
  job.abort();
  await turn();
  assert.equal(outcome, "ended");
  await reading;
});
