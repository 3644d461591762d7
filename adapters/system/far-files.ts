/** Inputs that only another process can read: what Hadoop has. */
import type { Source } from "../../core/coordinator/job/source.ts";
import { UsageError } from "../../core/errors.ts";
import type { InputIdentity } from "../../core/platform/input-identity.ts";
import { compressedSource, readHead } from "./compressed-input.ts";
import { compressionOf } from "./decompress.ts";

/** A file that another process reads for us. */
export interface FarFile {
  readonly name: string;
  readonly path: string;
  readonly identity: InputIdentity;
}

/** The files that a URI stands for, in the order of their names. */
export type FindFar = (uri: string) => Promise<readonly FarFile[]>;

export interface FarOptions {
  /** A format that takes files as they are on the disk, and nothing else. */
  readonly whole?: string | undefined;
  /** Finds what a URI of Hadoop's stands for, in the order of names; undefined where nothing can read it. */
  readonly findFar?: FindFar | undefined;
  /** Aborted when no more of the inputs is wanted: what is open, or being opened, is closed. */
  readonly ended?: AbortSignal | undefined;
}

/**
 * @throws {UsageError} where nothing can find them
 */
export async function farSources(uri: string, { whole, findFar: find, ended }: FarOptions): Promise<Source[]> {
  if (find === undefined)
    throw new UsageError(`Cannot read "${uri}": only Spark can read it\nRun the job with --engine spark`, {
      about: "input",
    });
  return (await find(uri)).map((file) => {
    const { name, path, identity } = file;
    const compression = whole === undefined ? compressionOf(name, readHead(path, 0, name)) : undefined;
    if (compression !== undefined) return compressedSource({ name, path, compression, identity, ended });
    return { kind: "file", name, path, begin: 0, end: identity.size, identity };
  });
}
