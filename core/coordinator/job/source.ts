/** Where a job's records come from. */
import type { Header } from "../../formats/format.ts";
import type { InputIdentity } from "../../platform/input-identity.ts";

export type Source = FileSource | StreamSource;

/** A regular file. `begin` is where its first record starts, `end` its size when the job was planned. */
export interface FileSource {
  readonly kind: "file";
  readonly name: string;
  readonly path: string;
  readonly begin: number;
  readonly end: number;
  readonly identity?: InputIdentity | undefined;
  /** What its beginning says, where the format has headers. */
  readonly header?: Header | undefined;
  /** Where records are counted: the position of its first one. */
  readonly firstUnit?: number | undefined;
}

/** Bytes that can be had only once and in order. */
export interface StreamSource {
  readonly kind: "stream";
  readonly name: string;
  /** The next bytes, in pieces of any size; undefined at the end. Rejects with what the system says. */
  read(): Promise<Uint8Array | undefined>;
  /** The line of the record at an offset, where line feeds do not tell. It is asked in input order. */
  readonly lineAt?: ((offset: number) => number) | undefined;
}
