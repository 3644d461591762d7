import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, posix } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

// Dependencies point one way: cli -> api -> adapters -> core. In core the coordinator and the worker never meet but in the
// protocol.

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a folder may import from, besides itself. A folder that is not named is as the one above it. */
const REACH: Readonly<Record<string, readonly string[]>> = {
  core: ["core/script"],
  "core/script": [],
  "core/platform": ["core/script", "core/errors.ts"],
  "core/formats": ["core/platform", "core/json.ts", "core/errors.ts"],
  "core/protocol": ["core/formats", "core/platform", "core/script", "core/bytes.ts", "core/json.ts", "core/errors.ts"],
  "core/worker": [
    "core/protocol",
    "core/formats",
    "core/platform",
    "core/script",
    "core/bytes.ts",
    "core/json.ts",
    "core/errors.ts",
  ],
  "core/coordinator": [
    "core/protocol",
    "core/formats",
    "core/platform",
    "core/script",
    "core/bytes.ts",
    "core/json.ts",
    "core/errors.ts",
    "core/cancellation.ts",
  ],
  adapters: ["adapters", "core"],
  "adapters/shared": ["core"],
  "adapters/system": ["adapters/shared", "core"],
  "adapters/node": ["adapters/shared", "adapters/system", "core"],
  "adapters/bun": ["adapters/shared", "adapters/system", "core"],
  "adapters/deno": ["adapters/shared", "adapters/system", "core"],
  // A stage is a program of its own, on a machine of a cluster: it starts workers of whatever runtime it is on.
  "adapters/spark": ["adapters/shared", "adapters/system", "adapters/detect.ts", "adapters/spawn-workers.ts", "core"],
  api: ["adapters", "core"],
  cli: ["api"],
  examples: [],
};
const RUNTIME_FOLDER = /^adapters\/(node|bun|deno)\//;
/** Files of a runtime's folder that touch nothing of the runtime's. */
const OF_ANY_RUNTIME = /^adapters\/(node|bun|deno)\/(command|compile-cache)\.ts$/;
/** Packages that need Node's modules, so core cannot have them. */
const packagesOfNode = ["os-utils", "tsx", "esbuild"];

test("every source file keeps to its layer", () => {
  const files = ["core", "adapters", "api", "cli", "examples"].flatMap(sources);
  assert.ok(
    files.some((file) => file.startsWith("core/")),
    "found nothing to check",
  );
  assert.deepEqual(
    files.flatMap((file) => violations(file, readFileSync(join(root, file), "utf8"))),
    [],
  );
});

test("the check sees what each layer must not do", () => {
  const bad: [file: string, source: string][] = [
    ["core/a.ts", `import { readFileSync } from "node:fs";`],
    ["core/a.ts", `import fs from "fs";`],
    ["core/a.ts", `import type { Stats } from 'node:fs';`],
    ["core/a.ts", `const fs = await import("node:fs");`],
    ["core/a.ts", "const fs = await import(`node:fs`);"],
    ["core/a.ts", `export * from "../adapters/detect.ts";`],
    ["core/coordinator/a.ts", `import { main } from "../../cli/main.ts";`],
    ["core/coordinator/job/a.ts", `import { serve } from "../../worker/serve.ts";`],
    ["core/worker/a.ts", `import type { WorkerPool } from "../coordinator/workers/worker-pool.ts";`],
    ["core/formats/a.ts", `import type { Done } from "../protocol/messages.ts";`],
    ["core/protocol/a.ts", `import { fold } from "../worker/emitters/fold.ts";`],
    ["core/script/a.ts", `import { JobError } from "../errors.ts";`],
    ["core/errors.ts", `import type { Cursor } from "./formats/cursor.ts";`],
    ["core/errors.ts", `import { openInput } from "../adapters/shared/positional-files.ts";`],
    ["adapters/shared/a.ts", `import { cores } from "../system/cores.ts";`],
    ["adapters/spark/a.ts", `import { host } from "../node/host.ts";`],
    ["adapters/system/a.ts", `import { driver } from "../spark/driver.ts";`],
    ["adapters/system/a.ts", `import { host } from "../node/host.ts";`],
    ["api/a.ts", `import { program } from "../cli/program.ts";`],
    ["core/a.ts", `import os from "os-utils";`],
    ["core/a.ts", `import { spawn } from "bun";`],
    ["core/a.ts", `import { test } from "bun:test";`],
    ["core/a.ts", `import { walk } from "jsr:@std/fs";`],
    ["core/a.ts", "process.exit(1);"],
    ["core/a.ts", "const late = `at ${process.uptime()} s`;"],
    ["core/a.ts", `if (typeof Deno !== "undefined") start();`],
    ["core/a.ts", "const version = Bun.version;"],
    ["core/a.ts", `if ("Deno" in globalThis) start();`],
    ["adapters/node/a.ts", `import { spawn } from "../deno/spawn.ts";`],
    ["adapters/node/a.ts", `new Worker(new URL("../bun/thread.ts", import.meta.url));`],
    ["adapters/deno/a.ts", `export { exitCode } from "../../cli/exit.ts";`],
    ["adapters/detect.ts", `import { spawn } from "./node/spawn.ts";`],
    ["cli/a.ts", `import { spawn } from "../adapters/node/spawn.ts";`],
    ["cli/a.ts", `import { countCores } from "../adapters/system/cores.ts";`],
    ["cli/report/a.ts", `import type { Job } from "../../core/coordinator/job/job.ts";`],
    ["cli/a.ts", `const { log } = await import("../adapters/system/log.ts");`],
    ["api/a.ts", `import { spawn } from "../adapters/node/spawn.ts";`],
    ["adapters/inline.ts", `import "../cli/main.ts";`],
    ["cli/main.ts", `import { fixture } from "../test/fixtures.ts";`],
    ["examples/a.ts", `import type { Context } from "../core/worker/script/record-context.ts";`],
  ];
  for (const [file, source] of bad) {
    assert.equal(violations(file, source).length, 1, `${file}: ${source}`);
  }
});

test("the check lets pass what each layer may do", () => {
  const good: [file: string, source: string][] = [
    ["core/worker/a.ts", `import limit from "p-limit";\nimport { split } from "../formats/split.ts";`],
    ["core/worker/records/a.ts", `import type { Context } from "../../script/types.ts";`],
    ["core/coordinator/a.ts", `import { CancellationToken } from "../cancellation.ts";`],
    ["core/a.ts", `// import { spawn } from "node:child_process"; Deno and Bun differ here, see process.stdin`],
    ["core/a.ts", `/** On Deno, globalThis.process is a getter. */\nexport type Mode = "process" | "thread";`],
    ["core/a.ts", "export type Signal = typeof globalThis extends { AbortSignal: infer Signal } ? Signal : never;"],
    ["core/a.ts", `export const modes = { process: 1, thread: 2 };\nchunk.process();`],
    ["core/a.ts", `throw new Error('Cannot start "Bun": see https://bun.com and process.env');`],
    ["adapters/node/a.ts", `import { spawn } from "node:child_process";\nimport { open } from "../shared/files.ts";`],
    ["adapters/deno/a.ts", `import { serve } from "../../core/worker/serve.ts";\nDeno.exit(1);`],
    ["adapters/detect.ts", `export const load = { node: () => import("./node/runtime.ts") };`],
    ["adapters/spawn-workers.ts", `import { nodeCommand } from "./node/command.ts";`],
    ["api/a.ts", `import { createSpawn } from "../adapters/spawn-workers.ts";`],
    ["cli/main.ts", `import { start } from "../api/start.ts";\nimport { cac } from "cac";`],
    ["cli/report/a.ts", `import type { Job } from "../../api/run.ts";\nimport { FLAGS } from "../flags/table.ts";`],
    ["examples/a.ts", `import type { Context } from "pmap-cli";\nimport { score } from "./score.ts";`],
  ];
  for (const [file, source] of good) assert.deepEqual(violations(file, source), []);
});

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => posix.join(folder, file.replaceAll("\\", "/")))
    .sort();
}

/** What `source`, if it were the file `file`, does that its layer must not. */
function violations(file: string, source: string): string[] {
  const found: string[] = [];
  for (const { specifier, lazy } of imports(source)) {
    const why = specifier.startsWith(".")
      ? forbiddenFile(file, posix.join(posix.dirname(file), specifier), lazy)
      : forbiddenPackage(file, specifier);
    if (why) found.push(`${file} imports "${specifier}": ${why}`);
  }
  if (file.startsWith("core/")) {
    const global = /(?<![.\w$])(?:(?:Deno|Bun|globalThis)\b(?!\s+extends\b)|process\s*[.?[])/.exec(bare(source));
    if (global) found.push(`${file} mentions "${global[0]}": core looks at no runtime`);
  }
  return found;
}

function forbiddenFile(from: string, to: string, lazy: boolean): string | undefined {
  const room = roomOf(from);
  const isIn = (folder: string) => to === folder || to.startsWith(`${folder}/`);
  if (roomOf(to) !== room && !REACH[room]?.some(isIn)) return `${room} may not reach ${to}`;
  if (RUNTIME_FOLDER.test(from) || !RUNTIME_FOLDER.test(to) || OF_ANY_RUNTIME.test(to)) return undefined;
  return lazy ? undefined : "a runtime's adapter is loaded only lazily, by import()";
}

/** The innermost folder that REACH names. */
function roomOf(file: string): string {
  const folders = Object.keys(REACH).filter((folder) => file.startsWith(`${folder}/`));
  return folders.sort((a, b) => b.length - a.length)[0] ?? "";
}

function forbiddenPackage(from: string, specifier: string): string | undefined {
  if (!from.startsWith("core/")) return undefined;
  const ofRuntime = specifier.includes(":") || specifier === "bun" || builtinModules.includes(specifier);
  if (ofRuntime) return "core imports nothing that belongs to a runtime";
  return packagesOfNode.includes(specifier) ? "that package needs Node" : undefined;
}

/** Static imports and re-exports, `import()`, and files named by `new URL(..., import.meta.url)`, which loads them as well. */
function imports(source: string): { specifier: string; lazy: boolean }[] {
  const code = withoutComments(source);
  const patterns: [pattern: RegExp, lazy: boolean][] = [
    [/(?:\bfrom|\bimport)\s*(["'])([^"'\n]+)\1/g, false],
    [/\bimport\s*\(\s*(["'`])([^"'`\n]+)\1/g, true],
    [/\bnew\s+URL\(\s*(["'`])([^"'`\n]+)\1\s*,\s*import\.meta\.url/g, true],
  ];
  return patterns.flatMap(([pattern, lazy]) =>
    [...code.matchAll(pattern)].map(([, , specifier = ""]) => ({ specifier, lazy })),
  );
}

const commentOrText = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;

function withoutComments(source: string): string {
  return source.replace(commentOrText, (piece) => (piece.startsWith("/") ? " " : piece));
}

/** Without comments and texts, but with the code inside of template strings. */
function bare(source: string): string {
  return source.replace(commentOrText, (piece) => {
    if (!piece.startsWith("`")) return piece.startsWith("/") ? " " : '""';
    return [...piece.matchAll(/\$\{([^}]*)\}/g)].map(([, code]) => `(${code})`).join(" ");
  });
}
