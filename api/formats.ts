/** The formats, as lists for help and completion. */
import { DEFAULT_FORMAT, FORMATS, inputNames, outputNames } from "../core/formats/registry.ts";

export { inputNames, outputNames };

/** Formats that differ in their names and endings alone are one entry. */
export interface FormatEntry {
  readonly names: string[];
  readonly about: string;
  /** `.csv; .tsv .tab`: by name. */
  readonly endings: string;
}

export function inputFormats(): FormatEntry[] {
  const entries = new Map<string, FormatEntry>();
  for (const { name, about, input, extensions } of FORMATS) {
    if (input === undefined) continue;
    const endings = name === DEFAULT_FORMAT ? "all other names" : extensions.join(" ");
    const same = entries.get(about);
    if (same === undefined) entries.set(about, { names: [name], about, endings });
    else entries.set(about, { ...same, names: [...same.names, name], endings: `${same.endings}; ${endings}` });
  }
  return [...entries.values()];
}

/** The endings of files of each format that has some, without the point. */
export function endingsByFormat(): ReadonlyMap<string, readonly string[]> {
  const named = FORMATS.filter(({ extensions }) => extensions.length > 0);
  return new Map(named.map(({ name, extensions }) => [name, extensions.map((extension) => extension.slice(1))]));
}
