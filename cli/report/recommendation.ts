/** What `--explain` recommends, with the command line for it. */
import type { Explained } from "../../api/explain.ts";
import { commandText } from "../../api/report/texts.ts";
import { FLAGS } from "../flags/table.ts";

/** Workers have to save this much of the time of one process to be worth it. */
const WORTH = 0.9;

interface Recommended {
  readonly why: string;
  /** Words that are put in front of those that were typed. */
  readonly add: readonly string[];
  /** Flags that these replace. */
  readonly drop: readonly string[];
}

/** Undefined where the estimate tells too little. */
export function recommendation(explained: Explained): string | undefined {
  const { argv } = explained;
  const found = recommend(explained);
  if (found === undefined) return undefined;
  const command =
    argv === undefined ? "" : `: ${commandText(["pmap", ...found.add, ...without(argv, ["explain", ...found.drop])])}`;
  return `Recommended: ${found.why}${command}`;
}

function recommend(explained: Explained): Recommended | undefined {
  const { estimate, plan, cores, argv = [] } = explained;
  const whole = estimate?.whole;
  if (whole === undefined) return undefined;
  const asItIs = { why: "as it is", add: [], drop: [] };
  const { serialMs, parallelMs } = whole;
  if (parallelMs >= WORTH * serialMs) {
    // Without workers there is nothing to share out, and nothing to start.
    const one = { why: "one process, without workers", add: ["--mode", "inline"], drop: ["mode"] };
    return plan.mode === "inline" || needsWorkers(explained) ? asItIs : one;
  }
  if (!plan.coresSaid || plan.cores >= cores.usable) return asItIs;
  // Those that PMAP_OPTIONS or a file says are still there when no flag is.
  const isTyped = without(argv, ["cores"]).length < argv.length;
  return { why: `all ${cores.usable} cores`, add: isTyped ? [] : ["--cores", "100%"], drop: ["cores"] };
}

/** Whether the job asks for what pmap's own process refuses, or cannot do: to confine itself, or to end itself and go on. */
function needsWorkers({ plan, job, ownRuntime }: Explained): boolean {
  const isOther = plan.runtime !== ownRuntime || plan.engine === "spark";
  const isConfined = plan.sandbox || plan.nice !== undefined || plan.profilePath !== undefined;
  const isEnded = [plan.maxMemoryBytes, plan.recycle, job.timeoutMs].some((limit) => limit !== undefined);
  return isOther || isConfined || isEnded;
}

/** The words without these flags and their values. */
function without(words: readonly string[], flags: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    // What follows is the script's.
    if (word === "--") return [...kept, ...words.slice(i)];
    const flag = flags.find((name) => isFlag(word, name));
    if (flag === undefined) kept.push(word);
    else if (flag !== "explain" && !word.includes("=") && !isJoined(word, flag)) i++;
  }
  return kept;
}

function isFlag(word: string, name: string): boolean {
  return (
    longNames(name).some((one) => word === one || word.startsWith(`${one}=`)) ||
    shortNames(name).includes(word) ||
    isJoined(word, name)
  );
}

/** `-c2`, `-c=50%` */
function isJoined(word: string, name: string): boolean {
  return shortNames(name).some((short) => word.startsWith(short)) && /^-\w=?[+-]?\d/.test(word);
}

function longNames(name: string): string[] {
  return spellings(name).flatMap((one) => (one.length > 1 ? [`--${one}`] : []));
}

function shortNames(name: string): string[] {
  return spellings(name).flatMap((one) => (one.length === 1 ? [`-${one}`] : []));
}

function spellings(name: string): string[] {
  const { short = "", aliases = [] } = FLAGS.find((flag) => flag.name === name) ?? {};
  return [name, short, ...aliases];
}
