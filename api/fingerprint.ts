/** What a resumed job must have in common with the one that was interrupted. */
import { readlinkSync, realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { openInput } from "../adapters/shared/positional-files.ts";
import { uriOf } from "../adapters/shared/uri-files.ts";
import { chunkUseOf, type Job } from "../core/coordinator/job/job.ts";
import type { Source } from "../core/coordinator/job/source.ts";
import type { Runtime } from "../core/platform/runtime.ts";
import { importedTexts } from "./imported-texts.ts";
import type { Given, JobOptions } from "./options.ts";
import type { OptionName } from "./options-table.ts";

/** What must be the same for a job to go on: each part by the name under which a refusal tells it. */
export type Fingerprint = Readonly<Record<"the input" | "the script" | "the options" | "pmap's version", string>>;

/** What says how quickly and how patiently records are run, and not what comes of them. */
const PACE: readonly OptionName[] = [
  "concurrency",
  "total-concurrency",
  "rate",
  "timeout",
  "retries",
  "retry-throws",
  "max-errors",
];

export type Sha256 = Runtime["sha256"];

const EDGE_BYTES = 64 * 1024;
/** Of many inputs, only this number is read for the fingerprint; of the others size and time must do. */
const MAX_EDGES = 256;

/**
 * Looks at once, and hashes only when it is asked: that takes 5 ms on Node, which a job that is done in half a second need not wait
 * for. An input that changes meanwhile has another time when it is looked at again.
 */
export function fingerprintOf(plan: JobOptions, job: Job, version: string, sha256: Sha256): () => Fingerprint {
  const { to, input, grid, maxRecordBytes, limit, onError, reduces, keyed } = job;
  const sources = job.sources.map(sourceFacts);
  const { code, initial, modules } = plan.script;
  const script = [code, initial, modules, importedTexts(plan.script)];
  const hash = (value: unknown) => sha256(JSON.stringify(value));
  return () => ({
    "the input": hash(plan.range ?? sources.map((source, i) => withEdges(source, i, sha256))),
    "the script": hash(script),
    "the options": hash({
      to,
      separator: input.separator,
      // Where chunks cannot be seen, they may be cut otherwise: --rate makes them shorter.
      grid: chunkUseOf(job) === "unseen" ? undefined : grid,
      maxRecordBytes,
      limit,
      onError,
      reduces,
      keyed,
      errors: plan.errorsPath === undefined ? null : realName(plan.errorsPath),
      given: shaping(plan.given),
      configured: shaping(plan.configured ?? new Map()),
      args: plan.args,
    }),
    "pmap's version": version.split(".")[0] as string,
  });
}

function shaping(given: Given): readonly unknown[] {
  return [...given].filter(([name]) => !(PACE as readonly string[]).includes(name));
}

interface SourceFacts {
  /** Where it can be read. */
  readonly at: string | undefined;
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
}

function sourceFacts(source: Source): SourceFacts {
  if (source.kind === "stream") return { at: undefined, path: source.name, size: 0, mtimeMs: 0 };
  const far = uriOf(source.path);
  if (far !== undefined) {
    const { size = 0, mtimeMs = 0 } = source.identity ?? {};
    return { at: source.path, path: far.uri, size, mtimeMs };
  }
  const path = source.path.startsWith("/proc/") ? readlinkSync(source.path) : source.path;
  const { size, mtimeMs } = statSync(source.path);
  // Deno tells whole milliseconds, Node and Bun parts of them.
  return { at: source.path, path, size, mtimeMs: Math.floor(mtimeMs) };
}

function withEdges({ at, path, size, mtimeMs }: SourceFacts, index: number, sha256: Sha256): unknown {
  const edges = at !== undefined && index < MAX_EDGES ? edgesOf(at, size) : undefined;
  return [path, size, mtimeMs, edges && sha256(edges)];
}

function edgesOf(path: string, size: number): Uint8Array | undefined {
  const bytes = new Uint8Array(2 * EDGE_BYTES);
  let filled = 0;
  try {
    const file = openInput(path);
    try {
      filled += file.read(bytes, 0, EDGE_BYTES, 0);
      filled += file.read(bytes, filled, EDGE_BYTES, Math.max(0, size - EDGE_BYTES));
    } finally {
      file.close();
    }
  } catch {
    // Removed meanwhile, with the workers still reading it: when it is back it is another file.
    return undefined;
  }
  return bytes.subarray(0, filled);
}

/** The file behind a name: a link that leads elsewhere now is another errors file. */
function realName(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
