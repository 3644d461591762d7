// A stage, as an executor of Spark's has it: it does a task and answers it, whatever becomes of its worker. No Java is needed.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { byteCount, joinPieces } from "../../core/bytes.ts";
import type { Done, Failed } from "../../core/protocol/messages.ts";
import { childrenOf } from "../support/proc.ts";
import { eventually, temporaryFolder } from "../support/run-pmap.ts";
import { type StageAnswer, stageJob, startStage, type TestStage } from "../support/stage.ts";

const folder = temporaryFolder();
const RECORDS = 3000;
const lines = Array.from({ length: RECORDS }, (_, i) => `{"n":${i},"text":"${"x".repeat(i % 40)}"}\n`);
const input = lines.join("");
const path = join(folder, "in.jsonl");
writeFileSync(path, input);
const file = { path, bytes: input.length };

/** Tasks of whole chunks: they end at these chunks. */
function tasks(ends: readonly number[], chunk = 1000) {
  const borders = [0, ...ends.map((end) => end * chunk), input.length];
  return borders.slice(1).map((end, id) => {
    const start = borders[id] as number;
    return { id, segments: [{ source: 0, start, end, shift: 0 }], bytes: end - start };
  });
}

async function withStage<T>(use: (stage: TestStage) => Promise<T>, script?: string): Promise<T> {
  const stage = startStage(folder, script);
  try {
    return await use(stage);
  } finally {
    stage.process.kill("SIGKILL");
  }
}

function doneOf({ head }: StageAnswer): Done {
  assert.equal(head.type, "done", JSON.stringify(head));
  return head as Done;
}

test("tasks of any size give the bytes and counts of the whole, and the stage ends with its stdin", async () => {
  await withStage(async (stage) => {
    const opened = await stage.open(
      stageJob(file, { script: { code: { map: "_.n % 2 ? [_.n, _.text] : undefined" } } }),
    );
    assert.equal(opened.type, "opened");
    const wanted = Array.from({ length: RECORDS }, (_, n) => n)
      .filter((n) => n % 2 === 1)
      .map((n) => `[${n},"${"x".repeat(n % 40)}"]\n`)
      .join("");
    for (const ends of [[], [1, 2, 3, 40], [17, 60]]) {
      let output = "";
      const sum = { records: 0, emittedFrom: 0, filtered: 0, lines: 0 };
      for (const task of tasks(ends)) {
        const answer = await stage.run(task);
        const { counts, lines: told, id, bytes } = doneOf(answer);
        assert.equal(id, task.id);
        assert.equal(bytes, answer.output.length);
        output += answer.output;
        sum.records += counts.records;
        sum.emittedFrom += counts.emittedFrom;
        sum.filtered += counts.filtered;
        sum.lines += told[0] as number;
      }
      assert.ok(output === wanted, `another output with tasks that end at ${ends}`);
      assert.deepEqual(sum, { records: RECORDS, emittedFrom: RECORDS / 2, filtered: RECORDS / 2, lines: RECORDS });
    }
    assert.equal(await stage.end(), 0);
  });
});

test("a failure and rejects have their lines counted from the start of the task", async () => {
  const bad = tasks([30])[1] as ReturnType<typeof tasks>[number];
  const before = input.slice(0, bad.segments[0]?.start).split("\n").length - 1;
  const map = `r => { if (r.n === 2345) throw new Error("no") ; return r.n }`;
  await withStage(async (stage) => {
    await stage.open(stageJob(file, { script: { code: { map } } }));
    const { head } = await stage.run(bad);
    const { failure } = head as Failed;
    assert.match(`${failure?.message}`, /^map threw Error: no/);
    // A record that begins before the task is none of its own: the first line is the one behind it.
    assert.equal(before + 1 + (failure?.line ?? 0), 2346);
  });
  await withStage(async (stage) => {
    await stage.open(stageJob(file, { script: { code: { map } }, terms: { onError: "skip" } }));
    const { rejects, counts } = doneOf(await stage.run(bad));
    assert.deepEqual(
      rejects.map(({ line, kind }) => [before + 1 + line, kind]),
      [[2346, "throw"]],
    );
    assert.equal(counts.rejected, 1);
  });
});

test("a record that kills its worker is named, and a worker that is killed from outside is replaced", async () => {
  const map = "r => { if (r.n === 100) process.exit(3); return ctx.worker }".replace("r =>", "(r, ctx) =>");
  await withStage(async (stage) => {
    await stage.open(stageJob(file, { script: { code: { map } }, terms: { onError: "skip" } }));
    const answer = await stage.run(tasks([])[0] as ReturnType<typeof tasks>[number]);
    const { rejects, counts } = doneOf(answer);
    assert.deepEqual(
      rejects.map(({ line, kind, exitCode }) => [line, kind, exitCode]),
      [[101, "exit", 3]],
    );
    assert.equal(counts.records, RECORDS);
    // Workers have numbers of this stage's own.
    const workers = new Set(answer.output.trim().split("\n").map(Number));
    assert.ok([...workers].every((worker) => worker >= 7000 && worker < 8000));
  });
});

test("a fold answers nodes of the merge tree", async () => {
  const fold = { terms: { reduces: true }, script: { code: { map: "_.n", reduce: "(a, b) => a + b" } } };
  await withStage(async (stage) => {
    await stage.open(stageJob(file, fold));
    const [first, second] = tasks([20]);
    const answer = await stage.run(first as ReturnType<typeof tasks>[number]);
    const { nodes, bytes } = doneOf(answer);
    // They cover the task's chunks, each once, and there are not many of them.
    let next = 0;
    for (const { level, index } of nodes) {
      assert.equal(index * 2 ** level, next);
      next += 2 ** level;
    }
    assert.equal(next, 20);
    assert.ok(nodes.length <= 16);
    assert.equal(bytes, 0);
    assert.equal(
      answer.body.length,
      nodes.reduce((sum, node) => sum + node.bytes, 0),
    );
    // As many chunks as would make more are merged first.
    const rest = doneOf(await stage.run(second as ReturnType<typeof tasks>[number]));
    assert.ok(rest.nodes.length > 0 && rest.nodes.length <= 16, `${rest.nodes.length} nodes`);
  });
});

test("groups stay in files of the stage, which says where to cut them and merges a range of slices", async () => {
  const groups = {
    terms: { reduces: true, keyed: true },
    settings: { runsAreRepeatable: true },
    script: { code: { map: "_.n", key: "_.n % 3 ? `key ${_.n % 3}` : null", reduce: "(a, b) => a + b" } },
  };
  const sums = [0, 1, 2].map((rest) => (RECORDS * RECORDS) / 6 - RECORDS / 2 + (rest * RECORDS) / 3);
  await withStage(async (stage) => {
    await stage.open(stageJob(file, groups));
    const slices: Uint8Array[][] = [[], []];
    for (const task of tasks([20])) {
      const answer = await stage.run(task);
      assert.equal(answer.body.length, 0);
      const total = answer.runs.reduce((sum, { start, end }) => sum + end - start, 0);
      // What travels stands for all of them.
      const [sample, ...others] = doneOf(answer).runs;
      assert.deepEqual([others.length, sample?.path, sample?.start, sample?.end], [0, "", 0, total]);
      assert.ok((sample?.index.length ?? 0) <= 32);
      const cut = await stage.cut(answer.runs, ["key 2"]);
      for (const [i, run] of answer.runs.entries()) {
        const bytes = readFileSync(run.path).subarray(run.start, run.end);
        assert.match(bytes.toString(), /^\[null,"key 1","key 2"\]\n\[\]\n\[/);
        const [low, lowEnd, high, highEnd] = cut[i] as number[];
        slices[0]?.push(bytes.subarray(low, lowEnd));
        slices[1]?.push(bytes.subarray(high, highEnd));
      }
    }
    const merged: string[] = [];
    for (const [id, parts] of slices.entries()) {
      const place = join(stage.folder, `slices-${id}`);
      writeFileSync(place, joinPieces(parts));
      const ends = parts.map((_, i) => byteCount(parts.slice(0, i + 1)));
      const cut = { key: "key 2" };
      const range = id === 0 ? { low: undefined, high: cut } : { low: cut, high: undefined };
      merged.push((await stage.merge({ id, path: place, ends, ...range })).output);
    }
    assert.deepEqual(merged, [
      `{"key":null,"value":${sums[0]}}\n{"key":"key 1","value":${sums[1]}}\n`,
      `{"key":"key 2","value":${sums[2]}}\n`,
    ]);
  });
});

test("a script's teardown belongs to the task: it is counted once for each, and its failure is the task's", async () => {
  const script = `export default (r, ctx) => r.n;
export function setup(ctx) { ctx.count("setups"); }
export function teardown(ctx) { ctx.count("torn"); }`;
  const job = { tearsDown: true, script: { name: "s.ts", url: "file:///s.ts" } };
  await withStage(async (stage) => {
    await stage.open(stageJob(file, job));
    for (const task of tasks([20]))
      assert.deepEqual(
        new Map(doneOf(await stage.run(task)).counters),
        new Map([
          ["setups", 1],
          ["torn", 1],
        ]),
      );
  }, script);
  await withStage(
    async (stage) => {
      await stage.open(stageJob(file, job));
      const { head } = await stage.run(tasks([])[0] as ReturnType<typeof tasks>[number]);
      assert.equal(head.type, "failed");
      assert.match((head as Failed).message, /teardown threw Error: late/);
    },
    `${script.replace('ctx.count("torn")', 'throw new Error("late")')}`,
  );
});

test("what a setup without a teardown counts is told with the first answer, and once", async () => {
  const script = `export default (r) => r.n;\nexport function setup(ctx) { ctx.count("setups"); }`;
  const job = { settings: { tellsSetup: true }, script: { name: "s.ts", url: "file:///s.ts" } };
  await withStage(async (stage) => {
    await stage.open(stageJob(file, job));
    const counted: unknown[] = [];
    for (const task of tasks([20])) counted.push(doneOf(await stage.run(task)).counters);
    assert.deepEqual(counted, [[["setups", 1]], []]);
  }, script);
});

test("what the worker measures is told task by task, also where each task has another worker", async () => {
  const measures = { share: 1 / 16, ownClock: true, isCounted: false, explains: false };
  for (const tearsDown of [false, true])
    await withStage(async (stage) => {
      await stage.open(stageJob(file, { tearsDown, settings: { measures }, script: { code: { map: "_.n" } } }));
      const starts: number[] = [];
      for (const task of tasks([20, 50])) {
        const { stats, counts } = doneOf(await stage.run(task));
        assert.equal(stats?.records, counts.records);
        assert.ok(counts.records > 0);
        starts.push(stats?.ms.start ?? Number.NaN);
      }
      assert.deepEqual(
        starts.map((ms) => ms > 0),
        starts.map((_, i) => tearsDown || i === 0),
      );
    });
});

test("a script that cannot be used is told before there is a task; a file that is not here, by the task", async () => {
  await withStage(async (stage) => {
    const answer = await stage.open(stageJob(file, { script: { code: { map: "_.n +" } } }));
    assert.equal(answer.type, "broken");
    assert.match((answer as { message: string }).message, /Cannot compile/);
  });
  await withStage(async (stage) => {
    await stage.open(stageJob({ ...file, path: `${path}.gone` }, { script: { code: { map: "_.n" } } }));
    const { head } = await stage.run(tasks([])[0] as ReturnType<typeof tasks>[number]);
    assert.equal(head.type, "failed");
    assert.match((head as Failed).message, /Cannot read "in.jsonl": .*no such file/i);
    assert.match((head as Failed).message, /every machine/);
  });
});

if (process.platform === "linux")
  test("when its executor has gone, a stage goes too, and so does a worker that is in an endless loop", async () => {
    await withStage(async (stage) => {
      await stage.open(stageJob(file, { script: { code: { map: "r => { for (;;); }" } } }));
      const asked = stage.run(tasks([])[0] as ReturnType<typeof tasks>[number]);
      asked.catch(() => {});
      const children = () => childrenOf(stage.process.pid as number);
      assert.ok(await eventually(() => children().length > 0));
      const workers = children();
      assert.equal(await stage.end(), 0);
      assert.ok(await eventually(() => workers.every((pid) => !isAlive(pid))));
    });
  });

function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
