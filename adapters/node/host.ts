/** What a worker gets from Node, in a process, in a thread or inline. */

import nodeModule from "node:module";
import type { Port, WorkerHost } from "../../core/platform/runtime.ts";
import { hostBasics } from "../shared/base-host.ts";
import { process } from "../shared/own-process.ts";
import { createSpill, openInput, openOutput } from "../shared/positional-files.ts";
import { resolveModule } from "../shared/resolve-module.ts";
import { isOwnFrame } from "../shared/stack-frames.ts";
import { describePlace } from "../shared/syntax-error.ts";
import { nodeText } from "./text-codec.ts";
import {
  importNatively,
  importWithTsx,
  keepLines,
  stripTypesWithTsx,
  syntaxPlaceOnNode,
  wantsTsx,
} from "./typescript.ts";

export function createNodeHost(port: Port, exit: () => void): WorkerHost {
  return {
    ...hostBasics(port, exit, (timer) => timer.unref()),
    text: nodeText,
    encodeBase64: (bytes) => Buffer.from(bytes).toString("base64"),
    decodeBase64: (text) => Buffer.from(text, "base64"),
    openInput,
    openOutput,
    createSpill,
    importModule: (url, loader) => (loader === "tsx" ? importWithTsx(url) : importNatively(url)),
    resolveModule,
    stripTypes,
    wantsTsx,
    keepLines,
    async sampleCpu() {
      const { sampleCpu } = await import("../shared/cpu-sampler.ts");
      // Stripped types leave the places as they were, and tsx leaves a source map.
      return sampleCpu({ isOwn: isOwnFrame, findMap: () => "as written" });
    },
    describeSyntax: (error, script) => describePlace(syntaxPlaceOnNode(error, script)),
  };
}

async function stripTypes(code: string): Promise<string> {
  // Node 20 has no such function, and a named import of it would not even link there.
  const { stripTypeScriptTypes } = nodeModule;
  if (typeof stripTypeScriptTypes !== "function") return stripTypesWithTsx(code);
  const { emitWarning } = process;
  // The API is stable enough for one line of code; its warning would be noise in every `-e` with a type in it.
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(code);
  } finally {
    process.emitWarning = emitWarning;
  }
}
