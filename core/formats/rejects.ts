/** `--from rejects`: the records of an errors file, each as if it stood in its source. */
import { parseJson } from "../json.ts";
import type { Codec, CodecTools, InputCodec, LineRules, Reread } from "./codec.ts";
import type { CsvDialect } from "./csv/dialect.ts";
import { CSV_FLAGS } from "./csv/flags.ts";
import type { Cursor, Origin } from "./cursor.ts";
import type { Dialect, Format } from "./format.ts";
import { isBlankLine } from "./jsonl.ts";
import { TextCursor } from "./text-cursor.ts";

const LINE_FEED = 10;

export const rejects: Format = {
  name: "rejects",
  about: "records of a file written by --errors",
  extensions: [],
  flags: CSV_FLAGS,
  input: { cut: "line", separator: LINE_FEED, skipsBlank: true, tellsOrigin: true },
};

export const rejectsCodec: Codec = {
  name: "rejects",
  // As JSON lines, field by field: a bundler keeps an object that another is spread into, used or not.
  input: {
    cut: "line",
    separator: LINE_FEED,
    separatorText: "\n",
    skipsEmpty: true,
    trimsReturn: false,
    needsUtf8: true,
    isBlank: isBlankLine,
    parse: parseJson,
    createOpen(rules, tools) {
      const readers = rereaders(tools);
      return (text, base) => new RejectsCursor(text, base, { rules, tools, readers });
    },
  },
};

interface Entry extends Origin {
  readonly offset: number;
  readonly record: string;
}

interface Rereader {
  readonly needsUtf8: boolean;
  readonly reread: Reread;
}

interface RejectsOptions {
  readonly rules: LineRules;
  readonly tools: CodecTools;
  readonly readers: (from: string) => Rereader | undefined;
}

class RejectsCursor implements Cursor {
  readonly #lines: TextCursor;
  readonly #options: RejectsOptions;
  #entry: Entry | undefined;

  constructor(text: string, base: number, options: RejectsOptions) {
    this.#lines = new TextCursor(text, base, options.rules, options.tools.text);
    this.#options = options;
  }

  advance(): boolean {
    this.#entry = undefined;
    return this.#lines.advance();
  }

  read(): unknown {
    const { from, record, base64, cut, dialect } = this.#locate();
    if (cut === true) throw new SyntaxError("the errors file has only its beginning");
    const { needsUtf8, reread } = this.#options.readers(from) as Rereader;
    if (base64 !== true) return reread(record, dialect);
    const { decodeBase64, text } = this.#options.tools;
    const bytes = decodeBase64(record);
    if (needsUtf8 && !text.isUtf8(bytes, 0, bytes.length)) throw new SyntaxError("it is not UTF-8");
    return reread(text.decode(bytes, 0, bytes.length), dialect);
  }

  offset(): number {
    return this.#lines.offset();
  }

  line(): number {
    return this.#lines.line();
  }

  raw(): string {
    return this.#entry?.record ?? this.#lines.raw();
  }

  /** Of the errors file: a record of blanks is one. */
  isBlank(): boolean {
    return this.#lines.isBlank();
  }

  origin(): Origin | undefined {
    try {
      return this.#locate();
    } catch {
      return undefined;
    }
  }

  #locate(): Entry {
    this.#entry ??= this.#entryOf(this.#lines.read());
    return this.#entry;
  }

  #entryOf(value: unknown): Entry {
    const entry = withoutNull(value);
    if (!isEntry(entry)) throw new SyntaxError("it is no line of an errors file");
    const { from } = entry;
    if (this.#options.readers(from) === undefined)
      throw new SyntaxError(`a record cannot be read again from "${from}"`);
    return entry;
  }
}

/** Other programs, which users edit such files with, write null for what is not there. */
function withoutNull(value: unknown): Partial<Entry> {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, field]) => field !== null));
}

/** Whether it has all that a record is read again by. */
function isEntry(entry: Partial<Entry>): entry is Entry {
  const { source, sourceIndex = 0, line, offset, record, from, base64, cut, dialect } = entry;
  return (
    [source, record, from].every((text) => typeof text === "string") &&
    [sourceIndex, line, offset].every((count) => Number.isSafeInteger(count) && (count as number) >= 0) &&
    [base64, cut].every((flag) => flag === undefined || typeof flag === "boolean") &&
    (base64 !== true || isBase64(record as string)) &&
    (dialect === undefined || isDialect(dialect))
  );
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && !/[^A-Za-z0-9+/]/.test(text.replace(/={1,2}$/, ""));
}

function isDialect(dialect: Dialect): boolean {
  const { columns, delimiter, quotes, lineEnd } = dialect as Partial<CsvDialect>;
  return (
    Array.isArray(columns) &&
    columns.every((column) => typeof column === "string") &&
    typeof delimiter === "string" &&
    typeof quotes === "boolean" &&
    (lineEnd === 10 || lineEnd === 13)
  );
}

/** By the format that a record was read in: what reads it again. Each is made once. */
function rereaders(tools: CodecTools): (from: string) => Rereader | undefined {
  const made = new Map<string, Rereader | undefined>();
  return (from) => {
    if (!made.has(from)) made.set(from, rereader(tools.codecNamed(from)?.input, tools));
    return made.get(from);
  };
}

function rereader(input: InputCodec | undefined, tools: CodecTools): Rereader | undefined {
  const reread = input?.createReread?.(tools);
  return input && reread && { needsUtf8: input.needsUtf8, reread };
}
