/** The calls that a profile is made of: a tree in a worker, a table in a message, and one tree of all workers again. */
import type { CodePlace } from "../platform/cpu-sampler.ts";

/** What a worker has spent its time on since it told last. */
export interface CpuProfile {
  readonly functions: readonly CodePlace[];
  /** Callers come before what they call; the first is the root, which is its own caller. */
  readonly calls: readonly CallRow[];
}

/** Its function and its caller, by their indices; microseconds and ticks in itself; then each line with its ticks. */
export type CallRow = readonly [fn: number, caller: number, micros: number, ticks: number, ...lines: number[]];

export interface Call {
  readonly place: CodePlace;
  readonly calls: ReadonlyMap<string, Call>;
  readonly micros: number;
  readonly ticks: number;
  readonly lines: ReadonlyMap<number, number>;
}

export interface TimeOfCall {
  readonly micros: number;
  readonly ticks: number;
  readonly lines: Iterable<readonly [line: number, ticks: number]>;
}

/** The most calls of one message. */
export const MOST_CALLS = 4000;
/** A name or a URL that is longer is cut. */
const MOST_CHARACTERS = 500;

interface MutableCall extends Call {
  readonly calls: Map<string, MutableCall>;
  micros: number;
  ticks: number;
  readonly lines: Map<number, number>;
}

export class CallTree {
  #root = newCall({ name: "(root)", url: "", line: 0, column: 0 });
  #count = 1;

  get root(): Call {
    return this.#root;
  }

  /** How many calls there are. */
  get count(): number {
    return this.#count;
  }

  /** The call of a function by another call, which is made if it is not there. */
  call(caller: Call, place: CodePlace): Call {
    const { calls } = caller as MutableCall;
    const key = `${place.name}\n${place.line}\n${place.column}\n${place.url}`;
    let call = calls.get(key);
    if (call === undefined) {
      call = newCall(place);
      calls.set(key, call);
      this.#count++;
    }
    return call;
  }

  /** Time that was spent in the function itself. */
  add(call: Call, { micros, ticks, lines }: TimeOfCall): void {
    const changed = call as MutableCall;
    changed.micros += micros;
    changed.ticks += ticks;
    for (const [line, n] of lines) changed.lines.set(line, (changed.lines.get(line) ?? 0) + n);
  }

  addAll({ functions, calls }: CpuProfile): void {
    const there: Call[] = [];
    for (const [i, [fn, caller, micros, ticks, ...lines]] of calls.entries()) {
      const call = i === 0 ? this.#root : this.call(there[caller] as Call, functions[fn] as CodePlace);
      this.add(call, { micros, ticks, lines: pairs(lines) });
      there.push(call);
    }
  }

  /** Leaves this number of calls, those with the most time; what the others have had is their callers'. */
  prune(most: number): void {
    if (this.#count <= most) return;
    const totals = totalsOf(this.#root);
    // A caller has at least the time of what it calls, and stands before it: it stays where that stays.
    const kept = new Set(
      [...totals]
        .sort(([, a], [, b]) => b - a)
        .map(([call]) => call)
        .slice(0, most),
    );
    const prune = (call: MutableCall) => {
      for (const [key, inner] of call.calls) {
        if (kept.has(inner)) prune(inner);
        else {
          call.calls.delete(key);
          const { micros, ticks } = sumOf(inner);
          this.add(call, { micros, ticks, lines: [] });
        }
      }
    };
    prune(this.#root);
    this.#count = kept.size;
  }

  profile(): CpuProfile {
    const functions: CodePlace[] = [];
    const numbers = new Map<string, number>();
    const calls: CallRow[] = [];
    const tell = (call: Call, key: string, caller: number) => {
      let fn = numbers.get(key);
      if (fn === undefined) {
        fn = functions.length;
        numbers.set(key, fn);
        functions.push(call.place);
      }
      const own = calls.length;
      calls.push([fn, caller, Math.round(call.micros), call.ticks, ...[...call.lines].flat()]);
      for (const [inner, of] of call.calls) tell(of, inner, own);
    };
    tell(this.#root, "", 0);
    return { functions, calls };
  }
}

function newCall({ name, url, line, column }: CodePlace): MutableCall {
  const place = { name: shortened(name), url: shortened(url), line, column };
  return { place, calls: new Map(), micros: 0, ticks: 0, lines: new Map() };
}

function shortened(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}...` : text;
}

function* pairs(numbers: readonly number[]): Iterable<readonly [number, number]> {
  for (let i = 0; i + 1 < numbers.length; i += 2) yield [numbers[i] as number, numbers[i + 1] as number];
}

/** Each call with the time of all that it has called, callers first. */
function totalsOf(root: Call): Map<Call, number> {
  const totals = new Map<Call, number>();
  const add = (call: Call): number => {
    totals.set(call, 0);
    let total = call.micros;
    for (const inner of call.calls.values()) total += add(inner);
    totals.set(call, total);
    return total;
  };
  add(root);
  return totals;
}

function sumOf(call: Call): { micros: number; ticks: number } {
  let { micros, ticks } = call;
  for (const inner of call.calls.values()) {
    const sum = sumOf(inner);
    micros += sum.micros;
    ticks += sum.ticks;
  }
  return { micros, ticks };
}

/** Whether a message's profile is one. */
export function isCpuProfile(value: unknown): value is CpuProfile {
  const { functions, calls } = (value ?? {}) as { functions?: unknown; calls?: unknown };
  if (!Array.isArray(functions) || !Array.isArray(calls) || calls.length > MOST_CALLS) return false;
  return functions.every(isPlace) && calls.every((row, i) => isRow(row, i, functions.length));
}

function isPlace(value: unknown): boolean {
  const { name, url, line, column } = (value ?? {}) as Record<keyof CodePlace, unknown>;
  return [name, url].every((text) => typeof text === "string") && [line, column].every(Number.isSafeInteger);
}

function isRow(row: unknown, i: number, functions: number): boolean {
  if (!Array.isArray(row) || row.length < 4 || row.length % 2 !== 0 || !row.every(isCount)) return false;
  const [fn, caller] = row as number[];
  return (fn as number) < functions && (caller as number) < Math.max(1, i);
}

function isCount(n: unknown): boolean {
  return Number.isSafeInteger(n) && (n as number) >= 0;
}
