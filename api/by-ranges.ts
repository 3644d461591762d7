/** Compressed inputs that workers read as files: those of many members, and of many files those of one. */
import { hasZstd } from "../adapters/shared/compress.ts";
import { type FileSource, isOneMember, type Source, type StreamSource } from "../core/coordinator/job/source.ts";
import type { Runtime } from "../core/platform/runtime.ts";
import type { JobOptions } from "./options.ts";
import type { ScriptSettings } from "./script-options.ts";

export interface RangeOptions {
  readonly plan: Pick<JobOptions, "runtime">;
  readonly settings: Pick<ScriptSettings, "encoding" | "limit" | "ofValues">;
  readonly runtime: Pick<Runtime, "name">;
}

/**
 * A member is decompressed by one worker. One that is more than this part of the input is better off as a stream, which is parsed by
 * all of them. It is the same part for any number of cores: a stream begins a chunk, and a float sum tells where chunks begin.
 */
const MOST_OF_ALL = 1 / 4;

/** The sources, with such as files. The others are streams, as they were: reading one tells what is wrong with it. */
export async function byRanges(sources: readonly Source[], options: RangeOptions): Promise<Source[]> {
  // What is in another encoding is one stream anyway.
  if (options.settings.encoding !== undefined || !sources.some(isCompressed)) return [...sources];
  const found: Source[] = [];
  for (const source of sources) found.push((isCompressed(source) && (await fileOf(source, options))) || source);
  const most = MOST_OF_ALL * found.reduce((sum, source) => sum + sizeOf(source), 0);
  for (const [i, source] of found.entries()) {
    const stream = isOneMember(source) && sizeOf(source) > most ? source.compressed?.stream : undefined;
    if (stream !== undefined) found[i] = (await stream.compressedFile?.byRanges(stream)) ?? stream;
  }
  return found;
}

function isCompressed(source: Source): source is StreamSource {
  return source.kind === "stream" && source.compressedFile !== undefined;
}

async function fileOf(source: StreamSource, options: RangeOptions): Promise<FileSource | undefined> {
  const { plan, runtime } = options;
  const { compressedFile } = source;
  if (compressedFile?.compression === "zstd") {
    // Of another Node it is not known which one it is.
    const workersHaveIt = plan.runtime === runtime.name || plan.runtime !== "node";
    if (!workersHaveIt || !(await hasZstd())) return undefined;
  }
  const member = takesOneMember(options) ? await compressedFile?.asOneMember(source) : undefined;
  return member ?? compressedFile?.byRanges(source);
}

/** Not where the coordinator looks at all of the input before workers do: it would be decompressed twice. */
function takesOneMember({ settings }: RangeOptions): boolean {
  return settings.limit === undefined && !settings.ofValues;
}

function sizeOf(source: Source): number {
  return source.kind === "file" ? source.end - source.begin : 0;
}
