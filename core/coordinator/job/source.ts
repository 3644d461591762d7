/** Where a job's records come from. */
import type { Header } from "../../formats/format.ts";
import type { InputIdentity } from "../../platform/input-identity.ts";
import type { MemberIndex } from "../../platform/member-index.ts";
import type { InputFile, OutputCompression } from "../../platform/runtime.ts";

export type Source = FileSource | StreamSource;

/** A regular file, or what is in a compressed one that can be read by ranges. `begin` is where its first record starts, `end` its size when the job was planned. */
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
  /** Set where positions are of what is in a compressed file. */
  readonly compressed?: CompressedRanges | undefined;
}

export interface CompressedRanges {
  readonly index: MemberIndex;
  /** Opens what is in it. */
  open(): InputFile;
  /** The same as a stream. */
  readonly stream: StreamSource;
  /** Where that is not known for sure: whether it is what it seems to be. It is asked before workers read it, and never rejects. */
  readonly check?: (() => Promise<boolean>) | undefined;
}

/** Whether it is a compressed file that a worker decompresses as a whole. */
export function isOneMember(source: Source | undefined): source is FileSource {
  return source?.kind === "file" && source.compressed?.index.size !== undefined;
}

/** Bytes that can be had only once and in order. */
export interface StreamSource {
  readonly kind: "stream";
  readonly name: string;
  /** The next bytes, in pieces of any size; undefined at the end. Rejects with what the system says. */
  read(): Promise<Uint8Array | undefined>;
  /** The line of the record at an offset, where line feeds do not tell. It is asked in input order. */
  readonly lineAt?: ((offset: number) => number) | undefined;
  /** Where other machines can read it, too; undefined where only this one can. */
  readonly place?: StreamPlace | undefined;
  /** Set where it is of a compressed file that may be read by ranges instead. */
  readonly compressedFile?: CompressedFile | undefined;
}

/** A file that is read from its beginning on. JSON: it goes to other machines. */
export interface StreamPlace {
  readonly path: string;
  /** Where its data begin. */
  readonly start: number;
  readonly compression?: string | undefined;
  /** What its text is in, where that is not UTF-8. */
  readonly encoding?: string | undefined;
  /** Set where it is JSON values, of which JSON lines are made. */
  readonly values?: { readonly recordsAt?: readonly string[] | undefined } | undefined;
}

export interface CompressedFile {
  readonly path: string;
  readonly compression: OutputCompression;
  /** The same as a file; undefined where it takes a pass from its beginning on. */
  byRanges(stream: StreamSource): Promise<FileSource | undefined>;
  /** The same where it is one member, which a worker decompresses as a whole; undefined where it is none, or too long. */
  asOneMember(stream: StreamSource): Promise<FileSource | undefined>;
}
