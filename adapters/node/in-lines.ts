/** Prints code of TypeScript that is one line as lines. */
import { transform } from "./esbuild-of-tsx.ts";

const TYPESCRIPT = /\.[cm]?tsx?(\?|$)/;
const MAPPED = /\/\/# sourceMappingURL=data:application\/json/;

export interface Loaded {
  readonly source?: unknown;
}

/** What has been loaded for a file or a URL, in lines where it is TypeScript's. */
export function loadedInLines(loaded: Loaded, name: string): Loaded {
  const { source } = loaded;
  const text = typeof source === "string" ? source : source instanceof Uint8Array ? Buffer.from(source).toString() : "";
  return text === "" ? loaded : { ...loaded, source: inLines(text, name) };
}

export function inLines(code: string, name: string): string {
  if (!TYPESCRIPT.test(name) || !MAPPED.test(code)) return code;
  try {
    // Its own source map leads from what is printed now to the TypeScript.
    return transform(code, { loader: "js", sourcemap: "inline", sourcefile: name });
  } catch {
    return code;
  }
}
