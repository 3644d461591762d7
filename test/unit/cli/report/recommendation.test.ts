import assert from "node:assert/strict";
import { test } from "node:test";
import type { Explained } from "../../../../api/explain.ts";
import { recommendation } from "../../../../cli/report/recommendation.ts";

function explained(
  [serialMs, parallelMs]: [number, number],
  argv: readonly string[],
  plan: Partial<Explained["plan"]> = {},
): Explained {
  const estimate = { timedMs: 500, breakEvenRecords: 10, whole: { records: 100, serialMs, parallelMs } };
  const all = { mode: "process", sandbox: false, coresSaid: false, cores: 4, ...plan };
  return { argv, estimate, plan: all, cores: { usable: 4, system: 4 } } as unknown as Explained;
}

test("workers that pay are recommended with the line as it was typed, without --explain", () => {
  const argv = ["--explain", "-e", "r => r.a", "in put.jsonl", "--", "--explain"];
  const told = recommendation(explained([1000, 300], argv));
  assert.equal(told, "Recommended: as it is: pmap -e 'r => r.a' 'in put.jsonl' -- --explain");
});

test("a job that is too short for workers is recommended without them", () => {
  const told = recommendation(explained([100, 300], ["--mode", "process", "--explain", "s.ts", "in.jsonl"]));
  assert.equal(told, "Recommended: one process, without workers: pmap --mode inline s.ts in.jsonl");
  assert.equal(recommendation(explained([100, 300], ["s.ts"], { mode: "inline" })), "Recommended: as it is: pmap s.ts");
});

test("fewer cores than there are, where workers pay, are not recommended", () => {
  for (const typed of [["-c", "2"], ["-c2"], ["--cores", "2"], ["--cores=2"], ["-j", "2"], ["--jobs=2"]]) {
    const told = recommendation(
      explained([1000, 600], [...typed, "--explain", "-e", "_"], { coresSaid: true, cores: 2 }),
    );
    assert.equal(told, "Recommended: all 4 cores: pmap -e _");
  }
});

test("without an estimate nothing is recommended", () => {
  const { estimate: _, ...rest } = explained([1, 1], ["s.ts"]);
  assert.equal(recommendation({ ...rest, estimate: undefined }), undefined);
});
