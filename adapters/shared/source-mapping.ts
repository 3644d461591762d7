/** From a place in the code that runs to the place in the code that was written. */
import nodeModule from "node:module";

export interface LoadedScript {
  readonly url: string;
  readonly text: string;
  /** What it says of its source map; empty for nothing. */
  readonly mapUrl: string;
}

export interface Mapping {
  /** The place of a function; lines and columns from 0 to lines and columns from 1. */
  place(line: number, column: number): { line: number; column: number; url: string | undefined } | undefined;
  /** The line of what is on a line: both from 1. */
  line(line: number): number | undefined;
}

/** The source map of a script that does not carry one, as JSON; or whether its places are those of the source. */
export type FoundMap = { readonly json: string } | "as written" | "unknown";

/** What `SourceMap` of node:module tells, which Node and Deno have. */
interface Entry {
  readonly originalSource?: string;
  readonly originalLine?: number;
  readonly originalColumn?: number;
}

const INLINE = /^data:application\/json[^,]*;base64,(.*)$/s;
export const TYPESCRIPT = /\.[cm]?tsx?(\?|$)/;

/** No line is better than a wrong one. */
const UNKNOWN: Mapping = { place: () => ({ line: 0, column: 0, url: undefined }), line: () => undefined };

/** Undefined where the code is as it was written. */
export function mappingOf({ url, text, mapUrl }: LoadedScript, map: FoundMap): Mapping | undefined {
  const [, inline] = INLINE.exec(mapUrl) ?? [];
  const json = inline === undefined ? undefined : Buffer.from(inline, "base64").toString();
  if (json === undefined && typeof map === "string") return map === "as written" ? undefined : UNKNOWN;
  try {
    const found = new nodeModule.SourceMap(JSON.parse(json ?? (map as { json: string }).json));
    const entry = (line: number, column: number) => found.findEntry(line, column) as Entry;
    const lines = text.split("\n");
    return {
      place(line, column) {
        const { originalLine, originalColumn, originalSource } = entry(line, column);
        if (originalLine === undefined || Number.isNaN(originalLine)) return undefined;
        const source = TYPESCRIPT.test(url) ? undefined : resolved(originalSource, url);
        return { line: originalLine + 1, column: (originalColumn ?? 0) + 1, url: source };
      },
      line(line) {
        const indent = /^\s*/.exec(lines[line - 1] ?? "")?.[0].length ?? 0;
        const { originalLine } = entry(line - 1, indent);
        return originalLine === undefined || Number.isNaN(originalLine) ? undefined : originalLine + 1;
      },
    };
  } catch {
    return UNKNOWN;
  }
}

function resolved(source: string | undefined, url: string): string | undefined {
  try {
    return source === undefined ? undefined : new URL(source, url).href;
  } catch {
    return undefined;
  }
}
