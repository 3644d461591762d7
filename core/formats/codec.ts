/** The half of a format that a worker loads: from bytes to records, and from values to bytes. */
import type { KnownIdentity } from "../platform/input-identity.ts";
import type { MemberIndex } from "../platform/member-index.ts";
import type { InputFile, PageCodecs } from "../platform/runtime.ts";
import type { TextCodec } from "../platform/text-codec.ts";
import type { Cursor } from "./cursor.ts";
import type { Dialect, FormatName, FormatOptions, Scanner } from "./format.ts";

export interface Codec {
  readonly name: FormatName;
  readonly input?: InputCodec;
  readonly output?: OutputCodec;
}

export type InputCodec = LineCodec | ScanCodec | LoadedCodec | UnitCodec;

interface AnyInputCodec {
  /** Bytes that are not UTF-8 are a reject, or else read with U+FFFD. */
  readonly needsUtf8: boolean;
  /** Makes a record of its text in an errors file; undefined where nothing is kept of it but its place. */
  readonly createReread?: (tools: CodecTools) => Reread;
}

/** @throws {SyntaxError} when the text is not a record */
export type Reread = (text: string, dialect: Dialect | undefined) => unknown;

/** What codecs are made with. */
export interface CodecTools {
  readonly text: TextCodec;
  readonly options: FormatOptions | undefined;
  readonly decodeBase64: (text: string) => Uint8Array;
  readonly encodeBase64: (bytes: Uint8Array) => string;
  readonly now: () => number;
  /** Which fields of an object the script looks at, asked for each window; undefined: all of them. */
  readonly fieldsFor: (windowBytes: number) => FieldsSeen | undefined;
  readonly codecNamed: (name: FormatName) => Codec | undefined;
}

/** What a script looks at, by these very names and in no other way. */
export interface FieldsSeen {
  readonly names: ReadonlySet<string>;
  /** Those of which it makes keys of groups: there, the same strings come again and again. */
  readonly keys: ReadonlySet<string>;
}

/** How lines are told from each other, and what is made of each. */
export interface LineRules {
  /** The byte that ends a record, as a number and as a string. */
  readonly separator: number;
  readonly separatorText: string;
  /** An empty line is no record (JSONL) or an empty one (text). */
  readonly skipsEmpty: boolean;
  /** A carriage return before the separator belongs to the separator. JSON ignores it anyway. */
  readonly trimsReturn: boolean;
  /** Whether a line that cannot be parsed is an empty one, with white space in it. Undefined where white space is a record. */
  readonly isBlank?: (line: string) => boolean;
  /** @throws {SyntaxError} when the text is not a record. */
  readonly parse: (text: string) => unknown;
}

export interface LineCodec extends AnyInputCodec, LineRules {
  readonly cut: "line";
  /** Its text is JSON: a record that only a filter looks at is passed on as it stands. */
  readonly isJson?: true;
  /** Parses many lines at once. */
  readonly createParseLines?: ((tools: CodecTools) => ParseLines) | undefined;
  /** The cursor over whole lines, where it is no TextCursor. */
  readonly createOpen?: (rules: LineRules, tools: CodecTools) => (text: string, base: number) => Cursor;
  /** The cursor over a chunk, where all its lines are one record. */
  readonly openChunk?: (bytes: Uint8Array, base: number) => Cursor;
}

/** The values of whole lines; undefined when it takes a look at each of them: one is empty, no JSON or not UTF-8, or they are few. */
export type ParseLines = (bytes: Uint8Array) => unknown[] | undefined;

export interface ScanCodec extends AnyInputCodec {
  readonly cut: "scan";
  createScanner(begin: ScanBegin, text: TextCodec): RecordScanner;
  /** The byte that ends a line. */
  lineEnd(dialect: Dialect): number;
  /** Records that are opened together begin in about this number of bytes. */
  readonly windowBytes: number;
  /** The cursor over whole records, whose first byte has the offset `base`; undefined where they are not UTF-8. */
  createOpen(tools: CodecTools): (bytes: Uint8Array, base: number, begin: ScanBegin) => Cursor | undefined;
  /** What of the bytes that a scanner has found is the record: what ends it, and is between records, is not. */
  recordIn(bytes: Uint8Array, begin: ScanBegin): BytePlace;
  /** What else to do about a record that is too long, as the end of a sentence. */
  readonly whenTooLong: string;
  /** Whether these bytes are no record but a comment, whatever is in them. */
  isComment?(bytes: Uint8Array, dialect: Dialect): boolean;
}

export interface BytePlace {
  readonly from: number;
  readonly to: number;
}

/** Where the first of some records begins. */
export interface ScanBegin {
  readonly dialect: Dialect;
  /** The byte before it; undefined at the beginning of the source. */
  readonly before: number | undefined;
  /** What the scanner that has found their end has made of them. */
  readonly made?: MadeLines | undefined;
}

/** Records as lines, one each. */
export interface MadeLines {
  readonly bytes: Uint8Array;
  /** Of what they have been made of. */
  readonly lineEnds: number;
}

export interface RecordScanner extends Scanner {
  /** What it has made, on its way, of the bytes since this was last asked for: it saves a second look. Undefined where it takes one. */
  takeMade?(): MadeLines | undefined;
}

/** One that most jobs do not need: it is loaded before the first batch. */
export interface LoadedCodec extends AnyInputCodec {
  readonly cut: "loaded";
  /** Its records are lines, once they have been found. */
  readonly lines: () => LineCodec;
  load(): Promise<(lines: LineCodec) => ScanCodec>;
}

export interface UnitCodec extends AnyInputCodec {
  readonly cut: "units";
  createReader(tools: UnitCodecTools): UnitReader;
}

export interface UnitCodecTools extends CodecTools {
  readonly sources: readonly InputSource[];
  readonly range: NumberRange | undefined;
  readonly openInput: (path: string) => InputFile;
  readonly pageCodecs: () => Promise<PageCodecs>;
  /**
   * All bytes of a source.
   * @throws {JobError} for one that has been replaced or shortened since the job started, or cannot be read
   */
  readonly readSource: (source: InputSource) => Uint8Array;
}

export interface UnitReader {
  /** Called before a batch is run, where it takes what has to be waited for: what opens the batch's units then. */
  load?(parts: readonly UnitPart[]): Promise<Pick<UnitReader, "open">>;
  /**
   * The records at positions [start, end), in all sources together. Its cursor tells their origin. Of several cursors each is
   * asked for when the records of the one before have been run: what that takes is no record's time.
   */
  open(part: UnitPart): Cursor | Iterable<Cursor>;
}

export interface UnitPart {
  readonly start: number;
  readonly end: number;
}

/** A source as workers know it. Streams and ranges have no path: their records come with the request. */
export interface InputSource {
  readonly name: string;
  readonly path: string | undefined;
  readonly begin: number;
  readonly end: number;
  readonly identity?: KnownIdentity | undefined;
  /** Where it is a compressed file: positions are of what is in it. */
  readonly members?: MemberIndex | undefined;
  /** Where records are counted: the position of its first one. */
  readonly firstUnit?: number | undefined;
  /** How it is written, where its beginning says that. */
  readonly dialect?: Dialect | undefined;
}

export interface NumberRange {
  readonly from: number;
  readonly step: number;
  /** How many numbers there are. */
  readonly count: number;
}

export interface OutputCodec {
  /**
   * Prints one value with its separator; undefined when the value has no form (a function), and then nothing is emitted.
   * @throws {TypeError} for what JSON cannot carry (BigInt, a cycle).
   */
  readonly print: (value: unknown) => string | undefined;
  /** What stands for a value of which the JSON is known. */
  readonly printJson: (json: string) => string;
  /** A value's JSON is what is printed of it. */
  readonly isJson?: true;
  /** What prints rows, where there are columns; those are said by a request, once they are known. */
  readonly createTable?: (options: FormatOptions, columns: readonly string[] | undefined) => TableWriter;
  /** What is called first, where the format is loaded when it is wanted: the codec with all that it can do. */
  readonly load?: () => Promise<OutputCodec>;
  /** Where what is printed is not what is written, but row groups that are made of it. */
  readonly loadRowGroups?: (text: TextCodec) => Promise<RowGroups>;
}

/** Prints rows. It learns the columns from the first record, where they are not given. */
export interface TableWriter {
  /** Whether they were given: then nothing is found out. */
  readonly isGiven: boolean;
  /** What a batch has found out of them; undefined while there was no record. */
  readonly columns: readonly string[] | undefined;
  /** Remembers what has been found out: the result forgets what has been found since. */
  mark(): () => void;
  print(record: unknown): string | undefined;
  /** The header, of columns that are known. */
  header(): string;
}

/** What makes row groups of rows that have been printed. */
export interface RowGroups {
  /** All columns with their types, by the first rows. */
  columnsOf(rows: string, given: readonly string[]): readonly string[];
  /** @throws {TypeError} for a value that its column does not take */
  write(rows: string, columns: readonly string[]): WrittenGroup;
  /** What stands behind the last of the groups. */
  end(columns: readonly string[], groups: readonly PlacedGroup[]): Uint8Array;
}

export interface WrittenGroup {
  readonly bytes: Uint8Array;
  /** What the end of the file is made of. */
  readonly note: string;
}

export interface PlacedGroup {
  /** Where its bytes begin. */
  readonly at: number;
  readonly note: string;
}
