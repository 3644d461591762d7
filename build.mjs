// Builds dist/, the JavaScript that npm ships, because Node strips no types below node_modules and few files start faster than
// many. Deno and Bun run the sources as they are.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

process.chdir(dirname(fileURLToPath(import.meta.url)));

/** Files that are opened by name, so they keep their places below dist/. All code that two of them share goes to chunks. */
const entryPoints = [
  "cli/main.ts",
  "core/index.ts",
  ...["node", "bun", "deno"].flatMap((runtime) => ["worker", "thread"].map((file) => `adapters/${runtime}/${file}.ts`)),
].filter((file) => existsSync(file));

/**
 * Bundled code lies in dist/chunk-*.js, where `import.meta.url` would be the chunk's. Each source keeps its own instead: the URL
 * that it would have, had it been compiled alone (`adapters/node/index.ts` -> `dist/adapters/node/index.js`).
 */
const ownUrl = {
  name: "own-url",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\](cli|core|adapters)[/\\].*\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const other = /import\.meta\.(?!url\b|resolve\b)\w+/.exec(source);
      if (other)
        return {
          errors: [{ text: `${other[0]} is the chunk's in a bundle: use import.meta.url`, location: { file: path } }],
        };
      const compiled = relative(process.cwd(), path).replaceAll("\\", "/").replace(/\.ts$/, ".js");
      return { contents: source.replaceAll("import.meta.url", `__ownUrl(${JSON.stringify(compiled)})`), loader: "ts" };
    });
  },
};

/** The second half of `ownUrl`, when it is known which file a source has landed in. */
function resolveOwnUrls(code, folder) {
  return code.replaceAll(/__ownUrl\("([^"]+)"\)/g, (_, compiled) => {
    const target = relative(folder, join("dist", compiled)).replaceAll("\\", "/");
    return `new URL(${JSON.stringify(target.startsWith(".") ? target : `./${target}`)}, import.meta.url).href`;
  });
}

const { metafile, outputFiles } = await build({
  entryPoints,
  outdir: "dist",
  outbase: ".",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  // cac and p-limit inside save 5 ms a start on Node 20, 2 ms on Node 24. tsx finds its own files; os-utils is CommonJS.
  external: ["tsx", "os-utils", "bun"],
  plugins: [ownUrl],
  // Bun parses what it loads anew at every start. Names stay, for stacks.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
  write: false,
});

rmSync("dist", { recursive: true, force: true });
for (const { path, text } of outputFiles) {
  const isProgram = path === join(process.cwd(), "dist/cli/main.js");
  const shebang = isProgram && !text.startsWith("#!") ? "#!/usr/bin/env node\n" : "";
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, shebang + resolveOwnUrls(text, dirname(path)));
  if (isProgram) chmodSync(path, 0o755);
}
writeFileSync("dist/THIRD-PARTY-LICENSES", bundledLicenses(Object.keys(metafile.inputs)));

if (existsSync("core/index.ts")) {
  const tsc = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"];
  const declarations = spawnSync(process.execPath, tsc, { stdio: "inherit" });
  process.exitCode = declarations.status ?? 1;
}

/** The notices of the packages whose code is now in dist/, which their licenses ask for. */
function bundledLicenses(inputs) {
  const folders = new Set(inputs.flatMap((file) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []));
  return [...folders]
    .sort()
    .map((folder) => {
      const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
      if (!file) throw new Error(`Cannot bundle "${folder}": it has no license file.`);
      return `${folder.slice("node_modules/".length)}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
    })
    .join("\n---\n\n");
}
