import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadRuntime } from "../../adapters/detect.ts";
import { execute } from "../../api/run.ts";
import { parseArguments } from "../../cli/flags/parse.ts";
import { resolveTyped } from "../../cli/flags/resolve.ts";
import type { JobEvent } from "../../core/coordinator/observer.ts";
import { eventually, fixture, ownRuntime, temporaryFolder } from "../support/run-pmap.ts";

// The observer: what it hears adds up to what the job did.

const folder = temporaryFolder();
const RECORDS = 3000;
const input = join(folder, "in.jsonl");
writeFileSync(input, Array.from({ length: RECORDS }, (_, n) => `${n}\n`).join(""));

/** Runs a job in this process, and returns all that its observer has heard. */
async function observe(args: readonly string[], hear = (_: JobEvent) => {}): Promise<JobEvent[]> {
  const events: JobEvent[] = [];
  const words = ["-o", join(folder, "out"), ...args];
  const plan = resolveTyped(await parseArguments(words), ownRuntime, folder, () => false);
  await execute(plan, {
    runtime: await loadRuntime(),
    control: { drain: new Promise(() => {}), onKillable: () => {} },
    version: "0",
    takeStarted: () => undefined,
    ownsStdout: true,
    messages: { notice: () => {}, warning: () => {}, output: () => {} },
    observer(event) {
      events.push(event);
      hear(event);
    },
  });
  return events;
}

function eventsOf<T extends JobEvent["type"]>(events: readonly JobEvent[], type: T): (JobEvent & { type: T })[] {
  return events.filter((event): event is JobEvent & { type: T } => event.type === type);
}

test("what is committed adds up to the input, and each batch that begins ends once", async () => {
  const code = "(r, ctx) => { if (r % 1000 === 7) throw new Error(`no ${r}`); return r % 2 ? r : undefined }";
  const events = await observe(["-c", "2", "--chunk", "1K", "--on-error", "skip", "-e", code, input]);
  const [planned] = eventsOf(events, "planned");
  assert.deepEqual(planned?.plan.total, readFileSync(input).length);
  const committed = eventsOf(events, "committed");
  const sum = (part: "records" | "emittedFrom" | "filtered" | "rejected" | "bytesIn" | "bytesOut") =>
    committed.reduce((all, event) => all + event[part], 0);
  assert.deepEqual([sum("records"), sum("rejected")], [RECORDS, 3]);
  assert.equal(sum("emittedFrom") + sum("filtered") + sum("rejected"), RECORDS);
  assert.equal(sum("bytesIn"), readFileSync(input).length);
  assert.equal(sum("bytesOut"), readFileSync(join(folder, "out")).length);
  assert.deepEqual(
    eventsOf(events, "reject").map(({ reject }) => reject.line),
    [8, 1008, 2008],
  );
  const begun = eventsOf(events, "batchBegun").map(({ id }) => id);
  const ended = eventsOf(events, "batchEnded").map(({ id }) => id);
  assert.ok(begun.length > 1);
  assert.deepEqual(
    ended.sort((a, b) => a - b),
    begun.sort((a, b) => a - b),
  );
  assert.equal(committed.at(-1)?.reached?.lines, RECORDS);
  assert.deepEqual(
    eventsOf(events, "phase").map(({ phase }) => phase),
    ["starting", "mapping", "finishing"],
  );
});

test("a worker that dies is told of with its end and its batch, one that stops as expected", async () => {
  const dying = join(folder, "dying.jsonl");
  writeFileSync(dying, '{"n":1}\n{"dies":true}\n{"n":3}\n');
  const events = await observe(["-c", "1", "--on-error", "skip", fixture("exits_3.mjs"), dying]);
  const spawned = eventsOf(events, "workerSpawned").map(({ worker }) => worker);
  const ends = eventsOf(events, "workerEnded");
  assert.deepEqual(spawned, [...spawned.keys()]);
  const deaths = ends.filter(({ expected }) => !expected);
  assert.ok(deaths.length >= 1);
  for (const { exit } of deaths) assert.equal(exit.code, 3);
  assert.ok(eventsOf(events, "batchEnded").some(({ how }) => how === "died"));
});

for (const [kind, code] of [
  ["synchronous", "r => { if (r > 2) return r; const end = Date.now() + 200; while (Date.now() < end); return r }"],
  ["asynchronous", "async r => { await new Promise((done) => setTimeout(done, r === 1 ? 1500 : 1)); return r }"],
] as const) {
  test(`the worker tells which record it is on: ${kind}`, async () => {
    const running: (JobEvent & { type: "recordRunning" })["at"][] = [];
    await observe(["-c", "1", "--limit", "40", "-e", code, input], (event) => {
      if (event.type === "recordRunning") running.push(event.at);
    });
    // Two bytes a line: the record itself is at half its offset.
    const records = running.map(({ offset, isNext }) => offset / 2 + (isNext ? 1 : 0));
    if (kind === "synchronous") assert.deepEqual(records.slice(0, 2), [1, 2]);
    else assert.ok(records.includes(1), `${records}`);
  });
}

test("a reduce merges at its end", async () => {
  const events = await observe(["--reduce", "(a, b) => a + b", "-e", "_", input]);
  const phases = eventsOf(events, "phase").map(({ phase }) => phase);
  assert.deepEqual(phases, ["starting", "mapping", "merging", "finishing"]);
  assert.ok(await eventually(() => readFileSync(join(folder, "out"), "utf8") === `${(RECORDS * (RECORDS - 1)) / 2}\n`));
});
