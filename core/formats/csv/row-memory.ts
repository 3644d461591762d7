/** The memory that records of CSV are read in (assembly/rows.ts). */
import { createSlotMemory, type SlotMemory } from "../slots/memory.ts";
import { codeOf } from "./characters.ts";
import { type Borders, QUOTE } from "./dialect.ts";
import { COMMENT, DELIMITER, LINE_END, NO_BYTE, QUOTES } from "./layout.ts";
import { moduleBytes } from "./rows.wasm.ts";

interface Exports {
  readonly look: (length: number) => void;
  readonly readRows: (from: number, length: number) => void;
  readonly recordEnd: (length: number, least: number) => number;
}

export type RowMemory = SlotMemory<Exports>;

/** One for all: a memory of its own for each of them would be gigabytes of addresses. */
let shared: RowMemory | "none" | undefined;

/** Undefined where there is no WebAssembly. */
export function rowMemory(): RowMemory | undefined {
  shared ??= createSlotMemory<Exports>(moduleBytes()) ?? "none";
  return shared === "none" ? undefined : shared;
}

/** Whether it has been asked for. */
export function hasRowMemory(): boolean {
  return shared !== undefined;
}

/** Says how the source is written that is read next. */
export function setDialect({ words }: RowMemory, { delimiter, lineEnd, quotes, comment }: Borders): void {
  words[DELIMITER >> 2] = delimiter.charCodeAt(0);
  words[LINE_END >> 2] = lineEnd;
  words[QUOTES >> 2] = quotes ? QUOTE : NO_BYTE;
  words[COMMENT >> 2] = comment === undefined ? NO_BYTE : codeOf(comment);
}
