// Measures pmap beside its peers: interleaved runs, medians, ratios round by round, the same output from all.
//
//   npm run bench -- --runs 3 --runtimes node24,bun --workloads cpu,proj,ident,group --cores 2
//   npm run bench -- --all                    every workload, every contender, cores 1 and all, what processes use
//   npm run bench -- --contenders loop,pmap-o --sizes 50000 --no-keep
//   npm run bench -- --records ascii,unicode,texts,events,optional      other records too; their workloads are called proj@unicode
//
// A node24 is looked for in $NODE24 and in .cache/node24, where .ci/run installs it; peers that are packages in .cache too.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { contenders } from "./contenders.ts";
import { median, ratiosOf } from "./figures.ts";
import { inputOf } from "./inputs.ts";
import { type Entrant, measure } from "./measure.ts";
import { isRecordKind, RECORDS, type RecordKind } from "./records.ts";
import { keepResult, type Measurement, type Subject, type Usage } from "./results.ts";
import { findRuntimes, noRuntime } from "./runtimes.ts";
import { usageOf } from "./usage.ts";

const { values: options } = parseArgs({
  allowNegative: true,
  options: {
    runs: { type: "string", default: "3" },
    cores: { type: "string" },
    runtimes: { type: "string", default: "node24,bun" },
    workloads: { type: "string" },
    records: { type: "string", default: "ascii" },
    sizes: { type: "string", default: "1000000" },
    contenders: { type: "string" },
    all: { type: "boolean", default: false },
    usage: { type: "boolean" },
    keep: { type: "boolean", default: true },
  },
});

const date = new Date().toISOString();
const { all } = options;
const everyCore = all ? [...new Set([1, availableParallelism()])].join(",") : "2";
const cores = (options.cores ?? everyCore).split(",").map(Number);
const workloads = (
  options.workloads ?? (all ? "tiny,cpu,proj,ident,group,csv,csv-plain,1brc" : "cpu,proj,ident,group")
).split(",");
const kinds = options.records.split(",").map(checkedKind);
const runtimes = findRuntimes(options.runtimes.split(","));
const present = (options.contenders?.split(",") ?? defaultContenders()).filter(isPresent);
/** A start takes milliseconds: many of them make one figure. */
const roundsOf = (workload: string): number => Number(options.runs) * (workload === "tiny" ? 10 : 1);

const measurements: Measurement[] = [];
const usages: Usage[] = [];
for (const size of options.sizes.split(",").map(Number)) {
  for (const { workload, kind, label } of workloads.flatMap(inputsOf)) {
    const { path, records } = await inputOf(workload, size, kind);
    const entrants = entrantsOf(workload, path);
    const labelled = <T extends Subject>(found: T[]) => found.map((one) => ({ ...one, workload: label }));
    const measured = labelled(await measure(entrants, records, roundsOf(workload)));
    if (options.usage ?? all) usages.push(...labelled(await usageOf(entrants, records)));
    measurements.push(...measured);
    show(measured);
  }
}
if (usages.length > 0) console.table(usages);
if (options.keep) {
  const command = `npm run bench -- ${process.argv.slice(2).join(" ")}`;
  console.log(`kept in ${keepResult(runtimes, { date, command, measurements, usages })}`);
}

/** A workload over each kind of records; some have an input of their own. */
function inputsOf(workload: string): { workload: string; kind: RecordKind; label: string }[] {
  const own = ["tiny", "1brc", "csv", "csv-plain"].includes(workload);
  const wanted: RecordKind[] = own ? ["ascii"] : kinds;
  return wanted.map((kind) => ({ workload, kind, label: kind === "ascii" ? workload : `${workload}@${kind}` }));
}

function checkedKind(name: string): RecordKind {
  if (!isRecordKind(name)) throw new Error(`Cannot make "${name}": known are ${Object.keys(RECORDS).join(", ")}.`);
  return name;
}

function defaultContenders(): string[] {
  return Object.keys(contenders).filter((name) => all || !contenders[name]?.extra);
}

function isPresent(name: string): boolean {
  const contender = contenders[name];
  if (!contender) throw new Error(`Cannot measure "${name}": known are ${Object.keys(contenders).join(", ")}.`);
  const missing = contender.missing?.();
  if (missing) console.log(`${name} is skipped: ${missing}`);
  return !missing;
}

/** Those of one runtime next to each other: they are compared, and the machine has its moods. */
function entrantsOf(workload: string, input: string): Entrant[] {
  const entrants = present.flatMap((name) => {
    const contender = contenders[name];
    if (!contender || !(contender.workloads ?? ["cpu", "proj", "ident"]).includes(workload)) return [];
    const on = contender.runtimeFree ? [noRuntime] : runtimes;
    const at = contender.serial ? [1] : cores;
    return on.flatMap((runtime) =>
      at.map((n) => ({ name, contender, task: { runtime, workload, input, cores: n } }) satisfies Entrant),
    );
  });
  return [noRuntime, ...runtimes].flatMap((runtime) => entrants.filter(({ task }) => task.runtime === runtime));
}

/** Medians, then ratios, a line for each runtime and number of cores. */
function show(measured: Measurement[]): void {
  for (const runtime of [...new Set(measured.map((one) => one.runtime))]) {
    const ofRuntime = measured.filter((one) => one.runtime === runtime);
    for (const n of new Set(ofRuntime.map((one) => one.cores))) {
      const workload = ofRuntime[0]?.workload ?? "";
      const seconds = ofRuntime
        .filter((one) => one.cores === n)
        .map((one) => [`${one.contender} s`, median(one.seconds)]);
      const ratios = runtime === "any" ? [] : ratiosOf(measured, { workload, runtime, cores: n });
      const figures = [...seconds, ...ratios].map(([name, value]) => [name, Number(Number(value).toFixed(3))]);
      console.log(workload, runtime, `cores ${n}`, JSON.stringify(Object.fromEntries(figures)));
    }
  }
}
