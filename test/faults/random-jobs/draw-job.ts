/** A random job. What cannot be said of it beforehand is not drawn: the comments say why. */
import { gunzipSync } from "node:zlib";
import { isArrays } from "../../../core/formats/json-splitter/arrays.ts";
import { drawInputs } from "./draw-inputs.ts";
import type { Draws } from "./draws.ts";
import { KEYS, MAPS, REDUCES } from "./functions.ts";
import type { Deed, Fault, Flags, Format, Input, Job, Packing, Program, Script } from "./job.ts";
import { packedBytes } from "./packed.ts";

export function drawJob(draws: Draws, program: Program): Job {
  const from = draws.weighted<Format>({ jsonl: 8, text: 3, csv: 3, range: 3, json: 2, nul: 1, bytes: 2 });
  const count = draws.pick([0, 1, 2, 7, 40, 40, 200, 200, 500, 1500, 4000]);
  const names = draws.pick([["a"], ["a"], ["-"], ["-"], ["a", "b"], ["a", "b c", "d", "e", "f", "g"], ["a", "-", "b"]]);
  const files = from === "json" ? names.slice(0, 1) : names;
  const { inputs: plain, numbered } =
    from === "range" ? { inputs: [], numbered: count } : drawInputs(draws, from, count, named(files, from));
  const inputs = draws.chance(0.15) ? plain.map((input) => ({ ...input, packed: drawPacking(draws, from) })) : plain;
  const faultTag = drawFaultTag(draws);
  const mode = draws.weighted({ process: 10, thread: 1.5, inline: 1 });
  const canDie = mode === "process" && faultTag !== "workers" && faultTag !== "coordinator";
  const drawn = drawScript(draws, { from, numbered, count, canDie });
  const isRows = drawn.style !== "none" && drawn.reduce === undefined && draws.chance(0.12);
  const script = isRows ? { ...drawn, map: "row" } : drawn;
  const sink = draws.weighted({ pipe: 5, redirect: 1.5, "-o": 3 });
  const flags = drawFlags(draws, { from, mode, program, inputs, script, count });
  const range = { from: 1, to: count, step: 1 };
  const job: Job = {
    from,
    inputs,
    redirected: draws.chance(0.3),
    cuts: draws.chance(0.6) ? draws.cuts(bytesOf(inputs, "-"), 12) : [],
    pauseMs: draws.integer(0, 4),
    range: from === "range" ? range : undefined,
    script,
    to: isRows ? "parquet" : script.style === "none" ? "jsonl" : draws.weighted({ jsonl: 6, text: 2, json: 1, nul: 1 }),
    columns: isRows ? draws.pick([[], ["--schema", "n:int64?,s:string"], ["--columns", "n,s"]]) : [],
    sink: isRows || (faultTag === "coordinator" && draws.chance(0.85)) ? "-o" : sink,
    flags: faultTag === "workers" || faultTag === "coordinator" ? { ...flags, retries: 1000 } : flags,
    fault: { tag: "none" },
  };
  return { ...job, fault: drawFault(draws, faultTag, job) };
}

function drawPacking(draws: Draws, from: Format): Packing | undefined {
  // Which of their blocks are an array is pmap's business.
  if (from === "json") return "one member";
  const packing = draws.weighted({ "one member": 6, "two members": 1, blocks: 1, none: 1 });
  return packing === "none" ? undefined : packing;
}

function named(names: readonly string[], from: Format): string[] {
  return names.map((name) => (name === "-" ? name : from === "jsonl" ? `${name}.jsonl` : `${name}.in`));
}

export function bytesOf(inputs: readonly Input[], name?: string): number {
  let sum = 0;
  for (const input of inputs) {
    if (name === undefined || input.name === name) for (const piece of input.pieces) sum += piece.length;
  }
  return sum;
}

interface Known {
  readonly from: Format;
  readonly numbered: number;
  readonly count: number;
  readonly canDie: boolean;
}

function drawScript(draws: Draws, { from, numbered, count, canDie }: Known): Script {
  const isReduce = draws.chance(0.45);
  // What of an array passes as it is the loop does not know.
  const onlyFilters = !isReduce && from !== "bytes" && from !== "json" && draws.chance(0.08);
  const style = draws.weighted({ plain: 5, async: 2, sleeps: 1, mixed: 1, generator: 2, "async generator": 1 });
  const deedIn = onlyFilters || (from !== "bytes" && draws.chance(0.1)) ? "filter" : "map";
  const filter = draws.weighted({ none: 4, plain: 1, async: 0.5 });
  const needsFilter = deedIn === "filter" && filter === "none";
  // Rows are what Parquet is made of.
  const maps = Object.keys(MAPS).filter((name) => name !== "row" && (from !== "bytes" || name !== "place"));
  return {
    style: onlyFilters ? "none" : from === "bytes" ? "plain" : style,
    map: draws.pick(from === "json" || from === "csv" ? maps.filter((name) => name !== "place") : maps),
    filter: from === "bytes" ? "none" : needsFilter ? "plain" : filter,
    reduce: isReduce ? draws.pick(Object.keys(REDUCES)) : undefined,
    key: isReduce && draws.chance(0.5) ? draws.pick(Object.keys(KEYS)) : undefined,
    setup: draws.weighted({ none: 6, plain: 1, async: 1.5, "exits once": canDie ? 0.5 : 0, throws: 0.15 }),
    teardown: draws.weighted({ none: 6, plain: 1, async: 1, throws: 0.15, exits: canDie ? 0.15 : 0 }),
    costUs: draws.pick([0, 0, 0, 50, Math.min(2000, Math.round(1_000_000 / (count + 1)))]),
    unevenly: draws.chance(0.15),
    // A chunk of bytes fails as a whole, and where it begins is pmap's business.
    deeds: from === "bytes" ? new Map() : drawDeeds(draws, { numbered, canDie, deedIn, isReduce, style }),
    deedIn,
  };
}

type DeedsKnown = Pick<Known, "numbered" | "canDie"> & {
  readonly deedIn: string;
  readonly isReduce: boolean;
  readonly style: string;
};

function drawDeeds(draws: Draws, { numbered, canDie, deedIn, isReduce, style }: DeedsKnown): Map<number, Deed> {
  const deeds = new Map<number, Deed>();
  if (numbered === 0 || draws.chance(0.5)) return deeds;
  const kinds: Deed[] = ["throw"];
  if (deedIn === "map" && !isReduce) kinds.push("bigint");
  if (canDie) kinds.push("exit 0", "exit 3", "kill", "once");
  // A promise that a plain generator yields is a value, and is not waited for.
  const canWait = deedIn === "map" && style !== "generator";
  if (canDie && canWait) kinds.push("exit later");
  for (let i = draws.integer(1, 4); i > 0; i--) {
    const deed = draws.pick(kinds);
    deeds.set(draws.chance(0.2) ? draws.pick([1, numbered]) : draws.integer(1, numbered), deed);
    // Two that exit once, one after the other, with the same code look like one that exits twice.
    if (deed === "once") kinds.splice(kinds.indexOf(deed), 1);
  }
  // Each costs two time limits.
  if (canDie && deedIn === "map" && draws.chance(0.06)) {
    deeds.set(draws.integer(1, numbered), canWait ? draws.pick(["hang", "never"]) : "hang");
  }
  return deeds;
}

interface FlagsKnown {
  readonly from: Format;
  readonly mode: Flags["mode"];
  readonly program: Program;
  readonly inputs: readonly Input[];
  readonly script: Script;
  readonly count: number;
}

function drawFlags(draws: Draws, { from, mode, program, inputs, script, count }: FlagsKnown): Flags {
  const skips = draws.chance(0.6);
  const deeds = [...script.deeds.values()];
  const hangs = deeds.includes("hang") || deeds.includes("never");
  // With more chunks, each a message, it would only be slow.
  const isSmall = bytesOf(inputs) < 8000 && count <= 1500;
  const chunks = [...(isSmall ? ["1", "3", "17", "64"] : []), "1000", "4K", "64K", "1M"];
  const runtime = draws.pick(["node", "deno", "bun"] as const);
  return {
    cores: draws.integer(1, 5),
    mode,
    runtime: mode === "process" && program !== "node24" && draws.chance(0.15) ? runtime : undefined,
    chunk: draws.chance(0.5) ? draws.pick(chunks) : undefined,
    concurrency: draws.chance(0.3) ? draws.pick([1, 2, 8, 50]) : undefined,
    // A record of `bytes` is a chunk.
    limit: from !== "bytes" && draws.chance(0.12) ? draws.integer(1, count + 3) : undefined,
    unordered: draws.chance(0.1),
    onError: skips ? "skip" : "fail",
    errors: skips && draws.chance(0.6),
    maxErrors: skips && draws.chance(0.15) ? draws.integer(0, 6) : undefined,
    // What exits once is a reject where it may not be tried again.
    retries: draws.chance(0.1) ? draws.pick(deeds.includes("once") ? [3, 4] : [0, 1, 3]) : undefined,
    timeoutMs: hangs ? 3000 : draws.chance(0.15) ? 20_000 : undefined,
    recycle: mode === "process" && draws.chance(0.1) ? Math.max(draws.pick([1, 10, 100]), count >> 3) : undefined,
    verbose: draws.chance(0.3),
  };
}

function drawFaultTag(draws: Draws): Fault["tag"] {
  return draws.weighted({
    none: 9,
    workers: 2.5,
    coordinator: 2.5,
    signal: 2.5,
    "reader goes": 1,
    "reader is slow": 0.5,
  });
}

function drawFault(draws: Draws, tag: Fault["tag"], job: Job): Fault {
  const moment = () => (draws.chance(0.7) ? draws.integer(30, 180) : draws.integer(0, 400)) / 100;
  const moments = (most: number) => Array.from({ length: draws.integer(1, most) }, moment);
  switch (tag) {
    case "workers":
      return job.flags.mode === "process" ? { tag, at: moments(4) } : { tag: "none" };
    case "coordinator": {
      const alsoWorkers = job.flags.mode === "process" && draws.chance(0.3);
      return { tag, at: canResume(job) ? moments(4) : [moment()], workersAt: alsoWorkers ? moments(3) : [] };
    }
    case "signal": {
      const signal = draws.pick(["SIGINT", "SIGTERM"] as const);
      return { tag, signal, at: moment(), againMs: draws.chance(0.3) ? draws.integer(0, 300) : undefined };
    }
    case "reader goes":
      return job.sink === "pipe" ? { tag, bytes: draws.pick([0, 1, 10, 1000, 100_000]) } : { tag: "none" };
    case "reader is slow":
      return { tag };
    default:
      return { tag: "none" };
  }
}

/** Whether what is left of the job can be gone on with: a redirected stdin is a file, and JSON arrays are read by ranges. */
export function canResume(job: Job): boolean {
  const { sink, inputs, from, flags, redirected, to } = job;
  const isFile = (redirected || inputs.every(({ name }) => name !== "-")) && areFiles(job);
  const isByRanges = from !== "json" || (flags.limit === undefined && inputs.every(isFileOfArrays));
  return sink === "-o" && to !== "parquet" && isByRanges && !flags.unordered && isFile;
}

/** Whether what is compressed is read as a file: blocks are, and what is no large part of all, by what its end says. */
function areFiles({ inputs, from, flags }: Job): boolean {
  const takesMembers = from !== "json" && flags.limit === undefined;
  const sizes = inputs.map((input) => {
    if (input.packed === undefined || input.packed === "blocks") return bytesOf([input]);
    return takesMembers ? saidSize(packedBytes(input)) : undefined;
  });
  const all = sizes.reduce((sum: number, size) => sum + (size ?? 0), 0);
  return inputs.every(({ packed }, i) => {
    const size = sizes[i];
    return packed === undefined || packed === "blocks" || (size !== undefined && 4 * size <= all);
  });
}

/** Undefined where it cannot be the size of one member. */
function saidSize(packed: Buffer): number | undefined {
  const size = packed.readUInt32LE(packed.length - 4);
  if (size === 0 && gunzipSync(packed).length > 0) return undefined;
  return packed.length <= 1.01 * size + 1024 ? size : undefined;
}

function isFileOfArrays({ pieces }: Input): boolean {
  const bytes = Buffer.concat(pieces);
  return isArrays(bytes, bytes);
}
