// laws: a plan over files that may turn out to be streams is the plan of what they are, whenever that is found out.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Batch } from "../../../../../core/coordinator/job/batch.ts";
import type { FileSource, Source, StreamSource } from "../../../../../core/coordinator/job/source.ts";
import { CheckedSources } from "../../../../../core/coordinator/schedule/checked-sources.ts";
import { Plan, type PlanOptions } from "../../../../../core/coordinator/schedule/chunk-plan.ts";
import { evenGrid } from "../../../../../core/protocol/chunk-grid.ts";
import { cutterOf, hows } from "../../../../support/plans.ts";

/** What an input is, and what it seems to be. */
interface Input {
  readonly size: number;
  readonly is: "plain" | "one member" | "a stream";
  /** Whether a file that seems to be one member has to be looked at. */
  readonly looks: boolean;
}

const inputs = fc.array(
  fc.record({
    size: fc.oneof(fc.constant(0), fc.nat(5000)),
    is: fc.constantFrom<Input["is"]>("plain", "one member", "a stream"),
    looks: fc.boolean(),
  }),
  { maxLength: 10 },
);
function streamOf(i: number): StreamSource {
  return { kind: "stream", name: `${i}`, read: async () => undefined };
}

function plainOf(i: number, size: number): FileSource {
  return { kind: "file", name: `${i}`, path: `/${i}`, begin: 0, end: size };
}

/** A compressed file that says that it is one member, and is one or a stream. */
function memberOf(i: number, size: number, check?: () => Promise<boolean>): FileSource {
  const index = { compression: "gzip", at: [0], inside: [0], end: size, size } as const;
  const open = () => {
    throw new Error("nothing is read here");
  };
  return { ...plainOf(i, size), compressed: { index, open, stream: streamOf(i), check } };
}

function seeming(inputs: readonly Input[], wait: () => Promise<void>): Source[] {
  return inputs.map(({ size, is, looks }, i) => {
    if (is === "plain") return plainOf(i, size);
    const check = () => wait().then(() => is === "one member");
    return memberOf(i, size, looks || is === "a stream" ? check : undefined);
  });
}

type Part = readonly [source: number, start: number, end: number, shift: number, isBlock: boolean];

/** Adjacent parts as one: how much goes out at once is not to be told. */
function joined(batches: readonly Batch[]): Part[] {
  const parts: Part[] = [];
  for (const { segments, block } of batches) {
    for (const { source, start, end, shift } of segments) {
      const last = parts.at(-1);
      const goesOn = last !== undefined && last[0] === source && last[2] === start && last[3] === shift;
      if (goesOn) parts.pop();
      parts.push([source, goesOn ? last[1] : start, end, shift, block !== undefined]);
    }
  }
  return parts;
}

async function all(plan: Plan, asked: readonly number[]): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (let i = 0; ; i++) {
    const batch = await plan.next(asked[i % asked.length] as number);
    if (batch === undefined) return batches;
    assert.ok(batch.bytes > 0);
    batches.push(batch);
  }
}

const asked = fc.array(fc.integer({ min: 0, max: 9000 }), { minLength: 1, maxLength: 5 });

test("what turns out to be a stream is given out as one, and all else as if that had been known", async () => {
  const property = fc.asyncProperty(inputs, hows, asked, fc.boolean(), async (inputs, how, counts, isLate) => {
    const cut: PlanOptions["cut"] = (_, i) => cutterOf((inputs[i] as Input).size);
    const wait = () => (isLate ? new Promise<void>((resolve) => setImmediate(resolve)) : Promise.resolve());
    const known = inputs.map(({ size, is }, i) => (is === "a stream" ? streamOf(i) : plainOf(i, size)));
    const options = { ...how, cut };
    const expected = joined(await all(new Plan({ ...options, sources: known }), counts));
    const plan = new Plan({ ...options, sources: seeming(inputs, wait) });
    assert.deepEqual(joined(await all(plan, counts)), expected);
    assert.equal(plan.left, 0);
  });
  await fc.assert(property, { numRuns: 400 });
});

test("a plan that goes on in front of the first stream gives the rest", async () => {
  const property = fc.asyncProperty(inputs, hows, asked, fc.nat(20), async (inputs, how, counts, after) => {
    const cut: PlanOptions["cut"] = (_, i) => cutterOf((inputs[i] as Input).size);
    const options = { ...how, cut, sources: seeming(inputs, () => Promise.resolve()) };
    const whole = await all(new Plan(options), counts);
    const firstBlock = whole.findIndex(({ block }) => block !== undefined);
    const before = whole.slice(0, firstBlock === -1 ? after + 1 : Math.min(after + 1, firstBlock));
    const last = before.at(-1);
    if (last === undefined) return;
    const plan = new Plan(options);
    plan.startAt(JSON.parse(JSON.stringify(last.next)));
    assert.deepEqual(joined([...before, ...(await all(plan, [700]))]), joined(whole));
  });
  await fc.assert(property, { numRuns: 400 });
});

test("a batch of a map ends where a member ends, unless nothing is known yet, or its records are slow or wait for something", () => {
  const sources = [5000, 300, 200, 400, 40_000].map((size, i) => memberOf(i, size));
  const options = { sources, cut: () => cutterOf(0), maxBatchBytes: 10_000, grid: evenGrid(10) };
  const plan = new Plan({ ...options, use: "unseen" });
  const ends = (wanted: number, asynchronous = false) =>
    (plan.next(wanted, { asynchronous, batchBytes: wanted, recordBytes: 1 }) as Batch).segments.map(
      ({ source, end }) => [source, end],
    );
  assert.deepEqual(ends(0), [[0, 10]]);
  assert.deepEqual(ends(20), [[0, 30]], "5,000 bytes are worth more than sixteen batches of 20");
  assert.deepEqual(ends(2000, true), [[0, 2030]], "they are shared by all workers");
  assert.deepEqual(ends(2000), [[0, 5000]]);
  assert.deepEqual(
    ends(600),
    [
      [1, 300],
      [2, 200],
    ],
    "all that fit",
  );
  assert.deepEqual(ends(3000), [[3, 400]]);
  assert.deepEqual(ends(3000), [[4, 40_000]], "however long a batch may be else");
});

test("what a reduce merges has whole chunks: one in which a member ends goes with what is before it", () => {
  const sources = [1010, 333].map((size, i) => memberOf(i, size));
  const plan = new Plan({
    sources,
    cut: () => cutterOf(0),
    maxBatchBytes: 10_000,
    grid: evenGrid(100),
    use: "merged",
  });
  const next = () =>
    (plan.next(200) as Batch | undefined)?.segments.map(({ source, start, end }) => [source, start, end]);
  assert.deepEqual(next(), [
    [0, 0, 1010],
    [1, 0, 90],
  ]);
  assert.deepEqual(next(), [[1, 90, 333]]);
  assert.equal(next(), undefined);
});

test("files are looked at ahead, one after the other, and not all of them at once", async () => {
  let [running, most, looked] = [0, 0, 0];
  const check = async () => {
    most = Math.max(most, ++running);
    looked++;
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return true;
  };
  const sources = Array.from({ length: 100 }, (_, i) => memberOf(i, 1024 ** 2, check));
  const checked = new CheckedSources(sources);
  await checked.check(0);
  await checked.check(10);
  assert.equal(checked.check(10), undefined);
  for (let before = -1; before !== looked; ) {
    before = looked;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(most, 1);
  assert.ok(looked > 30 && looked < 60, `${looked} files`);
});
