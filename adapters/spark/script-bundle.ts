/** A script as it travels to the machines of a cluster: one file with all that it imports. */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UsageError } from "../../core/errors.ts";
import type { ScriptMap } from "./script-frames.ts";

/** The part of esbuild, which tsx brings along, that is used here. */
interface Esbuild {
  buildSync(options: object): { outputFiles: { path: string; text: string }[]; metafile: { inputs: object } };
  transformSync(code: string, options: object): { code: string; map: string };
}

/** What packages of CommonJS ask for, which a module does not have. */
const REQUIRE =
  'import { createRequire as pmapRequire } from "node:module"; const require = pmapRequire(import.meta.url);';
const COMMON = { format: "esm", target: "es2023", sourcemap: "external", sourcesContent: false, logLevel: "silent" };

/**
 * Writes it to `file`.
 * @returns its source map
 * @throws {UsageError} when something that it imports is not there, or can be no part of one file
 */
export function bundleScript(url: string, file: string): ScriptMap {
  const path = fileURLToPath(url);
  const { code, map } = compiled(path, file, esbuildOfTsx());
  const { sources, ...rest } = JSON.parse(map) as { sources: string[] };
  const own = sources.map((source) => pathToFileURL(resolve(dirname(file), source)).href);
  writeFileSync(file, code);
  return { ...rest, sources: own };
}

function compiled(path: string, file: string, { buildSync, transformSync }: Esbuild): { code: string; map: string } {
  try {
    const { outputFiles, metafile } = buildSync({
      ...COMMON,
      entryPoints: [path],
      outfile: file,
      bundle: true,
      platform: "node",
      banner: { js: REQUIRE },
      metafile: true,
      write: false,
    });
    // Alone, its functions keep the names that a stack tells.
    if (Object.keys(metafile.inputs).length === 1 && extname(path) !== ".cjs" && extname(path) !== ".cts")
      return transformSync(readFileSync(path, "utf8"), { ...COMMON, loader: loaderOf(path), sourcefile: path });
    const [map, code] = [true, false].map((isMap) => outputFiles.find((each) => each.path.endsWith(".map") === isMap));
    return { code: code?.text ?? "", map: map?.text ?? "{}" };
  } catch (error) {
    throw new UsageError(
      `Cannot send "${path}" to a cluster: it cannot be made one file with what it imports\n${reasonsOf(error)}`,
      { about: "script" },
    );
  }
}

function loaderOf(path: string): "ts" | "tsx" | "js" | "jsx" {
  const ending = /\.[cm]?([jt]sx?)$/.exec(path)?.[1];
  return (ending as "ts" | "tsx" | "js" | "jsx" | undefined) ?? "js";
}

function esbuildOfTsx(): Esbuild {
  return createRequire(createRequire(import.meta.url).resolve("tsx"))("esbuild") as Esbuild;
}

/** What esbuild says, each with its place. */
function reasonsOf(error: unknown): string {
  const { errors, message } = error as {
    errors?: { text: string; location: { file: string; line: number } | null }[];
    message: string;
  };
  if (errors === undefined || errors.length === 0) return message;
  return errors
    .map(({ text, location }) => (location === null ? text : `${location.file}:${location.line}: ${text}`))
    .join("\n");
}
