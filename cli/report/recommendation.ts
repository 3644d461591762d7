/** What `--explain` recommends, with the command line for it. */
import type { Explained } from "../../api/explain.ts";
import { commandText } from "../../api/report/texts.ts";

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

function recommend({ estimate, plan, cores }: Explained): Recommended | undefined {
  const whole = estimate?.whole;
  if (whole === undefined) return undefined;
  const asItIs = { why: "as it is", add: [], drop: [] };
  const { serialMs, parallelMs } = whole;
  if (parallelMs >= WORTH * serialMs) {
    // Without workers there is nothing to share out, and nothing to start.
    const one = { why: "one process, without workers", add: ["--mode", "inline"], drop: ["mode"] };
    return plan.mode === "inline" || plan.sandbox || plan.nice !== undefined ? asItIs : one;
  }
  const isFew = plan.coresSaid && plan.cores < cores.usable;
  return isFew ? { why: `all ${cores.usable} cores`, add: [], drop: ["cores"] } : asItIs;
}

const SHORT: Readonly<Record<string, readonly string[]>> = { cores: ["-c", "-j", "-P"] };
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  cores: ["--jobs", "--max-procs", "--workers", "--threads"],
};

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
  const names = [`--${name}`, ...(OTHERS[name] ?? [])];
  return (
    names.some((one) => word === one || word.startsWith(`${one}=`)) ||
    SHORT[name]?.includes(word) === true ||
    isJoined(word, name)
  );
}

/** `-c2` */
function isJoined(word: string, name: string): boolean {
  return SHORT[name]?.some((short) => word.startsWith(short) && /^-\w[+-]?\d/.test(word)) === true;
}
