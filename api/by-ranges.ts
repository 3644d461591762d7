/** Compressed inputs that workers read by ranges: those of many members, where all runtimes can decompress them. */
import { hasZstd } from "../adapters/shared/compress.ts";
import type { Source, StreamSource } from "../core/coordinator/job/source.ts";
import type { Runtime } from "../core/platform/runtime.ts";
import type { JobOptions } from "./options.ts";
import type { ScriptSettings } from "./script-options.ts";

export interface RangeOptions {
  readonly plan: Pick<JobOptions, "runtime">;
  readonly settings: Pick<ScriptSettings, "encoding">;
  readonly runtime: Pick<Runtime, "name">;
}

/** The sources, with such as files. The others are streams, as they were: reading one tells what is wrong with it. */
export async function byRanges(sources: readonly Source[], options: RangeOptions): Promise<Source[]> {
  // What is in another encoding is one stream anyway.
  if (options.settings.encoding !== undefined || !sources.some(isCompressed)) return [...sources];
  const found: Source[] = [];
  for (const source of sources) found.push((isCompressed(source) && (await fileOf(source, options))) || source);
  return found;
}

function isCompressed(source: Source): source is StreamSource {
  return source.kind === "stream" && source.compressedFile !== undefined;
}

async function fileOf(source: StreamSource, { plan, runtime }: RangeOptions): Promise<Source | undefined> {
  const { compressedFile } = source;
  if (compressedFile?.compression === "zstd") {
    // Of another Node it is not known which one it is.
    const workersHaveIt = plan.runtime === runtime.name || plan.runtime !== "node";
    if (!workersHaveIt || !(await hasZstd())) return undefined;
  }
  return compressedFile?.byRanges(source);
}
