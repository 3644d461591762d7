/**
 * What a format is. Each has one file with two halves: a `Format`, which the coordinator and the command line know, and a
 * `Codec` (codec.ts), which a worker loads. registry.ts lists the first, codecs.ts the second, so that what only cuts an input
 * has no parser in its bundle.
 */

import type { TextCodec } from "../platform/text-codec.ts";

/** How a format is called on the command line. */
export type FormatName = string;

export interface Format {
  readonly name: FormatName;
  /** What a record is, for the list of formats in help. */
  readonly about: string;
  /** The endings of files that are taken to be of this format. */
  readonly extensions: readonly string[];
  /** How every file of this format begins. */
  readonly magic?: string;
  /** Whether a file with such an ending is JSON lines all the same, by how it begins: then why, `by the first line`. */
  readonly whyLines?: (begin: string) => string | undefined;
  /** Flags that mean nothing without such a format. */
  readonly flags?: FormatFlags;
  /** Undefined where it cannot be read. */
  readonly input?: InputFormat | ConvertedInput;
  /** Undefined where it cannot be written. */
  readonly output?: OutputFormat;
}

export interface FormatFlags {
  /** What a message calls the formats that they are for: `CSV`. */
  readonly of: string;
  /** As in the table of flags. */
  readonly names: readonly string[];
}

/** The values of the flags of all formats: each format looks at its own. JSON: they go to the workers. */
export interface FormatOptions {
  /** One ASCII character. Undefined: the format's own, or what Excel's first line (`sep=;`) says. */
  readonly delimiter: string | undefined;
  /** Whether a field may stand in quotes; else a quote is a character like any other. */
  readonly quotes: boolean;
  readonly header: boolean;
  /** Lines before the header, which are passed by. */
  readonly skip: number;
  /** The columns that records have, in this order; undefined for all. */
  readonly columns: readonly string[] | undefined;
  /** The columns of rows that are printed; undefined for those of the first record. */
  readonly outputColumns: readonly string[] | undefined;
  /** The types of the columns that are written, as column-types.ts has them; undefined where the first rows say all of them. */
  readonly schema: readonly string[] | undefined;
  /** With "auto", numbers, true, false and empty fields that are not quoted are no strings. */
  readonly types: "text" | "auto";
  /** Rows with too few or too many fields are records, too. */
  readonly ragged: boolean;
  /** One ASCII character: lines that begin with it, outside of quotes, are passed by. */
  readonly comment: string | undefined;
  /** Spaces and tabs around fields, and around their quotes, are no part of them. */
  readonly trim: boolean;
  /** BigInts are printed as integers, also within JSON. */
  readonly bigints: boolean;
}

/** An input that is made one of another format before it is cut. */
export interface ConvertedInput {
  readonly cut: "converted";
  readonly into: FormatName;
}

/** By how its records are found. */
export type InputFormat = LineInput | ScanInput | UnitInput;

interface AnyInput {
  /** The codec that reads it, where it is not that of the format's own name. */
  readonly codec?: FormatName;
  /** The byte that ends a line. */
  readonly separator: number;
  /** Whether lines of white space are no records: of any, or of that which JSON has. */
  readonly skipsBlank: boolean | "json";
  /** Records are strings. */
  readonly ofText?: true;
  /** The records' places are known only to the worker that reads them: its cursors have an `origin`. */
  readonly tellsOrigin?: true;
  /** How a record's place is written in a message; `source:line` where nothing is said. */
  readonly place?: (source: string, at: { readonly line: number; readonly offset: number }) => string;
  /** One or two lines on what to do about text that cannot be parsed, or nothing. */
  readonly hint?: (unparsed: { readonly source: string; readonly line: number; readonly raw: string }) => string;
}

/** One byte ends a record, wherever it stands: a worker finds records from any place on. */
export interface LineInput extends AnyInput {
  readonly cut: "line";
  /** All lines of a chunk are one record, so that chunks are seen in the output. */
  readonly chunkIsRecord?: true;
}

/** What ends a record depends on what stands before it: a pass over all bytes goes ahead, and tells workers where to begin. */
export interface ScanInput extends AnyInput {
  readonly cut: "scan";
  /**
   * Reads what the beginning of a source says.
   * @returns undefined when it goes on behind these bytes
   * @throws {UsageError} for a source that is not of this format
   */
  readHeader(bytes: Uint8Array, options: HeaderOptions): Header | undefined;
  /** @param before the byte before the record from which it goes on; undefined for the first one */
  createScanner(dialect: Dialect, text: TextCodec, before?: number): Scanner;
  /** Whether a source may end in a record: its scanner never tells that something is open. */
  readonly endsAnywhere?: true;
  /**
   * Tells of parts of lines, one after the other, whether they show a record: a comment or an empty line does not. Undefined where
   * records cannot be counted so: then there is no limit to them.
   */
  createContentCheck?(dialect: Dialect): (bytes: Uint8Array, from: number, to: number, isBegin: boolean) => boolean;
}

/** Records are counted: a position is the number of one, and not of a byte. What is at a position, only the codec knows. */
export interface UnitInput extends AnyInput {
  readonly cut: "units";
  /** How one is called: `file`, `row`. */
  readonly unit: string;
  /** What is named in the place of a source, where a record has no origin. */
  readonly sourceName: string;
  /** Each source is a record: it is taken as it is on the disk, and nothing in it is looked at. */
  readonly sourceIsRecord?: true;
  /** How many there are in all sources together, in their order. */
  count(sources: readonly UnitSource[], tools: UnitTools): number | UnitCount | Promise<number | UnitCount>;
  /** How the one at a position is called in a report, where that can be told. */
  label?(position: number, sources: readonly { readonly name: string }[]): string | undefined;
}

/** How many there are, where more is known of them. */
export interface UnitCount {
  readonly total: number;
  /** The position of each source's first one. */
  readonly firsts: readonly number[];
  /** Positions behind what a worker decodes in one go, in their order: a batch ends there, if it need not be shorter. */
  readonly borders: readonly number[];
  /** For --explain and -v: what is shared out among workers. */
  readonly remark: string;
}

/** A source as it was when the job was planned. */
export interface UnitSource {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

export interface UnitTools {
  /** Bytes [start, end) of a source, as far as it has them. */
  readonly read: (source: UnitSource, start: number, end: number) => Uint8Array;
  readonly options: FormatOptions | undefined;
}

/** How one source is written: what every reader of it has to know. JSON: it goes to the workers, and into the errors file. */
export interface Dialect {
  readonly columns: readonly string[];
  /** The byte that ends a line, where records may have many of them. */
  readonly lineEnd?: number;
}

/** What the beginning of a source says. */
export interface Header {
  readonly dialect: Dialect;
  /** Where the first record begins. */
  readonly end: number;
  /** Lines before it. */
  readonly lines: number;
  /** What the user is to know, and the job goes on. */
  readonly warnings: readonly string[];
}

export interface HeaderOptions extends FormatOptions {
  /** The source, for messages. */
  readonly name: string;
  /** Whether these are all the bytes that there are. */
  readonly complete: boolean;
  readonly decode: (bytes: Uint8Array) => string;
  readonly isUtf8: (bytes: Uint8Array) => boolean;
}

/** Finds where records end: one pass forwards, from a record's beginning on. */
export interface Scanner {
  /**
   * Looks at bytes [from, to). Stops behind the first record that ends at or behind `least`.
   * @returns the index behind that record, or -1 when none has ended there before `to`
   */
  next(bytes: Uint8Array, from: number, to: number, least: number): number;
  /** What has begun and has no end yet, where an input must not end so: the record, or what all records stand in. */
  readonly open?: "record" | "all" | undefined;
}

export interface OutputFormat {
  /** The endings of files that are written so where nothing else is said. */
  readonly extensions: readonly string[];
  /** An only value, the result of a reduce, is not written so unless that is said. */
  readonly ofMany?: true;
  /** Rows have columns: those of the first record, where none are named. */
  readonly hasColumns?: true;
  /** What is printed are rows, of which row groups are made. */
  readonly rowGroups?: RowGroupFormat;
  /** What stands around all values. */
  ends(options: FormatOptions | undefined): OutputEnds;
}

/** How columns get their types. */
export interface RowGroupFormat {
  /** What is known of them before there is a row. */
  given(options: FormatOptions | undefined): readonly string[];
  /** Whether nothing is left for the first rows to say. */
  areKnown(columns: readonly string[]): boolean;
  /** Whether columns surely take all that a batch has found. */
  takeAll(columns: readonly string[], found: readonly string[]): boolean;
}

/** Written before the first and after the last value, also where there is none. */
export interface OutputEnds {
  readonly head: string;
  readonly tail: string;
  readonly emptyTail: string;
  /** How many bytes at the front of the very first value are a separator too many. */
  readonly firstTrim: number;
}

export const NO_ENDS: OutputEnds = { head: "", tail: "", emptyTail: "", firstTrim: 0 };
