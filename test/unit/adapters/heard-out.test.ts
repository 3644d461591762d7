import assert from "node:assert/strict";
import { test } from "node:test";
import { heardOut } from "../../../adapters/shared/heard-out.ts";

const never = new Promise<never>(() => {});

test("a worker that has gone is listened to as long as it says something, and no longer than a pause after it", async () => {
  let pauses = 0;
  let heard = 0;
  await heardOut(
    never,
    () => heard,
    async () => {
      pauses++;
      if (pauses < 20) heard++;
    },
  );
  assert.deepEqual([heard, pauses], [19, 20]);
});

test("the end of its stderr is the end, broken or not", async () => {
  await heardOut(
    Promise.resolve(),
    () => 0,
    () => never,
  );
  await heardOut(
    Promise.reject(new Error("broken")),
    () => 0,
    () => never,
  );
});
