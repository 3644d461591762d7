/** Where a thread's time goes, by the runtime's own profiler: the same interface (node:inspector) on Node, Deno and Bun. */
import { Session } from "node:inspector";
import { lineOfCode, NAMELESS_CODE } from "../../core/errors.ts";
import type { CodePlace, CpuSampler, SampledCall } from "../../core/platform/cpu-sampler.ts";
import { type FoundMap, type LoadedScript, type Mapping, mappingOf } from "./source-mapping.ts";

const INTERVAL_MICROS = 1000;
/** What is longer than this was no time of the thread: it was not run, or Bun had nothing to look at. */
const LONGEST_SAMPLE_MICROS = 10 * INTERVAL_MICROS;

/** Lines and columns from 0 here, but lines of ticks from 1. */
interface Node {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly scriptId: string;
    readonly url: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
  readonly hitCount?: number;
  readonly children?: readonly number[];
  readonly positionTicks?: readonly { readonly line: number; readonly ticks: number }[];
}

interface Profile {
  readonly nodes: readonly Node[];
  readonly samples?: readonly number[];
  readonly timeDeltas?: readonly number[];
}

export interface SamplerOptions {
  /** Whether code at a URL is pmap's: where it is, does not matter. */
  readonly isOwn: (url: string) => boolean;
  /** V8's: finds the source map of a script that does not carry it. JavaScriptCore tells the places of the sources itself. */
  readonly findMap?: ((script: LoadedScript) => FoundMap) | undefined;
  /** Lines of the longest code from the command line, where the profiler does not tell that code's name. */
  readonly namelessLines?: number;
}

interface Sampling {
  readonly session: Session;
  readonly post: (method: string, parameters?: object) => Promise<Record<string, unknown>>;
}

export async function sampleCpu(options: SamplerOptions): Promise<CpuSampler> {
  const mappings = new Map<string, Mapping | undefined>();
  const isV8 = options.findMap !== undefined;
  let sampling = await startSession();

  return {
    async take(then) {
      const { session, post } = sampling;
      // V8 begins the next one first: what it compiles while nothing is sampled does not know the lines of what it has inlined.
      if (then === "go on" && isV8) sampling = await startSession();
      const { profile } = (await post("Profiler.stop")) as unknown as { profile: Profile };
      if (isV8) await learnMappings(profile, sampling);
      session.disconnect();
      // Bun can do one at a time.
      if (then === "go on" && !isV8) sampling = await startSession();
      return callsOf(profile, (scriptId) => mappings.get(scriptId), options.namelessLines);
    },
  };

  /** Of scripts that are new. The debugger knows their text; it is there for no longer than it takes to ask. */
  async function learnMappings({ nodes }: Profile, { session, post }: Sampling): Promise<void> {
    const { isOwn, findMap = () => "as written" } = options;
    const unknown = new Set<string>();
    for (const { callFrame } of nodes)
      if (/^(file:|\/)/.test(callFrame.url) && !isOwn(callFrame.url) && !mappings.has(callFrame.scriptId))
        unknown.add(callFrame.scriptId);
    if (unknown.size === 0) return;
    const found: { scriptId: string; url: string; sourceMapURL?: string }[] = [];
    const hear = ({ params }: { params: object }) => {
      const script = params as (typeof found)[number];
      if (unknown.has(script.scriptId)) found.push(script);
    };
    session.on("Debugger.scriptParsed", hear);
    await post("Debugger.enable");
    for (const { scriptId, url, sourceMapURL } of found) {
      const { scriptSource } = await post("Debugger.getScriptSource", { scriptId });
      const script = { url, text: String(scriptSource), mapUrl: sourceMapURL ?? "" };
      mappings.set(scriptId, mappingOf(script, findMap(script)));
    }
    await post("Debugger.disable");
    session.removeListener("Debugger.scriptParsed", hear);
    for (const scriptId of unknown) if (!mappings.has(scriptId)) mappings.set(scriptId, undefined);
  }
}

async function startSession(): Promise<Sampling> {
  const session = new Session();
  session.connect();
  const post: Sampling["post"] = (method, parameters = {}) =>
    new Promise((resolve, reject) => {
      session.post(method, parameters, (error: Error | null, result?: object) =>
        error === null || error === undefined ? resolve((result ?? {}) as never) : reject(error),
      );
    });
  await post("Profiler.enable");
  await post("Profiler.setSamplingInterval", { interval: INTERVAL_MICROS });
  await post("Profiler.start");
  return { session, post };
}

export function callsOf(
  { nodes, samples = [], timeDeltas = [] }: Profile,
  mappingFor: (scriptId: string) => Mapping | undefined = () => undefined,
  namelessLines = 0,
): SampledCall[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const micros = new Map<number, number>();
  for (const [i, id] of samples.entries()) {
    // A sample lasts until the next one.
    const delta = Math.min(timeDeltas[i + 1] ?? INTERVAL_MICROS, LONGEST_SAMPLE_MICROS);
    micros.set(id, (micros.get(id) ?? 0) + Math.max(0, delta));
  }
  const ticks = new Map<number, number>();
  for (const id of samples) ticks.set(id, (ticks.get(id) ?? 0) + 1);
  const calls: SampledCall[] = [];
  const add = (node: Node, parent: number): void => {
    const mapping = mappingFor(node.callFrame.scriptId);
    const index = calls.length;
    calls.push({
      place: isNameless(node, namelessLines)
        ? { ...placeOf(node, mapping), url: NAMELESS_CODE }
        : placeOf(node, mapping),
      parent,
      micros: micros.get(node.id) ?? 0,
      ticks: ticks.get(node.id) ?? 0,
      lines: linesOf(node, mapping),
    });
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child !== undefined) add(child, index);
    }
  };
  const [root] = nodes;
  if (root !== undefined) add(root, -1);
  return calls;
}

/** It stands behind lines of ours, on one of its own lines. */
function isNameless({ callFrame: { url, scriptId, lineNumber } }: Node, lines: number): boolean {
  if (url !== "" || scriptId === "0" || lines === 0) return false;
  const typed = lineOfCode(NAMELESS_CODE, lineNumber + 1);
  return typed >= 1 && typed <= lines;
}

function placeOf({ callFrame }: Node, mapping: Mapping | undefined): CodePlace {
  const { functionName: name, url, lineNumber, columnNumber } = callFrame;
  const place = { name, url: withoutQuery(url), line: lineNumber + 1, column: columnNumber + 1 };
  // Code that is no function's begins nowhere.
  if (lineNumber < 0) return { ...place, line: 0, column: 0 };
  const { line, column, url: source } = mapping?.place(lineNumber, columnNumber) ?? place;
  return { ...place, line, column, url: source ?? place.url };
}

function linesOf({ positionTicks = [] }: Node, mapping: Mapping | undefined): [number, number][] {
  const lines = new Map<number, number>();
  for (const { line, ticks } of positionTicks) {
    const typed = mapping === undefined ? line : mapping.line(line);
    if (typed !== undefined) lines.set(typed, (lines.get(typed) ?? 0) + ticks);
  }
  return [...lines];
}

/** A module that is loaded a second time has another URL. */
function withoutQuery(url: string): string {
  return url.startsWith("file:") ? url.replace(/\?.*$/, "") : url;
}
