/** Files that are compressed: as streams, which may be had by ranges instead. */
import type { StreamSource } from "../../core/coordinator/job/source.ts";
import { UsageError } from "../../core/errors.ts";
import type { InputIdentity } from "../../core/platform/input-identity.ts";
import { openInput } from "../shared/positional-files.ts";
import { type Compression, checkDecompressor, MAGIC_BYTES } from "./decompress.ts";
import { reasonOf } from "./file-errors.ts";
import { placedStream } from "./placed-stream.ts";

/** The first bytes of a file: they tell how it is compressed. @throws {UsageError} when it cannot be read */
export function readHead(path: string, position = 0, name = path): Uint8Array {
  try {
    const file = openInput(path);
    try {
      const bytes = new Uint8Array(MAGIC_BYTES);
      return bytes.subarray(0, file.read(bytes, 0, bytes.length, position));
    } finally {
      file.close();
    }
  } catch (error) {
    throw new UsageError(`Cannot read "${name}": ${reasonOf(error)}`, { about: "input" });
  }
}

export interface CompressedInput {
  readonly name: string;
  readonly path: string;
  readonly compression: Compression;
  readonly identity: InputIdentity;
  readonly start?: number;
  /** Aborted when no more of it is wanted. */
  readonly ended?: AbortSignal | undefined;
}

export function compressedSource(input: CompressedInput): StreamSource {
  const { name, path, compression, identity, start = 0, ended } = input;
  const stream = placedStream(name, { path, start, compression }, ended);
  if (compression === "gzip" || compression === "zstd") {
    const file = { path, compression, start, identity };
    const byRanges = async (asStream: StreamSource) => {
      const { openByRanges } = await import("./compressed-ranges.ts");
      return openByRanges(file, asStream);
    };
    const asOneMember = async (asStream: StreamSource) => {
      const { oneMember } = await import("./one-member-files.ts");
      return oneMember(file, asStream);
    };
    return { ...stream, compressedFile: { path, compression, byRanges, asOneMember } };
  }
  checkDecompressor(name, compression);
  return stream;
}
