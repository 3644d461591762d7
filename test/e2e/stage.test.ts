// A stage, as an executor of Spark's has it: it does a task and answers it, whatever becomes of its worker. No Java is needed.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { byteCount, joinPieces } from "../../core/bytes.ts";
import type { StageDone, StageFailed } from "../../core/coordinator/stage/messages.ts";
import { inputNamed } from "../../core/formats/registry.ts";
import type { Failed } from "../../core/protocol/messages.ts";
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

function doneOf({ head }: StageAnswer): StageDone {
  assert.equal(head.type, "done", JSON.stringify(head));
  return head as StageDone;
}

/** All of a stream: the second source, whose first chunk begins here on the grid. */
function streamTask(shift = 0, limit?: number) {
  return { id: 5, segments: [{ source: 1, start: 0, end: 0, shift }], bytes: 0, stream: { limit } };
}

/** A job that has a file of gzip as its second source. */
function jobOfStream(name: string, content: Uint8Array, given: Parameters<typeof stageJob>[1]) {
  const place = { path: join(folder, name), start: 0, compression: "gzip" };
  writeFileSync(place.path, content);
  const sources = ["in.jsonl", name].map((each) => ({ name: each, path: undefined, begin: 0, end: 0 }));
  return stageJob(file, { ...given, settings: { sources, ...given.settings }, streams: [null, place] });
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
  const late = script.replace('ctx.count("torn")', 'throw new Error("late")');
  for (const [code, message] of [
    [late, /^teardown threw Error: late/],
    [late.replace("r.n;", '{ throw new Error("first"); };'), /^map threw Error: first/],
  ] as const)
    await withStage(async (stage) => {
      await stage.open(stageJob(file, job));
      const { head } = await stage.run(tasks([])[0] as ReturnType<typeof tasks>[number]);
      assert.equal(head.type, "failed");
      assert.match((head as Failed).message, message);
    }, code);
});

test("all of a stream is one task, which says where it ends; a limit ends it before", async () => {
  const job = jobOfStream("in.gz", gzipSync(input), { script: { code: { map: "[_.n, ctx.source, ctx.offset]" } } });
  await withStage(async (stage) => {
    await stage.open(job);
    const answer = await stage.run(streamTask());
    const places = answer.output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    let offset = 0;
    assert.deepEqual(
      places,
      lines.map((line, n) => {
        offset += line.length;
        return [n, "in.gz", offset - line.length];
      }),
    );
    const { counts, lines: told, stream } = doneOf(answer);
    assert.deepEqual([counts.records, told], [RECORDS, [RECORDS]]);
    assert.deepEqual(stream, { end: input.length, bytes: input.length, warnings: [] });
    const limited = await stage.run(streamTask(0, 1234));
    assert.equal(limited.output, answer.output.split("\n").slice(0, 1234).join("\n").concat("\n"));
    assert.equal(doneOf(limited).counts.records, 1234);
  });
});

test("of a stream that is folded, chunks are numbered from where it begins on the grid", async () => {
  const fold = { terms: { reduces: true }, script: { code: { map: "_.n", reduce: "(a, b) => a + b" } } };
  await withStage(async (stage) => {
    await stage.open(jobOfStream("in.gz", gzipSync(input), fold));
    const { nodes } = doneOf(await stage.run(streamTask(7000)));
    let next = 7;
    for (const { level, index } of nodes) {
      assert.equal(index * 2 ** level, next);
      next += 2 ** level;
    }
    assert.ok(nodes.length <= 16 && next >= 7 + input.length / 1000, `${nodes.length} nodes up to ${next}`);
  });
});

test("a stream that is cut off fails its task behind the records that can be read, one of which may fail first", async () => {
  const cut = gzipSync(input).subarray(0, 5000);
  for (const [code, message] of [
    ["_.n", /^Cannot read "cut\.gz": its gzip data ends too early, after 5000 bytes of it$/],
    ["r => { if (r.n === 100) throw new Error('no'); return r.n; }", /^map threw Error: no/],
  ] as const)
    await withStage(async (stage) => {
      await stage.open(jobOfStream("cut.gz", cut, { script: { code: { map: code } } }));
      const { head } = await stage.run(streamTask());
      assert.match((head as Failed).message, message);
    });
});

test("a stage reads the header of a stream, and says how many lines it has", async () => {
  const rows = Array.from({ length: 500 }, (_, i) => `${i},"two\nlines"\n`).join("");
  const formatOptions = {
    ...{ delimiter: undefined, quotes: true, header: true, skip: 0, columns: undefined, outputColumns: undefined },
    ...({ schema: undefined, types: "auto", ragged: false, comment: undefined, trim: false, bigints: false } as const),
  };
  const csv = {
    terms: { from: "csv", input: inputNamed("csv"), onError: "skip" },
    settings: { from: "csv", formatOptions },
    script: { code: { map: "r => { if (r.n === 250) throw new Error('no'); return r.n; }" } },
  } as const;
  await withStage(async (stage) => {
    await stage.open(jobOfStream("rows.gz", gzipSync(`n,n\n${rows}`), csv));
    const answer = await stage.run(streamTask());
    const { rejects, stream } = doneOf(answer);
    assert.equal(answer.output, Array.from({ length: 500 }, (_, i) => (i === 250 ? "" : `${i}\n`)).join(""));
    assert.deepEqual([rejects.map(({ line }) => line), stream?.headerLines], [[501], 1]);
    assert.match(stream?.warnings.join() ?? "", /^"rows\.gz" has columns .* with the same one: they are n_2$/);
  });
  await withStage(async (stage) => {
    const columns = { ...csv, settings: { ...csv.settings, formatOptions: { ...formatOptions, columns: ["z"] } } };
    await stage.open(jobOfStream("rows.gz", gzipSync(`n,n\n${rows}`), columns));
    const { head } = await stage.run(streamTask());
    const { message, isUsage } = head as StageFailed;
    assert.deepEqual([message, isUsage], ['Cannot use --columns "z": "rows.gz" has n, n_2', true]);
  });
});

test("a stage looks at inputs: how long a stream is, and whether what seems to be one member is one", async () => {
  const two = Buffer.concat([gzipSync("{}\n"), gzipSync(input)]);
  const found: unknown[] = [];
  for (const [name, content] of Object.entries({ one: gzipSync(input), two, cut: two.subarray(0, 5000) })) {
    const members = { compression: "gzip", at: [0], inside: [0], end: content.length, size: input.length } as const;
    const seeming = { name, path: join(folder, name), begin: 0, end: input.length, members };
    await withStage(async (stage) => {
      await stage.open(jobOfStream(name, content, { settings: { sources: [seeming, seeming] } }));
      for (const wantsBytes of [false, true]) {
        const answer = await stage.look({ id: 3, sources: [{ source: 1, seemsOneMember: true, wantsBytes }] });
        found.push(doneOf(answer).found?.map(({ isOneMember, bytes }) => [name, isOneMember, bytes])[0]);
      }
    });
  }
  const cutAt = (found.pop() as [string, boolean, number])[2];
  assert.ok(cutAt > 0 && cutAt < input.length);
  assert.deepEqual(found, [
    ["one", true, undefined],
    ["one", true, undefined],
    ["two", false, undefined],
    ["two", false, input.length + 3],
    ["cut", false, undefined],
  ]);
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
  const packed = { path: join(folder, "in.lz4"), start: 0, compression: "lz4" };
  writeFileSync(packed.path, Buffer.from([4, 0x22, 0x4d, 0x18]));
  const withoutPrograms = startStage(folder, undefined, { PATH: "/nowhere" });
  await withoutPrograms.open({ ...stageJob(file, { script: { code: { map: "_.n" } } }), streams: [null, packed] });
  const { message } = (await withoutPrograms.run(streamTask())).head as Failed;
  assert.match(
    message,
    /^Cannot read ".*in\.lz4": .* there is no "lz4" on the PATH\nThat is so on .*: it must be inst/,
  );
  assert.equal(await withoutPrograms.end(), 0);
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
