import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, posix } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

// Dependencies point one way: cli -> adapters -> core, and cli -> core.

const root = fileURLToPath(new URL("..", import.meta.url));
const adapterFolder = /^adapters\/[^/]+(?=\/)/;
/** Packages that need Node's modules, so core cannot have them. */
const packagesOfNode = ["os-utils", "tsx", "esbuild"];

test("every source file keeps to its layer", () => {
  const files = ["core", "adapters", "cli", "examples"].flatMap(sources);
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
    ["core/pool/a.ts", `import { main } from "../../cli/main.ts";`],
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
    ["adapters/files.ts", `import { spawn } from "./node/spawn.ts";`],
    ["adapters/files.ts", `import "../cli/main.ts";`],
    ["cli/main.ts", `import { fixture } from "../test/fixtures.ts";`],
    ["examples/a.ts", `import type { Context } from "../core/worker/script/record-context.ts";`],
  ];
  for (const [file, source] of bad) {
    assert.equal(violations(file, source).length, 1, `${file}: ${source}`);
  }
});

test("the check lets pass what each layer may do", () => {
  const good: [file: string, source: string][] = [
    ["core/a.ts", `import limit from "p-limit";\nimport { split } from "./formats/split.ts";`],
    ["core/formats/a.ts", `import type { Context } from "../context.ts";`],
    ["core/a.ts", `// import { spawn } from "node:child_process"; Deno and Bun differ here, see process.stdin`],
    ["core/a.ts", `/** On Deno, globalThis.process is a getter. */\nexport type Mode = "process" | "thread";`],
    ["core/a.ts", "export type Signal = typeof globalThis extends { AbortSignal: infer Signal } ? Signal : never;"],
    ["core/a.ts", `export const modes = { process: 1, thread: 2 };\nchunk.process();`],
    ["core/a.ts", `throw new Error('Cannot start "Bun": see https://bun.com and process.env');`],
    ["adapters/node/a.ts", `import { spawn } from "node:child_process";\nimport { open } from "../files.ts";`],
    ["adapters/deno/a.ts", `import { pool } from "../../core/pool.ts";\nDeno.exit(1);`],
    ["adapters/detect.ts", `export const load = { node: () => import("./node/index.ts") };`],
    ["cli/main.ts", `import { detect } from "../adapters/detect.ts";\nimport { cac } from "cac";`],
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
  const layer = (file: string) => file.slice(0, file.indexOf("/"));
  const reach: Record<string, string[]> = {
    core: ["core"],
    adapters: ["adapters", "core"],
    cli: ["cli", "adapters", "core"],
    examples: ["examples"],
  };
  if (!reach[layer(from)]?.includes(layer(to))) return `${layer(from)} may not reach ${layer(to)}`;
  const own = adapterFolder.exec(from)?.[0];
  const other = adapterFolder.exec(to)?.[0];
  if (layer(from) !== "adapters" || other === undefined || own === other) return undefined;
  if (own !== undefined) return "adapters do not import each other";
  return lazy ? undefined : "what the adapters share may load one of them only lazily, by import()";
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
