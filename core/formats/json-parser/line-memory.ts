/** The memory that JSON lines are read in (assembly/read-lines.ts). */
import { createSlotMemory, type SlotMemory } from "../slots/memory.ts";
import { moduleBytes } from "./read-lines.wasm.ts";

interface Exports {
  readonly readLines: (from: number, length: number, narrow: number, wide: number) => void;
}

export type LineMemory = SlotMemory<Exports>;

/** One for all: a memory of its own for each of them would be gigabytes of addresses. */
let shared: LineMemory | "none" | undefined;

/** Undefined where there is no WebAssembly. */
export function lineMemory(): LineMemory | undefined {
  shared ??= createSlotMemory<Exports>(moduleBytes()) ?? "none";
  return shared === "none" ? undefined : shared;
}
