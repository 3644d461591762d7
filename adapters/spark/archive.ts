/** What travels to the machines of a cluster: pmap's own files that a stage and its workers load, and the script. */
import { readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../../core/errors.ts";
import type { RuntimeName } from "../../core/platform/runtime.ts";
import { ownFile } from "../shared/own-file.ts";

/** A file's place in the archive, and where it is. */
export type ArchivedFile = readonly [place: string, file: string];

/** Where a stage begins, in the archive. */
const STAGE = "pmap/adapters/spark/stage.js";
/** In a folder of its own, with what it reads beside itself. */
export const SCRIPT = "script/script.mjs";
/** What else of pmap's own is loaded by name, each with all that is below it. */
const OWN_FOLDERS = ["adapters", "core"];

/** How a runtime is told to run a program of ours. */
const FLAGS: Readonly<Record<RuntimeName, readonly string[]>> = {
  node: [],
  bun: ["--no-install"],
  deno: ["run", "-A", "--quiet", "--no-lock", "--no-prompt"],
};

/** The command line of a stage, with the place of pmap in the archive. */
export function stageArgv(runtime: RuntimeName, program: string): string[] {
  return [program, ...FLAGS[runtime], `archive:${STAGE}`];
}

/** The jar with the driver. @throws {UsageError} when this pmap has been built without it */
export function driverJar(): string {
  try {
    return ownFile(
      () => import.meta.url,
      () => "../../spark/pmap-spark.jar",
    );
  } catch {
    throw new UsageError(
      "Cannot use --engine spark: this pmap was built without Java, and has no driver for Spark\n" +
        "Install pmap from npm; or, in its repository: npm run build && npm run build:spark",
    );
  }
}

/**
 * @param manifest a file that says that all of them are modules
 * @param script the script's bundle, if there is one
 */
export function archivedFiles(manifest: string, script: string | undefined): ArchivedFile[] {
  const root = dirname(dirname(driverJar()));
  const own = OWN_FOLDERS.flatMap((folder) => filesBelow(root, folder));
  const files = own.map((file): ArchivedFile => [join("pmap", relative(root, file)), file]);
  files.push(["package.json", manifest], ...parserOfCode());
  if (script !== undefined) files.push([SCRIPT, script]);
  return files;
}

function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js"))
    .map((name) => join(root, folder, name));
}

/** With it a worker finds out which fields a script reads. */
function parserOfCode(): ArchivedFile[] {
  const folder = dirname(dirname(fileURLToPath(import.meta.resolve("acorn"))));
  return ["package.json", "dist/acorn.mjs"].map((name) => [join("node_modules/acorn", name), join(folder, name)]);
}
