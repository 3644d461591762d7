/** What a worker gets from Bun, in a process, in a thread or inline. */

import { fileURLToPath, pathToFileURL } from "node:url";
import type { Port, WorkerHost } from "../../core/platform/runtime.ts";
import { hostBasics } from "../shared/base-host.ts";
import { consoleToStderr } from "../shared/console.ts";
import { checkLoadable } from "../shared/loadable-path.ts";
import { process } from "../shared/own-process.ts";
import { createSpill, openInput, openOutput } from "../shared/positional-files.ts";
import { isOwnFrame } from "../shared/stack-frames.ts";
import { Bun } from "./bun.ts";
import { bunText } from "./text-codec.ts";

export function createBunHost(port: Port, exit: () => void): WorkerHost {
  return {
    ...hostBasics(port, exit, (timer) => timer.unref()),
    text: bunText,
    encodeBase64: (bytes) => Buffer.from(bytes).toString("base64"),
    decodeBase64: (text) => Buffer.from(text, "base64"),
    openInput,
    openOutput,
    createSpill,
    importModule,
    resolveModule: async (specifier, folder) => {
      const path = Bun.resolveSync(specifier, folder);
      return path.startsWith("/") ? pathToFileURL(path).href : path;
    },
    stripTypes: (code) => new Bun.Transpiler({ loader: "ts" }).transformSync(code),
    wantsTsx: () => false,
    async sampleCpu(codeLines) {
      const { sampleCpu } = await import("../shared/cpu-sampler.ts");
      return sampleCpu({ isOwn: isOwnFrame, namelessLines: codeLines });
    },
  };
}

/** Bun loads TypeScript itself, whatever is in it; but it takes the escapes in a URL for the file's name. */
async function importModule(url: string): Promise<Record<string, unknown>> {
  if (!url.startsWith("file:")) return import(url);
  const path = fileURLToPath(url);
  // A query begins at the "?", also where a file has that name.
  checkLoadable(path, { loader: "Bun", characters: "?\\" });
  return import(path);
}

/** Whatever a script prints goes to stderr: stdout is the port of a worker, and carries records in the coordinator. */
export function printToStderr(): void {
  // Bun makes the stream when the property is read, also defineProperty; assigning does not look, which saves 5 ms.
  process.stdout = undefined as unknown as typeof process.stdout;
  Object.defineProperty(process, "stdout", { configurable: true, get: () => process.stderr });
  consoleToStderr();
}
