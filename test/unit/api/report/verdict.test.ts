import assert from "node:assert/strict";
import { test } from "node:test";
import { type Judged, judge } from "../../../../api/report/verdict.ts";
import { statsOf } from "../../../support/job-story.ts";

function judged(parts: Partial<Judged> & Pick<Judged, "stats">): Judged {
  return {
    outcome: "done",
    heldMs: 0,
    tailMs: 0,
    mergingMs: 0,
    diedMs: 0,
    doneBefore: 0,
    readsStream: false,
    writesStream: false,
    slowest: undefined,
    ...parts,
  };
}

test("workers that have saved time were worth it, and one start is counted for one process, too", () => {
  const stats = statsOf(1000, [
    { start: 100, compute: 800, wait: 100 },
    { start: 100, compute: 900 },
  ]);
  const { headline, speedUp, serialMs } = judge(judged({ stats }));
  assert.equal(
    headline,
    "Worth it: 20 records in 1.0 s with 2 workers, about 1.8 times as fast as one process, which would have needed about 1.8 s.",
  );
  assert.deepEqual([speedUp, serialMs], [1.8, 1800]);
});

test("workers that have saved nothing were not worth it, and a short job says why", () => {
  const stats = statsOf(200, [
    { start: 90, parse: 20 },
    { start: 90, parse: 10 },
  ]);
  const { headline, reasons } = judge(judged({ stats }));
  assert.match(
    headline,
    /^Not worth it: 20 records in 200 ms with 2 workers, slower than one process, which .* 120 ms\.$/,
  );
  assert.match(
    reasons[0] ?? "",
    /^What slowed it: .* 92\.5 % went to starting and ending workers \(the job is short\)\.$/,
  );
});

test("all that was lost, and the work, is all of the workers' time", () => {
  const ms = { start: 50, compute: 500, send: 20, wait: 400 };
  const stats = statsOf(1000, [ms, ms]);
  const { losses } = judge(judged({ stats, tailMs: 300, heldMs: 100, diedMs: 10 }));
  const lost = losses.reduce((sum, loss) => sum + loss.ms, 0);
  assert.equal(lost + stats.efficiency * 2000, 2000);
  assert.deepEqual(
    losses.map(({ what, ms }) => [what, ms]),
    [
      ["waiting for work", 400],
      ["waiting at the end for the last batches of others", 300],
      ["starting and ending workers", 150],
      ["waiting because --min-free or --max-load held work back", 100],
      ["answering", 40],
      ["work that was lost when workers died", 10],
    ],
  );
});

test("the reason for waiting is named where it is known", () => {
  const stats = statsOf(10_000, [
    { compute: 9000, wait: 1000 },
    { compute: 2000, wait: 8000 },
  ]);
  const slowest = { place: "in.jsonl:7", ms: 7000 };
  assert.match(
    judge(judged({ stats, tailMs: 7000, slowest })).reasons[0] ?? "",
    /35\.0 % went to waiting at the end .* \(the slowest record, in\.jsonl:7, took 7\.0 s\)/,
  );
  assert.match(
    judge(judged({ stats, readsStream: true })).reasons[0] ?? "",
    /waiting for work \(the input may have been slower\)/,
  );
  const coordinator = { cpuMs: 9000, share: 0.5 };
  assert.match(
    judge(judged({ stats: { ...stats, coordinator } })).reasons[0] ?? "",
    /waiting for work \(pmap's own process was busy for 90\.0 % of the time\)/,
  );
});

test("a job that has not come to its end says so first; one without work, and one worker, are not judged", () => {
  const stats = statsOf(1000, [{ compute: 900 }]);
  assert.match(
    judge(judged({ stats, outcome: "failed" })).headline,
    /^Incomplete, because the job failed\. Only one worker: /,
  );
  assert.match(
    judge(judged({ stats, outcome: "interrupted" })).headline,
    /^Incomplete, because the job was interrupted\. /,
  );
  assert.match(judge(judged({ stats, outcome: "stopped" })).headline, /^Ended early, because the reader of the output/);
  const idle = judge(judged({ stats: statsOf(100, [{ wait: 50 }]) }));
  assert.match(idle.headline, /^There is nothing to judge: /);
  assert.equal(idle.speedUp, undefined);
});

test("workers that are busy without a core are told", () => {
  const stats = { ...statsOf(4000, [{ compute: 4000 }, { compute: 4000 }]), coresUsed: 1 };
  assert.match(judge(judged({ stats })).reasons.at(-1) ?? "", /^On average 2\.0 workers were busy and had 1\.0 cores/);
  assert.match(
    judge(judged({ stats: { ...stats, coresUsed: 1.9 } })).reasons.at(-1) ?? "",
    /^The work itself was 100\.0 % the script/,
  );
});
