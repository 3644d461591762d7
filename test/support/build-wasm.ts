/** Compiles the AssemblyScript of core/formats to a module with its bytes: `npm run build:wasm`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { main } from "assemblyscript/asc";

const folder = fileURLToPath(new URL("../../core/formats/json-splitter/", import.meta.url));
export const compiledPath = join(folder, "through-value.wasm.ts");

/** The text of the module. */
export async function compiled(): Promise<string> {
  let bytes = new Uint8Array(0);
  const args = "through-value.ts --outFile module.wasm -O3 --runtime stub --enable simd --noAssert --initialMemory 5";
  const { error, stderr } = await main([...args.split(" "), "--baseDir", join(folder, "assembly")], {
    writeFile: (name: string, contents: Uint8Array | string) => {
      if (name === "module.wasm") bytes = contents as Uint8Array<ArrayBuffer>;
    },
  });
  if (error) throw new Error(stderr.toString(), { cause: error });
  const lines = [];
  for (let at = 0; at < bytes.length; at += 24) lines.push(`  ${[...bytes.subarray(at, at + 24)].join(", ")},`);
  return [
    "/** Compiled from assembly/through-value.ts by `npm run build:wasm`. */",
    "// biome-ignore format: as it is made",
    "export const MODULE: Uint8Array = new Uint8Array([",
    ...lines,
    "]);",
    "",
  ].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) writeFileSync(compiledPath, await compiled());
