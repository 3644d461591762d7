/** The flags that say how CSV is read and printed. */
import type { FormatFlags } from "../format.ts";

export const CSV_FLAGS: FormatFlags = {
  of: "CSV",
  names: ["delimiter", "quote", "skip", "no-header", "columns", "types", "ragged", "comment", "trim"],
};
