/** Inputs that only another process can read: what Hadoop has. */
import type { Source } from "../../core/coordinator/job/source.ts";
import { UsageError } from "../../core/errors.ts";
import type { InputIdentity } from "../../core/platform/input-identity.ts";
import { compressedSource, readHead } from "./compressed-input.ts";
import { compressionOf } from "./decompress.ts";
import type { ResolveOptions } from "./open-inputs.ts";

/** A file that another process reads for us. */
export interface FarFile {
  readonly name: string;
  readonly path: string;
  readonly identity: InputIdentity;
}

/** The files that a URI stands for, in the order of their names. */
export type FindFar = (uri: string) => Promise<readonly FarFile[]>;

/**
 * @throws {UsageError} where nothing can find them
 */
export async function farSources(
  uri: string,
  { whole, findFar: find, ended }: Pick<ResolveOptions, "whole" | "findFar" | "ended">,
): Promise<Source[]> {
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
