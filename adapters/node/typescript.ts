/** TypeScript that Node cannot strip by itself: Node before 22.18, enums, parameter properties, tsconfig paths. */
import { createRequire } from "node:module";
import { JobError } from "../../core/failure.ts";
import { keepCompiled } from "../compile-cache.ts";

/** What an import fails with when tsx would not. A missing module may be one that only tsconfig's paths know. */
export const TSX_CAN_HELP: ReadonlySet<string> = new Set([
  "ERR_UNKNOWN_FILE_EXTENSION",
  "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX",
  "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING",
  "ERR_UNSUPPORTED_DIR_IMPORT",
  "ERR_MODULE_NOT_FOUND",
]);

let registered: Promise<void> | undefined;

async function register(): Promise<void> {
  const esm = await import("tsx/esm/api");
  const cjs = await import("tsx/cjs/api");
  cjs.register();
  esm.register();
}

const failedBefore = new Set<string>();

/** Imports with what Node itself can do. */
export async function importNatively(url: string): Promise<Record<string, unknown>> {
  keepCompiled();
  try {
    return await import(url);
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_UNKNOWN_FILE_EXTENSION") failedBefore.add(url);
    throw error;
  }
}

export async function importWithTsx(url: string): Promise<Record<string, unknown>> {
  registered ??= register();
  await registered;
  // Node 20 remembers that it could not load a URL: another one for the same file is a fresh start.
  const fresh = failedBefore.has(url) ? `${url}?tsx` : url;
  try {
    return flatten(await import(fresh));
  } catch (error) {
    const [, path] = AWAITS_IN_COMMONJS.exec(error instanceof Error ? error.message : "") ?? [];
    throw path === undefined ? error : noModule(path);
  }
}

/** What the compiler in tsx says when it is to make CommonJS of a file (the script, or one that it imports) that awaits outside of functions. */
const AWAITS_IN_COMMONJS =
  /^(.*):\d+:\d+: ERROR: Top-level await is currently not supported with the "cjs" output format/m;

function noModule(path: string): JobError {
  return new JobError(
    `Cannot load "${path}": it awaits at its top level, and tsx takes it for CommonJS\n` +
      'Give it the ending .mts, or put "type": "module" into its package.json',
  );
}

/** Without "type": "module" nearby, tsx makes CommonJS of a .ts file; its exports are then those of the default. */
function flatten(module: Record<string, unknown>): Record<string, unknown> {
  const inner = (module.default ?? module["module.exports"]) as Record<string, unknown> | undefined;
  const isCommonJs = typeof inner === "object" && inner !== null && inner.__esModule === true;
  return isCommonJs ? inner : module;
}

/** tsx has no function that takes code; the compiler that it brings along has. */
export function stripTypesWithTsx(code: string): string {
  const fromTsx = createRequire(createRequire(import.meta.url).resolve("tsx"));
  const { transformSync } = fromTsx("esbuild") as {
    transformSync(code: string, options: { loader: "ts" }): { code: string };
  };
  return transformSync(code, { loader: "ts" }).code;
}
