/** Compiles the AssemblyScript of core/formats to modules with its bytes: `npm run build:wasm`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { main } from "assemblyscript/asc";

interface Module {
  /** From core/formats on. */
  readonly source: string;
  readonly compiled: string;
  /** Of 64 KiB. */
  readonly pages: number;
}

const folder = fileURLToPath(new URL("../../core/formats/", import.meta.url));
export const modules: readonly Module[] = [
  { source: "json-splitter/assembly/through-value.ts", compiled: "json-splitter/through-value.wasm.ts", pages: 5 },
  { source: "json-parser/assembly/read-lines.ts", compiled: "json-parser/read-lines.wasm.ts", pages: 18 },
  { source: "csv/assembly/rows.ts", compiled: "csv/rows.wasm.ts", pages: 18 },
];

export const pathOf = ({ compiled }: Module) => join(folder, compiled);

/** The text of the module. */
export async function textOf({ source, pages }: Module): Promise<string> {
  let bytes = new Uint8Array(0);
  const args = `${source} --outFile module.wasm -O3 --runtime stub --enable simd --noAssert --initialMemory ${pages}`;
  const { error, stderr } = await main([...args.split(" "), "--baseDir", folder], {
    writeFile: (name: string, contents: Uint8Array | string) => {
      if (name === "module.wasm") bytes = contents as Uint8Array<ArrayBuffer>;
    },
  });
  if (error) throw new Error(stderr.toString(), { cause: error });
  const lines = [];
  for (let at = 0; at < bytes.length; at += 24) lines.push(`  ${[...bytes.subarray(at, at + 24)].join(", ")},`);
  return [
    `/** Compiled from ${source.slice(source.indexOf("/") + 1)} by \`npm run build:wasm\`. */`,
    "// biome-ignore format: as it is made",
    "export const moduleBytes = (): Uint8Array => new Uint8Array([",
    ...lines,
    "]);",
    "",
  ].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  for (const module of modules) writeFileSync(pathOf(module), await textOf(module));
