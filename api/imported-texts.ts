/** The text of a script and of the modules that it imports, for `--resume`: results of two versions must not be mixed. */
import { readFileSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { statsOf } from "../adapters/system/file-stats.ts";
import type { ScriptSource } from "../core/script/types.ts";

/** The texts of all modules that a script reaches by the names of files. */
export function importedTexts(script: ScriptSource): readonly string[] {
  return [...importedFiles(script).values()];
}

/** Their texts by their paths: from its module, its code and `-M`. Packages are not looked into. */
export function importedFiles({ url, code, modules, folder }: ScriptSource): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  if (url !== undefined) addModule(fileURLToPath(url), texts);
  for (const { specifier } of modules) if (FILE_NAME.test(specifier)) addNamed(specifier, folder, texts);
  for (const text of Object.values(code)) addImports(text, folder, texts);
  return texts;
}

const FILE_NAME = /^(\.{0,2}\/|\.{1,2}$|file:)/;
const IMPORT = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(["'`])([^"'`\n]+)\1/g;

function addImports(text: string, folder: string, texts: Map<string, string>): void {
  for (const [, , name = ""] of text.matchAll(IMPORT)) if (FILE_NAME.test(name)) addNamed(name, folder, texts);
}

function addNamed(name: string, folder: string, texts: Map<string, string>): void {
  for (const place of placesOf(name, folder)) for (const path of candidates(place)) addModule(path, texts);
}

function addModule(path: string, texts: Map<string, string>): void {
  if (texts.has(path) || statsOf(path)?.isFile() !== true) return;
  const text = textOf(path);
  texts.set(path, text);
  addImports(text, dirname(path), texts);
}

/** The worker that loads it says better why it cannot be read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** `require` takes a name as a path, `import` as a URL. */
function placesOf(name: string, folder: string): Iterable<string> {
  const places = new Set(name.startsWith("file:") ? [] : [resolve(folder, name)]);
  try {
    const { href } = new URL(name, pathToFileURL(`${folder}/`));
    places.add(fileURLToPath(href));
  } catch {
    // Not a URL: a path only.
  }
  return places;
}

const EXTENSIONS = [".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json"];

/** TypeScript names a module by what it is compiled to. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx"],
  ".jsx": [".tsx", ".ts"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

/**
 * Every file that a loader may take for a name. Loaders differ in the order, so all that are there count: a refusal too many
 * costs less than mixed results.
 */
function candidates(path: string): readonly string[] {
  const extension = extname(path);
  const stem = path.slice(0, path.length - extension.length);
  return [
    path,
    ...(SOURCES[extension] ?? []).map((source) => stem + source),
    ...EXTENSIONS.map((each) => path + each),
    ...EXTENSIONS.map((each) => join(path, `index${each}`)),
  ];
}
