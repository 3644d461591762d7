/** The one place that finds out which runtime this is. */
import type { Runtime, RuntimeName } from "../core/platform/runtime.ts";

export function detectRuntime(): RuntimeName {
  if ("Bun" in globalThis) return "bun";
  return "Deno" in globalThis ? "deno" : "node";
}

/** The adapter of this runtime. The others are not even loaded. */
export async function loadRuntime(): Promise<Runtime> {
  switch (detectRuntime()) {
    case "bun":
      return (await import("./bun/runtime.ts")).bun;
    case "deno":
      return (await import("./deno/runtime.ts")).deno;
    default:
      return (await import("./node/runtime.ts")).node;
  }
}
