import assert from "node:assert/strict";
import { test } from "node:test";
import { createSpawn } from "../../../../adapters/spawn-workers.ts";
import type { Runtime } from "../../../../api/execution.ts";
import type { Explained } from "../../../../api/explain.ts";
import { checkProfile } from "../../../../api/path-conflicts.ts";
import { recommendation } from "../../../../cli/report/recommendation.ts";

function explained(
  [serialMs, parallelMs]: [number, number],
  argv: readonly string[],
  plan: Partial<Explained["plan"]> = {},
  job: Partial<Explained["job"]> = {},
): Explained {
  const estimate = { timedMs: 500, breakEvenRecords: 10, whole: { records: 100, serialMs, parallelMs } };
  const all = { mode: "process", sandbox: false, coresSaid: false, cores: 4, runtime: "node", ...plan };
  const cores = { usable: 4, system: 4 };
  return { argv, estimate, plan: all, job, cores, ownRuntime: "node" } as unknown as Explained;
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
  for (const typed of [
    ["-c", "2"],
    ["-c2"],
    ["--cores", "2"],
    ["--cores=2"],
    ["-j", "2"],
    ["--jobs=2"],
    ["--processes", "2"],
    ["-c=50%"],
  ]) {
    const told = recommendation(
      explained([1000, 600], [...typed, "--explain", "-e", "_"], { coresSaid: true, cores: 2 }),
    );
    assert.equal(told, "Recommended: all 4 cores: pmap -e _");
  }
});

const SLOWER: [number, number] = [100, 300];

test("one process is not recommended where it is refused", async () => {
  const own = { name: "node", loadHosting: () => Promise.reject(new Error("inline")) } as unknown as Runtime;
  const plans: Partial<Explained["plan"]>[] = [
    {},
    { runtime: "bun" },
    { runtime: "deno" },
    { sandbox: true },
    { nice: 5 },
    { profilePath: "p" },
    { runtime: "bun", nice: 5 },
  ];
  for (const plan of plans) {
    const told = explained(SLOWER, ["s.ts"], plan);
    const inline = { ...told.plan, mode: "inline" } as const;
    const sandbox = inline.sandbox ? [] : undefined;
    const refusal = await Promise.resolve()
      .then(() => checkProfile(inline))
      .then(() => createSpawn(own, { ...inline, folder: ".", sandbox, ownsStdout: false }, () => {}))
      .then(undefined, (error: Error) => error.message);
    const isRefused = refusal !== "inline";
    const wanted = isRefused ? "as it is: pmap s.ts" : "one process, without workers: pmap --mode inline s.ts";
    assert.equal(recommendation(told), `Recommended: ${wanted}`, JSON.stringify(plan));
    assert.equal(isRefused, Object.keys(plan).length > 0, String(refusal));
  }
});

test("one process is not recommended where only a worker can be ended", () => {
  for (const plan of [{ maxMemoryBytes: 2 ** 30 }, { recycle: 10 }, { engine: "spark" }] as const)
    assert.equal(recommendation(explained(SLOWER, ["s.ts"], plan)), "Recommended: as it is: pmap s.ts");
  const timed = explained(SLOWER, ["s.ts"], {}, { timeoutMs: 100 });
  assert.equal(recommendation(timed), "Recommended: as it is: pmap s.ts");
});

test("fewer cores that PMAP_OPTIONS or a file says are overruled", () => {
  const told = recommendation(explained([1000, 600], ["--explain", "-e", "_"], { coresSaid: true, cores: 2 }));
  assert.equal(told, "Recommended: all 4 cores: pmap --cores 100% -e _");
});

test("without an estimate nothing is recommended", () => {
  const { estimate: _, ...rest } = explained([1, 1], ["s.ts"]);
  assert.equal(recommendation({ ...rest, estimate: undefined }), undefined);
});
