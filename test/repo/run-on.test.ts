import assert from "node:assert/strict";
import { test } from "node:test";
import { detectRuntime, loadRuntime } from "../../adapters/detect.ts";

// A runner that quietly hands its files to another runtime would make every test below worth nothing.

test("the run is on the runtime it claims", async () => {
  const claimed = process.env.PMAP_TEST_RUNTIME ?? detectRuntime();
  assert.equal(detectRuntime(), claimed);
  assert.equal((await loadRuntime()).name, claimed);
  // Node's own list of versions names what else is inside.
  assert.equal(process.versions.bun !== undefined, claimed === "bun");
  assert.equal((process.versions as Record<string, string | undefined>).deno !== undefined, claimed === "deno");
});

test("the adapter tells the version of the runtime that it runs on", async () => {
  const { name, version } = await loadRuntime();
  assert.match(version, /^\d+\.\d+\.\d+/);
  assert.equal((process.versions as Record<string, string | undefined>)[name], version);
});
