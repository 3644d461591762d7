// --report and --trace: what they say is what the job did, also where it has failed; text stays text.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { library } from "../support/library.ts";
import { readReport, readTrace } from "../support/report.ts";
import {
  contentOf,
  eventually,
  finished,
  fixture,
  ownRuntime,
  runPmap,
  runShell,
  startPmap,
  temporaryFolder,
} from "../support/run-pmap.ts";

const folder = temporaryFolder();
const RECORDS = 5000;
const lines = Array.from({ length: RECORDS }, (_, n) => JSON.stringify({ n, text: "é".repeat(n % 30) }));
writeFileSync(join(folder, "in.jsonl"), `${lines.join("\n")}\n`);
writeFileSync(join(folder, "numbers"), Array.from({ length: 200 }, (_, n) => `${n}\n`).join(""));
const newFolder = () => mkdtempSync(join(folder, "job-"));
const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0);
const spin = (ms: string) => `{ const end = performance.now() + (${ms}); while (performance.now() < end); }`;

for (const [name, args, stdin] of [
  ["a map of a file", ["-e", "r => r.n % 3 ? r : undefined", join(folder, "in.jsonl")]],
  ["a map of a pipe", ["-e", "_.n"], `${lines.join("\n")}\n`],
  ["a reduce of a range", ["--range", "1..100000", "-e", "_", "--reduce", "(a, b) => a + b"]],
  ["a map in threads", ["--mode", "thread", "-e", "_.n", join(folder, "in.jsonl")]],
  ["a map inline", ["--mode", "inline", "-e", "_.n", join(folder, "in.jsonl")]],
] as const) {
  test(`the figures of the report and the trace of ${name} are those of --stats`, async () => {
    const cwd = newFolder();
    const flags = ["-c", "2", "--report", "r.html", "--trace", "t.json", "--stats=s.json"];
    const options = { cwd, stdin: stdin ?? "" };
    const plain = await runPmap(["-c", "2", ...args], options);
    const { code, stdout, stderr } = await runPmap([...flags, ...args], options);
    assert.deepEqual([code, stdout, stderr], [0, plain.stdout, ""]);
    const stats = JSON.parse(readFileSync(join(cwd, "s.json"), "utf8"));
    const { data, textOf } = readReport(join(cwd, "r.html"));
    assert.deepEqual(data.stats, stats);
    assert.equal(data.outcome, "done");
    const { charts } = data;
    assert.equal(sum(charts.spans.map(([, , , batches]) => batches)), stats.total.batches);
    assert.equal(sum(charts.spans.map((span) => span[5])), stats.total.records);
    assert.ok(Math.abs(sum(charts.records) - stats.total.records) <= charts.records.length / 2);
    if (charts.unit === "bytes") assert.equal(sum(charts.spans.map((span) => span[6])), stats.total.bytesIn);
    assert.equal(sum(charts.recordTimes), stats.total.sampled.records);
    const shown = textOf("time");
    assert.ok(shown.includes(` all ${stats.total.records.toLocaleString("en-US")} `), shown);
    assert.ok(textOf("losses").includes(`${(100 * stats.efficiency).toFixed(1)} %`));
    const batches = readTrace(join(cwd, "t.json")).traceEvents.filter((event) => event.name === "batch");
    assert.equal(batches.length, stats.total.batches);
    assert.equal(sum(batches.map(({ args: told }) => told?.records as number)), stats.total.records);
    // Memory is looked at where the system tells it.
    if (process.platform === "linux") assert.ok(data.peaks.some(({ worker, bytes }) => worker === -1 && bytes > 1e6));
  });
}

test("without --stats a report has the same figures, and asynchronous records are not timed one by one", async () => {
  const cwd = newFolder();
  const code = "async r => { await new Promise((done) => setTimeout(done, 1)); return r.n }";
  const { code: status } = await runPmap(
    ["--report", "r.html", "-e", code, "--limit", "500", join(folder, "in.jsonl")],
    { cwd },
  );
  assert.equal(status, 0);
  const { data, textOf } = readReport(join(cwd, "r.html"));
  assert.equal(data.stats.records, 500);
  assert.ok(data.stats.total.ms.unsplit > 0);
  assert.match(textOf("durations"), /Asynchronous records are not timed one by one/);
  assert.match(textOf("header"), /\d 500 records in |: 500 records in /);
});

test("records, rejects, counters and the script are text, and the slowest record is shown as it stood in the input", async () => {
  const cwd = newFolder();
  const hostile = "</script><script>document.title='hacked'</script><!--";
  const record = (n: number) => JSON.stringify({ n, hostile });
  const input = `${Array.from({ length: 40 }, (_, n) => record(n)).join("\n")}\n`;
  writeFileSync(join(cwd, "in.jsonl"), input);
  const code = `(r, ctx) => { // ${hostile}
    ctx.count(r.hostile);
    ${spin("r.n === 23 ? 400 : 10")}
    if (r.n === 7) throw new Error(r.hostile);
    return r.n }`;
  const flags = ["--report", "r.html", "--on-error", "skip", "-q", "-e", code];
  for (const job of [[...flags, "in.jsonl"], flags]) {
    const { code: status, stderr } = await runPmap(job, { cwd, stdin: job.length > flags.length ? "" : input });
    assert.equal(status, 0, stderr);
    const { page, data, textOf } = readReport(join(cwd, "r.html"));
    assert.equal(page.match(/<script/g)?.length, 2);
    assert.equal(page.match(/<!--/g), null);
    assert.ok(textOf("script").includes(`// ${hostile}`));
    assert.ok(textOf("counters").includes(`${hostile} 40`));
    const rejects = textOf("rejects");
    assert.ok(rejects.includes("throw: 1") && rejects.includes(`:8 map threw Error: ${hostile}`), rejects);
    assert.ok(rejects.includes(record(7)));
    const { source, line, within } = data.stats.slowest[0] ?? { source: "", line: 0, within: 0 };
    assert.deepEqual([source, line, within], [job.length > flags.length ? "in.jsonl" : "-", 24, 1]);
    assert.ok(textOf("slowest").includes(record(23)), textOf("slowest"));
    assert.ok(textOf("job").includes("pmap --report r.html --on-error skip"));
  }
});

test("a job that fails leaves a report and a trace that say so, and its own error and code", async () => {
  const cwd = newFolder();
  const code = "r => { if (r.n === 3000) throw new Error('<b>no</b>'); return r.n }";
  const { code: status, stderr } = await runPmap(
    ["--report", "r.html", "--trace", "t.json", "-e", code, join(folder, "in.jsonl")],
    { cwd },
  );
  assert.equal(status, 1);
  assert.match(stderr, /^pmap: .*in\.jsonl:3001: map threw Error: <b>no<\/b>/);
  const { data, textOf } = readReport(join(cwd, "r.html"));
  assert.equal(data.outcome, "failed");
  assert.match(textOf("header"), /Incomplete, because the job failed\. .*in\.jsonl:3001: map threw Error: <b>no<\/b>/);
  assert.ok(readTrace(join(cwd, "t.json")).traceEvents.some(({ name }) => name === "job ended: failed"));
});

test("a job that is interrupted leaves a report, also when a second signal ends it at once", async () => {
  for (const signals of [1, 2]) {
    const cwd = newFolder();
    const flag = join(cwd, "flag");
    const args = [
      "-c",
      "1",
      "--report",
      "r.html",
      "--trace",
      "t.json",
      fixture("waits_for_a_flag.mjs"),
      join(folder, "numbers"),
    ];
    const child = startPmap(args, { cwd, env: { PMAP_TEST_FLAG: flag } });
    const ended = finished(child, "");
    assert.ok(await eventually(() => contentOf(flag) !== ""));
    let heard = "";
    child.stderr?.on("data", (data: Uint8Array) => {
      heard += Buffer.from(data).toString();
    });
    process.kill(child.pid as number, "SIGINT");
    assert.ok(await eventually(() => heard.includes("SIGINT: waiting")));
    if (signals === 1) writeFileSync(`${flag}.go`, "");
    else process.kill(child.pid as number, "SIGINT");
    const { code } = await ended;
    assert.equal(code, 130);
    const { data, textOf } = readReport(join(cwd, "r.html"));
    assert.equal(data.outcome, "interrupted");
    assert.match(textOf("header"), /Incomplete, because the job was interrupted\./);
    assert.ok(readTrace(join(cwd, "t.json")).traceEvents.some(({ name }) => name === "job ended: interrupted"));
  }
});

test("a reader that goes ends the job early, and the report says so", async () => {
  const cwd = newFolder();
  const line = `pmap --report r.html -e '_' '${join(folder, "in.jsonl")}' | head -1`;
  const { stdout } = await runShell(line, { cwd });
  assert.equal(stdout, `${lines[0]}\n`);
  assert.ok(await eventually(() => contentOf(join(cwd, "r.html")).endsWith("</html>\n")));
  // All may have been printed before head has gone.
  assert.ok(["stopped", "done"].includes(readReport(join(cwd, "r.html")).data.outcome));
});

test("a worker that dies is in the report and in the trace, with the record that it has died of", async () => {
  const cwd = newFolder();
  const records = Array.from({ length: 200 }, (_, n) => `${JSON.stringify({ n, dies: n === 150 })}\n`);
  writeFileSync(join(cwd, "in.jsonl"), records.join(""));
  const flags = ["-c", "2", "--report", "r.html", "--trace", "t.json", "--on-error", "skip", "-q"];
  const { code, stderr } = await runPmap([...flags, fixture("kills_itself.mjs"), "in.jsonl"], { cwd });
  assert.equal(code, 0, stderr);
  const { data, textOf } = readReport(join(cwd, "r.html"));
  assert.ok(data.deathCount >= 1 && data.diedBatches >= 1);
  assert.match(textOf("deaths"), /\d+ died; \d+ requests .*SIGKILL/);
  assert.ok(data.charts.spans.some((span) => span[7] === 2));
  assert.deepEqual(data.rejects, [{ kind: "signal", count: 1 }]);
  assert.match(textOf("rejects"), /in\.jsonl:151 map's worker was ended by SIGKILL/);
  const { traceEvents } = readTrace(join(cwd, "t.json"));
  assert.equal(traceEvents.filter(({ name }) => name === "worker died").length, data.deathCount);
});

test("a file that cannot be written, or is in use, is an error before the first record, and leaves nothing", async () => {
  const cwd = newFolder();
  writeFileSync(join(cwd, "in.jsonl"), "1\n2\n");
  writeFileSync(join(cwd, "script.mjs"), "export default (n) => n;\n");
  const cases: [string[], RegExp][] = [
    [["--report", "no/r.html"], /^pmap: Cannot write "no\/r\.html": there is no folder "no"$/m],
    [["--trace", "."], /^pmap: Cannot write "\.": it is a folder$/m],
    [["--report", "in.jsonl"], /^pmap: Cannot write the report to "in\.jsonl": it is an input$/m],
    [["--trace", "script.mjs"], /^pmap: Cannot write the trace to "script\.mjs": it is the script$/m],
    [["--report", "out", "-o", "out"], /^pmap: Cannot write the report to "out": it is the output$/m],
    [["--report", "x", "--trace", "x"], /^pmap: Cannot write the trace to "x": something else is written there$/m],
    [["--report", "x", "--trace", "no/t.json"], /^pmap: Cannot write "no\/t\.json": there is no folder "no"$/m],
    [["--report", "-"], /^pmap: Cannot use "--report -": it needs the name of a file$/m],
    [["--report", "x", "--explain"], /^pmap: Cannot use --report with --explain/m],
  ];
  for (const [flags, said] of cases) {
    const { code, stdout, stderr } = await runPmap([...flags, "script.mjs", "in.jsonl"], { cwd });
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, said);
    for (const file of ["x", "out"]) assert.ok(!existsSync(join(cwd, file)), `${flags}: ${file} is left`);
  }
  assert.equal(readFileSync(join(cwd, "in.jsonl"), "utf8"), "1\n2\n");
  assert.equal((await runPmap(["--dry-run", "--report", "in.jsonl", "script.mjs", "in.jsonl"], { cwd })).code, 2);
});

test("a report that a job with a wrong script would have is not written, and an older one stays", async () => {
  const cwd = newFolder();
  writeFileSync(join(cwd, "r.html"), "older");
  const { code } = await runPmap(["--report", "r.html", "missing.ts", join(folder, "numbers")], { cwd });
  assert.equal(code, 2);
  assert.equal(readFileSync(join(cwd, "r.html"), "utf8"), "older");
});

test("a report goes through a pipe, too", { skip: process.platform === "win32" ? "needs mkfifo" : false }, async () => {
  const cwd = newFolder();
  const line = "mkfifo pipe; cat pipe > copy.html & pmap --report pipe --range 1..3 -e _; wait";
  const { stdout, stderr } = await runShell(line, { cwd });
  assert.deepEqual([stdout, stderr], ["1\n2\n3\n", ""]);
  assert.equal(readReport(join(cwd, "copy.html")).data.stats.records, 3);
});

test("a program writes a report and a trace with the options of the same names", async () => {
  const cwd = newFolder();
  const [report, trace] = [join(cwd, "r.html"), join(cwd, "t.json")];
  const values = await library.pmap({ code: { map: "_ * 2" } }, [1, 2, 3], { report, trace, cores: 1 }).toArray();
  assert.deepEqual(values, [2, 4, 6]);
  const { data, textOf } = readReport(report);
  assert.deepEqual([data.stats.records, data.outcome], [3, "done"]);
  assert.ok(data.stats.wallMs < performance.now());
  assert.match(textOf("job"), /a program that uses pmap's library/);
  readTrace(trace);
  const failing = library.pmap({ code: { map: "n => { throw new Error('no') }" } }, [1], { report, cores: 1 });
  await assert.rejects(failing.toArray(), /no/);
  assert.equal(readReport(report).data.outcome, "failed");
  const taken = library.pmap({ code: { map: "_" } }, [1], { report: join(cwd, "no/r.html") });
  await assert.rejects(taken.toArray(), { code: "PMAP_OUTPUT" });
});

test("URLs of the command line lose their passwords", {
  skip: ownRuntime !== "node" && "one runtime is enough",
}, async () => {
  const cwd = newFolder();
  await runPmap(["--report", "r.html", "--range", "1..2", "-e", "_", "--", "https://me:secret@example.com/x"], { cwd });
  const { page } = readReport(join(cwd, "r.html"));
  assert.ok(page.includes("https://***@example.com/x"));
  assert.ok(!page.includes("secret"));
});
