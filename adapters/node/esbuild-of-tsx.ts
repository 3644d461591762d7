/** The compiler that tsx brings along. */
import { createRequire } from "node:module";

interface TransformOptions {
  readonly loader: "ts" | "js";
  readonly sourcefile?: string;
  readonly sourcemap?: "inline";
}

export function transform(code: string, options: TransformOptions): string {
  const fromTsx = createRequire(createRequire(import.meta.url).resolve("tsx"));
  const { transformSync } = fromTsx("esbuild") as { transformSync(code: string, given: object): { code: string } };
  return transformSync(code, { ...options, sourcesContent: false, logLevel: "silent" }).code;
}
