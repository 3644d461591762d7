import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { library } from "../support/library.ts";
import { ownRuntime, runPmap, temporaryFolder } from "../support/run-pmap.ts";

// A script is found by its path, also where a part of that means something in a URL: the file itself is loaded, or refused by name.

const folder = temporaryFolder();
const STEMS = ["a?b/plain", "a#b/plain", "a%25b/plain", "query?x", "hash#x", "percent%41x", "percent%", "back\\slash"];
/** A loader that takes a name for less than it is finds one of these. */
const DECOYS = ["a", "a/plain", "query", "hash", "percentAx", "percent", "back/slash"];

function write(stem: string, ending: string, answer: string): string {
  const path = join(folder, `${stem}.${ending}`);
  mkdirSync(dirname(path), { recursive: true });
  const type = ending === "ts" ? ": string" : "";
  writeFileSync(join(dirname(path), `helper.${ending}`), "export const helped = true;\n");
  writeFileSync(
    path,
    `import { helped } from "./helper.${ending}";\nconst answer${type} = ${JSON.stringify(answer)};\nexport default () => helped && answer;\n`,
  );
  return path;
}

/** Which loader refuses it, and for which character. */
function refusal(path: string): readonly [loader: string, character: string] | undefined {
  if (ownRuntime === "deno") return undefined;
  const usesTsx = ownRuntime === "node" && !process.features.typescript && path.endsWith(".ts");
  const loader = ownRuntime === "bun" ? "Bun" : usesTsx ? "tsx" : "Node";
  const refused = loader === "Node" ? ["\\"] : ["?", "\\"];
  const character = refused.find((each) => path.includes(each));
  return character === undefined ? undefined : [loader, character];
}

for (const ending of ["mjs", "ts"]) {
  for (const decoy of DECOYS) write(decoy, ending, "another file");
  for (const stem of STEMS) {
    const path = write(stem, ending, stem);
    const refused = refusal(path);
    const [loader, character] = refused ?? [];
    const message = `Cannot load "${path}": ${loader} cannot load a file with "${character}" in its path\nRename the file, or its folder`;

    test(`the script ${stem}.${ending} is loaded, or refused by its name`, async () => {
      const { code, stdout, stderr } = await runPmap(["-c", "1", path], { stdin: "{}\n" });
      assert.deepEqual(
        { code, stdout, stderr },
        refused === undefined
          ? { code: 0, stdout: `${JSON.stringify(stem)}\n`, stderr: "" }
          : { code: 1, stdout: "", stderr: `pmap: ${message}\n` },
      );
    });

    test(`the library loads ${stem}.${ending}, or refuses it by its name`, async () => {
      const values = library.pmap(path, [1], { cores: 1 }).toArray();
      if (refused === undefined) assert.deepEqual(await values, [stem]);
      else await assert.rejects(values, { code: "PMAP_SCRIPT", message });
    });
  }
}

test("what needs tsx on every Node is refused by its name, too", { skip: ownRuntime !== "node" }, async () => {
  const path = join(folder, "enum?x.ts");
  writeFileSync(path, "enum Colour { Red }\nexport default () => Colour.Red;\n");
  const { code, stdout, stderr } = await runPmap(["-c", "1", path], { stdin: "{}\n" });
  assert.deepEqual(
    { code, stdout, stderr },
    {
      code: 1,
      stdout: "",
      stderr: `pmap: Cannot load "${path}": tsx cannot load a file with "?" in its path\nRename the file, or its folder\n`,
    },
  );
});
