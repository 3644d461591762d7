import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { reportPage } from "../../../../api/report/page.ts";
import { Recording } from "../../../../api/report/recording.ts";
import { type Gathered, reportData } from "../../../../api/report/report-data.ts";
import type { JobEvent } from "../../../../core/coordinator/observer.ts";
import * as story from "../../../support/job-story.ts";

// The page as text: what it says, what it must not become, and how large it gets.

const built = (name: string) =>
  readFileSync(new URL(`../../../../dist/api/report/page/${name}`, import.meta.url), "utf8");
const parts = {
  script: built("page.js"),
  style: built("page.css"),
  sha256: (text: string) => createHash("sha256").update(text).digest("hex"),
};
const MOST_BYTES = 400 * 1024;

const pageOf = (gathered: Gathered) => reportPage(reportData(gathered), parts);

test("hostile text of records, rejects, counters, the script and errors is text", () => {
  const hostile = "</script><script>window.hacked = true</script><!--<img src=x onerror=alert(1)>";
  const recording = story.recordingOf([story.planned, 0], [story.rejected(1, hostile, hostile), 1]);
  const stats = {
    ...story.statsOf(1000, [{ compute: 500 }, { compute: 500 }]),
    slowest: [{ source: hostile, line: 1, offset: 0, ms: 5, within: 1 }],
  };
  const text = pageOf(
    story.gather(recording, stats, {
      outcome: "failed",
      failure: hostile,
      summary: story.summaryOf({
        rejected: 1,
        rejectsByKind: new Map([["throw", 1]]),
        counters: new Map([[hostile, 1]]),
      }),
      slowTexts: [hostile],
      about: {
        made: "now",
        version: hostile,
        commandLine: hostile,
        script: { name: hostile, text: hostile },
        facts: [[hostile, hostile]],
      },
    }),
  );
  // Those of ours: the data, and the script.
  assert.equal(text.match(/<script/g)?.length, 2 + (parts.script.match(/<script/g)?.length ?? 0));
  assert.equal(text.match(/<img/g), null);
  assert.equal(text.match(/<!--/g), null);
  assert.ok(text.split("&lt;/script&gt;&lt;script&gt;window.hacked").length > 8);
  const [, data = ""] = /<script type="application\/json" id="report-data">(.*?)<\/script>/s.exec(text) ?? [];
  assert.equal(JSON.parse(data).counters[0][0], hostile);
});

test("the page loads nothing, and runs no script but its own", () => {
  const stats = story.statsOf(1000, [{ compute: 500 }]);
  const text = pageOf(story.gather(story.recordingOf([story.planned, 0]), stats));
  assert.match(text, /default-src &#39;none&#39;|default-src 'none'/);
  assert.doesNotMatch(text.replaceAll("http://www.w3.org", ""), /(?:src|href)="(?:https?:)?\/\/|@import|url\(/);
  const [, hash] = /script-src (?:&#39;|')sha256-([\w+/=]+)/.exec(text) ?? [];
  assert.equal(Buffer.from(hash ?? "", "base64").toString("hex"), parts.sha256(parts.script));
});

test("a job with many workers, batches, deaths, rejects and long records fits into 400 KB", () => {
  const kinds = ["throw", "parse", "output", "too-long", "timeout", "exit", "signal", "memory"] as const;
  const long = "<\u2028é".repeat(10_000);
  const events: [JobEvent, number][] = [[story.planned, 0]];
  for (let worker = 0; worker < 500; worker++) events.push([story.spawned(worker), worker]);
  for (let id = 0; id < 60_000; id++) {
    const worker = id % 500;
    const atMs = 1000 + id * 7.123;
    events.push([story.begun(id, worker, id * 1_000_000_007), atMs], [story.ended(id, worker, 700), atMs + 777.77]);
    if (id % 10 === 0) events.push([story.died(worker), atMs + 778]);
  }
  for (const kind of kinds) {
    const reject = story.rejected(1, long, long) as JobEvent & { type: "reject" };
    const failure = { ...reject.reject.failure, kind, stack: long };
    for (let i = 0; i < 20; i++) events.push([{ ...reject, reject: { ...reject.reject, failure } }, 1]);
  }
  const recording = new Recording();
  for (const [event, atMs] of events) recording.observe(event, atMs);
  for (let ms = 0; ms < 400_000; ms += 50) {
    const bytes = new Map(Array.from({ length: 500 }, (_, worker) => [worker, 123_456_789 + ms * worker]));
    if (recording.memory.isDue(ms)) recording.memory.add(ms, bytes);
  }
  const worker = { start: 1.23456789, parse: 12345.6789, compute: 3.3, print: 4.4, send: 5.5, write: 6.6, wait: 7.7 };
  const stats = story.statsOf(
    430_000,
    Array.from({ length: 500 }, () => worker),
  );
  const slow = { source: long.slice(0, 200), line: 1, offset: 0, ms: 5, within: 1 };
  const text = pageOf(
    story.gather(
      recording,
      { ...stats, slowest: Array.from({ length: 5 }, () => slow) },
      {
        failure: long,
        outcome: "failed",
        summary: story.summaryOf({
          rejected: 160,
          rejectsByKind: new Map(kinds.map((kind) => [kind, 20])),
          counters: new Map(Array.from({ length: 1000 }, (_, i) => [`counter ${i} ${long}`, i])),
        }),
        recordTimes: new Array(72).fill(123_456),
        slowTexts: Array.from({ length: 5 }, () => long),
        about: {
          made: "now",
          version: "1",
          commandLine: long.slice(0, 2048),
          script: { name: "x", text: long.slice(0, 12 * 1024) },
          facts: [],
        },
      },
    ),
  );
  assert.ok(Buffer.byteLength(text) <= MOST_BYTES, `${Buffer.byteLength(text)} bytes`);
});

test("of a cluster the page has tasks, executors and attempts, and nothing of this machine's memory", () => {
  const place = { executor: "3", host: "node-7" };
  const recording = story.recordingOf(
    [{ ...story.planned, plan: { ...story.plan, cores: undefined } }, 0],
    [{ type: "executorJoined", ...place }, 1000],
    [{ type: "workerSpawned", worker: 0, pid: undefined, place }, 1200],
    [story.begun(0, 0), 1200],
    [story.ended(0, 0, 0, "died"), 1700],
    [story.died(0), 1700],
    [{ type: "executorEnded", ...place, expected: false, reason: "heartbeat timed out" }, 1700],
    [{ type: "attemptFailed", ...place, nth: 1, reason: "</pre><b>executor lost" }, 1701],
    [{ type: "executorJoined", executor: "4", host: "node-8" }, 1800],
  );
  const given = story.statsOf(9000, [{ start: 100, compute: 500, wait: 400 }]);
  const perWorker = given.perWorker.map((row) => ({ ...row, executor: "4", host: "node-8" }));
  const counts = { tasks: 1234, attemptsFailed: 1, executors: 2, executorsLost: 1 };
  const stats = {
    ...given,
    perWorker,
    cluster: { engine: "spark", version: "4.3.0", master: "yarn", ...counts },
  } as const;
  const text = pageOf(story.gather(recording, stats));
  for (const said of [
    "Spark 4.3.0 (yarn) has done 1,234 tasks on 2 executors. 1 of them was lost. 1 attempt failed.",
    "What 1 attempt had done was of no use",
    "heartbeat timed out",
    "&lt;/pre&gt;&lt;b&gt;executor lost",
    "0, executor 4 on node-8",
    "starting Spark and its stages",
    "A row is a slot of an executor",
  ])
    assert.ok(text.includes(said), said);
  for (const id of ["memory", "deaths"]) assert.ok(!text.includes(`<section id="${id}"`), id);
  assert.ok(!text.includes("workers died"));
  const here = pageOf(story.gather(story.recordingOf([story.planned, 0]), story.statsOf(1000, [{ compute: 500 }])));
  assert.ok(!here.includes('<section id="cluster"') && here.includes('<section id="memory"'));
});
