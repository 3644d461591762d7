/** One record whose script is asynchronous, from the call to a value, a failure, or no time left. */

import type { Script } from "../../script/types.ts";
import type { RecordContext } from "../script/record-context.ts";
import { collect, isThenable, type Settled } from "./returned-value.ts";

type Mapping = Pick<Script, "map" | "filter">;

export function mapRecord(script: Mapping, record: unknown, ctx: RecordContext): Promise<Settled> {
  return script.filter === undefined ? mapKept(script, record, ctx) : mapIfKept(script, record, ctx);
}

async function mapIfKept(script: Mapping, record: unknown, ctx: RecordContext): Promise<Settled> {
  try {
    return await mapWhenKept(script.filter?.(record, ctx), script, record, ctx);
  } catch (error) {
    return { error, verb: "filter" };
  }
}

/** @param kept what the filter has returned */
export async function mapWhenKept(
  kept: unknown,
  script: Mapping,
  record: unknown,
  ctx: RecordContext,
): Promise<Settled> {
  try {
    if (!(isThenable(kept) ? await kept : kept)) return { values: [] };
  } catch (error) {
    return { error, verb: "filter" };
  }
  return mapKept(script, record, ctx);
}

function mapKept({ map }: Mapping, record: unknown, ctx: RecordContext): Promise<Settled> {
  try {
    return collect(map === undefined ? record : map(record, ctx));
  } catch (error) {
    return Promise.resolve({ error, verb: "map" });
  }
}

export interface Clock {
  /** Without one there is all the time in the world. */
  readonly timeoutMs: number | undefined;
  readonly after: (delayMs: number, task: () => void) => () => void;
}

/** A promise that does not settle in time is given up: whatever it still does has no effect on the output. */
export function inTime(settled: Promise<Settled>, { timeoutMs, after }: Clock): Promise<Settled> {
  if (timeoutMs === undefined) return settled;
  let cancel = () => {};
  const timeout = new Promise<Settled>((resolve) => {
    cancel = after(timeoutMs, () => resolve({ error: timeoutMs, verb: "timeout" }));
  });
  return Promise.race([settled, timeout]).finally(cancel);
}
