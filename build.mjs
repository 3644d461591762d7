// Builds dist/, the JavaScript that npm ships, because Node strips no types below node_modules and one file starts faster than
// many. Deno and Bun can run the sources as they are.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

process.chdir(dirname(fileURLToPath(import.meta.url)));

/**
 * What is opened by name keeps its place below dist/. Each is one file with all that it needs: what two of them share is there
 * twice, which costs nothing, and nothing is opened that is not used.
 */
const entryPoints = [
  "cli/main.ts",
  "cli/program.ts",
  "cli/doctor.ts",
  "cli/flags/config.ts",
  "cli/sample/init.ts",
  "cli/sample/peek.ts",
  "cli/help/help.ts",
  "cli/help/version.ts",
  "cli/help/completion.ts",
  "cli/report/dry-run.ts",
  "cli/progress/progress.ts",
  "cli/report/explanation.ts",
  "cli/report/stats.ts",
  "cli/report/summary.ts",
  "adapters/inline.ts",
  "adapters/deno/emitted.ts",
  "adapters/node/line-hooks.ts",
  "adapters/node/whole-lines.ts",
  "adapters/shared/cpu-sampler.ts",
  "adapters/shared/member-file.ts",
  "adapters/spark/stage.ts",
  "adapters/system/compressed-ranges.ts",
  "adapters/system/http/url-source.ts",
  "api/index.ts",
  "api/explain.ts",
  "api/failure-details.ts",
  "api/journal-file.ts",
  "api/joblog.ts",
  "api/json.ts",
  "api/misspelled.ts",
  "api/nothing-emitted.ts",
  "api/profile/profile-job.ts",
  "api/report/record-job.ts",
  "api/spark/prepare.ts",
  "api/library/function-code.ts",
  "core/formats/json-splitter/array-codec.ts",
  "core/formats/parquet/count-rows.ts",
  "core/formats/parquet/row-reader.ts",
  "core/formats/parquet/row-writer.ts",
  "core/formats/parquet/group-writer.ts",
  "core/worker/profile/cpu-profiling.ts",
  "core/worker/script/read-fields.ts",
  ...["node", "bun", "deno"].flatMap((runtime) =>
    ["worker", "thread", "host"].map((file) => `adapters/${runtime}/${file}.ts`),
  ),
];

const bundles = await Promise.all([...entryPoints.map(bundle), reportPage()]);

rmSync("dist", { recursive: true, force: true });
for (const { path, text } of bundles.flatMap(({ outputFiles }) => outputFiles)) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, resolveOwnUrls(text, dirname(path)));
}
chmodSync("dist/cli/main.js", 0o755);
// What each bundle is made of, in bytes of each source: for tests, and to see what has made one longer.
const contents = bundles.flatMap(({ metafile }) => Object.entries(metafile.outputs));
mkdirSync(".cache", { recursive: true });
writeFileSync(
  ".cache/bundles.json",
  JSON.stringify(
    Object.fromEntries(
      contents.map(([path, { inputs }]) => [
        path,
        Object.fromEntries(Object.entries(inputs).map(([source, { bytesInOutput }]) => [source, bytesInOutput])),
      ]),
    ),
  ),
);
writeFileSync(
  "dist/THIRD-PARTY-LICENSES",
  bundledLicenses(bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs))),
);

// From the flag tables: the man page that is packed, and a page of the docs that is kept.
const { manPage, flagsPage } = await import(
  `data:text/javascript,${encodeURIComponent(await textOf("cli/help/reference.ts"))}`
);
writeFileSync("dist/pmap.1", manPage(JSON.parse(readFileSync("package.json", "utf8")).version));
if (!existsSync("docs/flags.md") || readFileSync("docs/flags.md", "utf8") !== flagsPage())
  writeFileSync("docs/flags.md", flagsPage());

const declarations = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
  stdio: "inherit",
});
keepOnly(reachable("dist/api/index.d.ts"));
process.exitCode = declarations.status ?? 1;
await import("./build-spark.mjs");

/** Declarations that importers of the library load. */
function reachable(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  const code = readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\//g, "");
  for (const [, path] of code.matchAll(/(?:from |import\()"(\.[^"]+)"/g))
    reachable(join(dirname(file), path.replace(/ts$/, "d.ts")), found);
  return found;
}

/** The others only tell how it is made. */
function keepOnly(declarations) {
  for (const file of readdirSync("dist", { recursive: true })) {
    const path = join("dist", file);
    if (file.endsWith(".d.ts") && !declarations.has(path)) rmSync(path);
  }
}

function bundle(entryPoint) {
  const plugins = [ownUrl(), loadedLater(entryPoint)];
  return build({
    entryPoints: [entryPoint],
    outdir: "dist",
    outbase: ".",
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // cac, leven and p-limit inside save 5 ms a start on Node 20, 2 ms on Node 24. The others are seldom loaded.
    external: ["tsx", "os-utils", "tinyglobby", "import-meta-resolve", "acorn", "eslint-scope"],
    // Bun has no such habit, and finds an import faster than it answers a call.
    plugins: entryPoint.startsWith("adapters/bun/") ? plugins : [...plugins, builtinModules()],
    // Bun parses what it loads anew at every start: short names save it 2 ms. Those of the library can be seen by programs.
    minifyWhitespace: true,
    minifySyntax: true,
    minifyIdentifiers: !entryPoint.startsWith("api/"),
    legalComments: "none",
    logLevel: "warning",
    // Attributes of an import that are the user's are no literal.
    logOverride: { "unsupported-dynamic-import": "silent" },
    metafile: true,
    write: false,
  });
}

/** What runs in a browser: the script and the style of the page that --report writes. Names are short, it is in every report. */
function reportPage() {
  return build({
    entryPoints: ["api/report/page/page.ts"],
    outdir: "dist",
    outbase: ".",
    bundle: true,
    format: "iife",
    platform: "browser",
    target: ["chrome100", "firefox100", "safari15"],
    minify: true,
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
    write: false,
  });
}

/** What a file is as one module, for the build itself. */
async function textOf(file) {
  const { outputFiles } = await bundle(file);
  return resolveOwnUrls(outputFiles[0].text, ".");
}

/** An entry that another one imports when it needs it stays a file of its own. */
function loadedLater(entryPoint) {
  return {
    name: "loaded-later",
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, kind, resolveDir }) => {
        const file = relative(process.cwd(), join(resolveDir, path)).replaceAll("\\", "/");
        if (kind !== "dynamic-import" || !entryPoints.includes(file)) return undefined;
        return { path: pathFrom(posix.dirname(entryPoint), file).replace(/ts$/, "js"), external: true };
      });
    },
  };
}

/**
 * Node fills in every export of a built-in module that is imported by name, getters and all (2 ms for node:fs alone). Asked for
 * the module itself, it does not. Only the names that are imported stay in the bundle.
 */
function builtinModules() {
  return {
    name: "builtin-modules",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^node:/ }, ({ path, kind }) =>
        kind === "dynamic-import" ? { path, external: true } : { path, namespace: "builtin" },
      );
      onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({ contents: builtinModule(path) }));
    },
  };
}

function builtinModule(path) {
  const names = Object.keys(process.getBuiltinModule(path)).filter((name) => /^[a-zA-Z]\w*$/.test(name));
  return [
    `const builtin = /* @__PURE__ */ process.getBuiltinModule(${JSON.stringify(path)});`,
    "const pick = (name) => builtin[name];",
    ...names.map((name) => `const ${name}_ = /* @__PURE__ */ pick("${name}");`),
    `export { builtin as default, ${names.map((name) => `${name}_ as ${name}`).join(", ")} };`,
  ].join("\n");
}

/**
 * In a bundle `import.meta.url` is the bundle's. Each source keeps its own instead: the URL that it would have, had it been
 * compiled alone (`adapters/node/runtime.ts` -> `dist/adapters/node/runtime.js`).
 */
function ownUrl() {
  return {
    name: "own-url",
    setup({ onLoad }) {
      onLoad({ filter: /[/\\](cli|api|core|adapters)[/\\].*\.ts$/ }, ({ path }) => {
        const source = readFileSync(path, "utf8");
        const other = /import\.meta\.(?!url\b|resolve\b)\w+/.exec(source);
        if (other)
          return {
            errors: [{ text: `${other[0]} is the bundle's: use import.meta.url`, location: { file: path } }],
          };
        const compiled = relative(process.cwd(), path).replaceAll("\\", "/").replace(/\.ts$/, ".js");
        return {
          contents: source.replaceAll("import.meta.url", `__ownUrl(${JSON.stringify(compiled)})`),
          loader: "ts",
        };
      });
    },
  };
}

/** The second half of `ownUrl`, when it is known which file a source has landed in. */
function resolveOwnUrls(code, folder) {
  return code.replaceAll(/__ownUrl\("([^"]+)"\)/g, (_, compiled) => {
    const target = pathFrom(folder, join("dist", compiled));
    return `new URL(${JSON.stringify(target)}, import.meta.url).href`;
  });
}

function pathFrom(folder, file) {
  const path = relative(folder, file).replaceAll("\\", "/");
  return path.startsWith(".") ? path : `./${path}`;
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
