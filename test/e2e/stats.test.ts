import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runPmap, temporaryFolder } from "../support/run-pmap.ts";

// --stats: numbers that add up, and an output that does not know of them.

const folder = temporaryFolder();
const RECORDS = 20_000;
const input = join(folder, "input.jsonl");
const lines = Array.from({ length: RECORDS }, (_, n) => JSON.stringify({ n, text: "é".repeat(n % 30) }));
writeFileSync(input, `${lines.join("\n")}\n`);
writeFileSync(join(folder, "broken.jsonl"), `${lines.slice(0, 500).join("\n")}\n{\n\n${lines.join("\n")}\n`);

interface Row {
  readonly worker?: number;
  readonly batches: number;
  readonly records: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly ms: Readonly<Record<string, number>>;
}

interface Stats {
  readonly wallMs: number;
  readonly workers: number;
  readonly efficiency: number;
  readonly records: number;
  readonly coordinator?: { readonly cpuMs: number; readonly share: number };
  readonly total: Row;
  readonly perWorker: readonly Row[];
}

const bytes = (text: string) => new TextEncoder().encode(text).length;
const lifeOf = ({ ms }: Row) => Object.values(ms).reduce((sum, part) => sum + part, 0);
let files = 0;

/** Runs a job with and without --stats=FILE, which must print the same, and returns what FILE says. */
async function measure(args: readonly string[], stdin?: string): Promise<{ stats: Stats; stdout: string }> {
  const file = join(folder, `stats-${files++}.json`);
  const options = { cwd: folder, ...(stdin === undefined ? {} : { stdin }) };
  const plain = await runPmap(["-c", "2", ...args], options);
  const { code, stdout, stderr } = await runPmap(["-c", "2", `--stats=${file}`, ...args], options);
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: plain.stdout, stderr: plain.stderr });
  const stats = JSON.parse(readFileSync(file, "utf8")) as Stats;
  assertAddsUp(stats);
  return { stats, stdout };
}

function assertAddsUp(stats: Stats) {
  const { wallMs, workers, efficiency, total, perWorker } = stats;
  assert.ok(efficiency >= 0 && efficiency <= 1.01, `efficiency ${efficiency}`);
  assert.ok(workers >= 1 && workers <= 2);
  for (const what of ["batches", "records", "bytesIn", "bytesOut"] as const) {
    assert.equal(
      perWorker.reduce((sum, row) => sum + row[what], 0),
      total[what],
    );
  }
  for (const row of perWorker) {
    for (const [stage, ms] of Object.entries(row.ms)) assert.ok(ms >= 0, `${stage}: ${ms}`);
    // Its clock and ours began a moment apart.
    assert.ok(lifeOf(row) <= wallMs * 1.1 + 50, `${lifeOf(row)} of ${wallMs} ms`);
  }
}

test("--stats=FILE has every record and byte of the job, and says nothing on stderr", async () => {
  const { stats, stdout } = await measure(["-e", "r => ({ ...r, twice: 2 * r.n })", input]);
  assert.equal(stats.records, RECORDS);
  assert.equal(stats.total.records, RECORDS);
  assert.equal(stats.total.bytesIn, readFileSync(input).length);
  assert.equal(stats.total.bytesOut, bytes(stdout));
  for (const stage of ["start", "parse", "print", "send"]) assert.ok((stats.total.ms[stage] ?? 0) > 0, stage);
  assert.equal(stats.total.ms.unsplit, 0);
  assert.ok(stats.coordinator !== undefined && stats.coordinator.cpuMs > 0 && stats.coordinator.share < 1);
});

test("the time of a script that computes is found in compute, and makes the workers well used", async () => {
  const code = "n => { const end = performance.now() + 2; while (performance.now() < end); return n }";
  const { stats } = await measure(["--range", "1..600", "-e", code]);
  const { compute = 0, parse = 0, print = 0 } = stats.total.ms;
  assert.ok(compute >= 600 * 2 * 0.95, `compute ${compute}`);
  assert.ok(compute > 3 * (parse + print), `${compute} against ${parse} and ${print}`);
  assert.ok(stats.efficiency > 0.2, `efficiency ${stats.efficiency}`);
  assert.equal(stats.total.bytesIn, 0);
});

test("the time of a generator is found in compute, and each of its values is printed", async () => {
  const wait = "{ const end = performance.now() + 1; while (performance.now() < end); }";
  const code = `function* (n) { ${wait} yield n; ${wait} if (n % 2) yield -n }`;
  const { stats, stdout } = await measure(["--range", "1..300", "-e", code]);
  assert.equal(stdout.split("\n").length - 1, 450);
  assert.ok((stats.total.ms.compute ?? 0) >= 300 * 2 * 0.8, `compute ${stats.total.ms.compute}`);
});

test("the time of an asynchronous script is not split", async () => {
  const code = "async r => { await new Promise((done) => setTimeout(done, 1)); return r.n }";
  const { stats } = await measure(["-e", code, "--limit", "500", input]);
  const { parse, compute, print, unsplit = 0 } = stats.total.ms;
  assert.deepEqual({ parse, compute, print }, { parse: 0, compute: 0, print: 0 });
  assert.ok(unsplit > 0);
  assert.equal(stats.records, 500);
});

test("a reduce, a grouped reduce and a filter give the same answers with --stats", async () => {
  const sum = await measure(["-e", "_.n / 7", "--reduce", "(a, b) => a + b", input]);
  assert.equal(sum.stats.total.records, RECORDS);
  assert.ok((sum.stats.total.ms.merge ?? 0) > 0);
  const groups = await measure(["--key", "_.n % 11", "--reduce", "(a, b) => a", "--to", "text", input]);
  assert.equal(groups.stdout.split("\n").length - 1, 11);
  assert.equal(groups.stats.total.records, RECORDS);
  const kept = await measure(["--filter", "(r, ctx) => ctx.offset % 3 === 0", input]);
  assert.equal(kept.stats.total.records, RECORDS);
});

test("a stream, an empty input and other modes have their stats, too", async () => {
  const stream = await measure(["-e", "_.n"], `${lines.join("\n")}\n`);
  assert.equal(stream.stats.total.records, RECORDS);
  const empty = await measure(["-e", "_"], "");
  assert.equal(empty.stats.records, 0);
  assert.equal(empty.stats.total.batches, 0);
  for (const mode of ["thread", "inline"]) {
    const { stats } = await measure(["--mode", mode, "-e", "_.n", input]);
    assert.equal(stats.total.records, RECORDS);
    assert.equal(stats.coordinator, undefined);
  }
});

test("with --stats a record that fails is still the right one", async () => {
  const args = ["-q", "--on-error", "skip", "-e", "r => { if (r.n % 100 === 7) throw new Error(r.n); return r.n }"];
  const { stats } = await measure([...args, "--errors", join(folder, "errors.jsonl"), "broken.jsonl"]);
  assert.equal(stats.records, RECORDS + 501);
  const failing = ["--stats", "-e", "_", "broken.jsonl"];
  const { code, stderr } = await runPmap(failing, { cwd: folder });
  assert.equal(code, 1);
  assert.match(stderr, /^pmap: broken\.jsonl:501: Cannot parse the record/);
});

test("--stats prints a row for each worker and one for all, and takes no word for its file", async () => {
  const { code, stdout, stderr } = await runPmap(["-c", "2", "--to", "text", "-e", "_.n", "--stats", input]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, lines.map((_, n) => `${n}\n`).join(""));
  const [head = "", ...rows] = stderr.trimEnd().split("\n");
  assert.match(head, /^worker +records +in +out +batches +start +parse +/);
  assert.match(
    rows.find((row) => / all /.test(row)) ?? "",
    new RegExp(`^ *all +${RECORDS.toLocaleString("en-US")} +[\\d.]+[KM]?B +`),
  );
  assert.match(
    rows.at(-1) ?? "",
    /^pmap: \d+\.\d % of [12] x \d+\.\d\d s went to the records; .*the coordinator took /,
  );
  // A worker that was not ready before the end has nothing to tell.
  const isWorkers = (row: string) => !/^ *all |^slowest |^ {8}|^pmap: /.test(row);
  for (const row of rows.filter(isWorkers)) assert.match(row, /^ *[01] +\d/);
});

test("a file for --stats that cannot be written, or has no name, is told", async () => {
  for (const file of ["input.jsonl", "out.jsonl"]) {
    const taken = await runPmap([`--stats=${file}`, "-e", "_", "-o", "out.jsonl", "input.jsonl"], { cwd: folder });
    assert.equal(taken.code, 2);
    assert.match(taken.stderr, /^pmap: Cannot write stats to "(input|out)\.jsonl": it is (an input|the output)/);
  }
  const nameless = await runPmap(["--stats=", "--range", "1..3", "-e", "_"], { cwd: folder });
  assert.deepEqual([nameless.code, nameless.stdout], [2, ""]);
});
