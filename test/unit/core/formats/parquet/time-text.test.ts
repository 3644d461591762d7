import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { dateText, intervalText, timestampText, timeText } from "../../../../../core/formats/parquet/time-text.ts";

test("a date is the one that Date says, within its range", () => {
  const days = fc.integer({ min: -100_000_000, max: 100_000_000 });
  fc.assert(
    fc.property(days, (n) => assert.equal(`${dateText(n)}T00:00:00.000Z`, new Date(n * 86_400_000).toISOString())),
  );
});

test("a date beyond the range of Date has a year of more digits", () => {
  assert.equal(dateText(2 ** 31 - 1), "+5881580-07-11");
  assert.equal(dateText(-(2 ** 31)), "-5877641-06-23");
});

test("a timestamp in milliseconds is the one that Date says", () => {
  const ms = fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 });
  fc.assert(fc.property(ms, (n) => assert.equal(`${timestampText(BigInt(n), 3)}Z`, new Date(n).toISOString())));
});

test("timestamps keep the digits of their unit, before 1970 and at the ends of 64 bits", () => {
  assert.equal(timestampText(-1n, 9), "1969-12-31T23:59:59.999999999");
  assert.equal(timestampText(2n ** 63n - 1n, 9), "2262-04-11T23:47:16.854775807");
  assert.equal(timestampText(-(2n ** 63n), 9), "1677-09-21T00:12:43.145224192");
  assert.equal(timestampText(2n ** 63n - 1n, 6), "+294247-01-10T04:00:54.775807");
  assert.equal(timestampText(1, 6), "1970-01-01T00:00:00.000001");
});

test("times and intervals have their fractions", () => {
  assert.equal(timeText(86_399_999_999_999, 9), "23:59:59.999999999");
  assert.equal(timeText(0, 3), "00:00:00.000");
  const bytes = new Uint8Array(new Uint32Array([14, 3, 61_004]).buffer);
  assert.equal(intervalText(bytes), "P14M3DT61.004S");
});
