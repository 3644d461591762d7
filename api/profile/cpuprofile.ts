/**
 * A tree of calls in the format of V8's profiles (`.cpuprofile`), which Chrome's and Edge's tools, VS Code and speedscope open.
 *
 * Workers ran at the same time, so there is no one course of events: each call has one sample, as long as all that it took. A
 * sample lasts until the next one, so the chart over time shows the calls from the first to the last.
 */
import type { Call, CallTree } from "../../core/protocol/call-tree.ts";

interface Node {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly scriptId: string;
    readonly url: string;
    /** From 0; -1 where it is not known. */
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
  readonly hitCount: number;
  readonly children: number[];
  /** Lines from 1. */
  readonly positionTicks: readonly { readonly line: number; readonly ticks: number }[];
}

export interface CpuProfileFile {
  readonly nodes: readonly Node[];
  /** Microseconds, all of them. */
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export function cpuProfileText(tree: CallTree): string {
  return `${JSON.stringify(cpuProfileOf(tree))}\n`;
}

export function cpuProfileOf({ root }: CallTree): CpuProfileFile {
  const nodes: Node[] = [];
  const samples: number[] = [];
  const timeDeltas: number[] = [];
  const scripts = new Map<string, number>([["", 0]]);
  let lasted = 0;
  let endTime = 0;
  const add = (call: Call): number => {
    const { name, url, line, column } = call.place;
    if (!scripts.has(url)) scripts.set(url, scripts.size);
    const node: Node = {
      id: nodes.length + 1,
      callFrame: {
        functionName: name,
        scriptId: String(scripts.get(url)),
        url,
        lineNumber: line - 1,
        columnNumber: column - 1,
      },
      hitCount: call.ticks,
      children: [],
      positionTicks: [...call.lines].sort(([a], [b]) => a - b).map(([of, ticks]) => ({ line: of, ticks })),
    };
    nodes.push(node);
    if (call.micros > 0) {
      samples.push(node.id);
      timeDeltas.push(lasted);
      lasted = call.micros;
      endTime += call.micros;
    }
    for (const inner of call.calls.values()) node.children.push(add(inner));
    return node.id;
  };
  const rootId = add(root);
  // The end of the last one.
  samples.push(rootId);
  timeDeltas.push(lasted);
  return { nodes, startTime: 0, endTime, samples, timeDeltas };
}
