/**
 * The calls of the script as its author knows them: what pmap and the runtime do around them is one entry each, and what the
 * script calls of the runtime has no inside.
 */
import { lineOfCode, NAMELESS_CODE } from "../../errors.ts";
import type { CodePlace, SampledCall } from "../../platform/cpu-sampler.ts";
import { type Call, CallTree, MOST_CALLS } from "../../protocol/call-tree.ts";

/** Whose a sampled call is, and the call of the tree that its time goes to; no call for time in which nothing was done. */
interface Folded {
  readonly whose: "root" | "script" | "called by script" | "pmap" | "runtime" | "nothing";
  readonly call: Call | undefined;
}

export const PMAP = "(pmap)";
export const NATIVE = "(native)";
/** What pmap loads in a worker beside its own code. Where a script calls one of them, it is the script's. */
const OWN_PACKAGES =
  /\/node_modules\/(acorn|eslint-scope|esrecurse|estraverse|p-limit|yocto-queue|tsx|get-tsconfig|esbuild|hyparquet)[^/]*\//;
/** What V8 calls time without a call. */
const IDLE = "(idle)";
const GARBAGE_COLLECTOR = "(garbage collector)";

/** @param isOwn whether code at a URL is pmap's */
export function foldCalls(sampled: readonly SampledCall[], isOwn: (url: string) => boolean): CallTree {
  const tree = new CallTree();
  const folded: Folded[] = [];
  const apart = (name: string) => tree.call(tree.root, placeOf(name));

  const fold = ({ place, parent }: SampledCall): Folded => {
    const caller = folded[parent];
    if (caller === undefined) return { whose: "root", call: tree.root };
    if (caller.whose === "nothing" || place.name === IDLE) return { whose: "nothing", call: undefined };
    if (place.name === GARBAGE_COLLECTOR) return { whose: "runtime", call: apart(GARBAGE_COLLECTOR) };
    const isInside = caller.whose === "script" || caller.whose === "called by script";
    if (isOwn(place.url) || (!isInside && OWN_PACKAGES.test(place.url))) return { whose: "pmap", call: apart(PMAP) };
    const isCode = place.url === NAMELESS_CODE;
    // Functions of Bun's own may stand on such lines as well, but it is no script's code that calls them.
    if (isCode ? !isInside : !isRuntimes(place.url))
      return { whose: "script", call: tree.call(isInside && caller.call ? caller.call : tree.root, asTyped(place)) };
    if (caller.whose === "script" && caller.call !== undefined)
      return { whose: "called by script", call: tree.call(caller.call, placeOf(place.name || NATIVE)) };
    if (caller.whose === "root") return { whose: "runtime", call: apart(NATIVE) };
    return caller;
  };

  for (const sample of sampled) {
    const now = fold(sample);
    folded.push(now);
    const { micros, ticks, lines } = sample;
    if (now.call === undefined || ticks === 0) continue;
    const target = now.whose === "root" ? apart(NATIVE) : now.call;
    tree.add(target, { micros, ticks, lines: now.whose === "script" ? typedLines(sample.place, lines) : [] });
  }
  tree.prune(MOST_CALLS);
  return tree;
}

function placeOf(name: string): CodePlace {
  return { name, url: "", line: 0, column: 0 };
}

/** What has no URL is built in; code that a script makes of text (`new Function`) has none either. */
function isRuntimes(url: string): boolean {
  return url === "" || /^(node|ext|internal|native|bun|wasm):|^\[native/.test(url);
}

/** Of code from the command line, the line that was typed. */
function asTyped({ name, url, line, column }: CodePlace): CodePlace {
  return { name: name || "(anonymous)", url, line: Math.max(0, lineOfCode(url, line)), column };
}

function typedLines({ url }: CodePlace, lines: SampledCall["lines"]): [number, number][] {
  return lines.map(([line, ticks]) => [Math.max(0, lineOfCode(url, line)), ticks]);
}
