/** Reads rows for a worker: loaded with the first batch, and with it hyparquet. */
import type { Compressors } from "hyparquet";
import { JobError } from "../../errors.ts";
import { checkIdentity } from "../../platform/input-identity.ts";
import type { InputFile } from "../../platform/runtime.ts";
import type { InputSource, UnitCodecTools, UnitPart } from "../codec.ts";
import type { Cursor } from "../cursor.ts";
import { compressorsOf } from "./compressors.ts";
import { FileRows, type FileRowsOptions } from "./file-rows.ts";
import { readMetadata } from "./metadata.ts";
import { RowsCursor } from "./rows-cursor.ts";

export interface RowReader {
  open(part: UnitPart): Iterable<Cursor>;
}

export async function createRowReader(tools: UnitCodecTools): Promise<RowReader> {
  const files = new OpenFiles(tools, compressorsOf(await tools.pageCodecs()));
  return { open: (part) => cursorsOver(part, tools, files) };
}

/** Of a value in memory about so much is needed. */
const VALUE_BYTES = 16;

function* cursorsOver({ start, end }: UnitPart, tools: UnitCodecTools, files: OpenFiles): Generator<Cursor> {
  for (let at = start; at < end; ) {
    const { source, rows, first } = files.holding(at);
    const read = <T>(work: () => T) => inFile(source, work);
    const fields = tools.fieldsFor((end - at) * rows.width * VALUE_BYTES)?.names;
    const last = Math.min(end, files.endOf(at));
    const { window, build } = read(() => rows.at(at - first, last - at, fields));
    yield new RowsCursor({
      window,
      build,
      source: source.name,
      first: at,
      before: first,
      whole: (row) => read(() => files.again(at).record(row - first)),
    });
    at += window.rows;
  }
}

interface OpenFile {
  readonly index: number;
  readonly source: InputSource;
  readonly file: InputFile;
  readonly rows: FileRows;
  /** The position of its first row. */
  readonly first: number;
}

/** One file is open at a time: there may be thousands. */
class OpenFiles {
  readonly #tools: UnitCodecTools;
  readonly #options: FileRowsOptions;
  #open: OpenFile | undefined;
  /** The same file, for records as they stand in it: they come seldom. */
  #again: { readonly index: number; readonly rows: FileRows } | undefined;

  constructor(tools: UnitCodecTools, compressors: Compressors) {
    const { text, encodeBase64, options } = tools;
    this.#tools = tools;
    this.#options = { text, encodeBase64, compressors, only: options?.columns };
  }

  /** The file that holds the row at a position. */
  holding(at: number): OpenFile {
    const index = this.#indexOf(at);
    if (this.#open?.index === index) return this.#open;
    this.#open?.file.close();
    this.#open = undefined;
    const source = this.#tools.sources[index] as InputSource;
    this.#open = inFile(source, () => this.#opened(index, source));
    return this.#open;
  }

  endOf(at: number): number {
    return this.#tools.sources[this.#indexOf(at) + 1]?.firstUnit ?? Number.POSITIVE_INFINITY;
  }

  again(at: number): FileRows {
    const { index, file, source } = this.holding(at);
    if (this.#again?.index !== index) this.#again = { index, rows: this.#rowsOf(file, source) };
    return this.#again.rows;
  }

  #opened(index: number, source: InputSource): OpenFile {
    const file = this.#tools.openInput(source.path ?? source.name);
    checkIdentity(source, file.identity?.());
    return { index, source, file, rows: this.#rowsOf(file, source), first: source.firstUnit ?? 0 };
  }

  #rowsOf(file: InputFile, { end: size }: InputSource): FileRows {
    const from = { file, size };
    return new FileRows(from, readMetadata(from), this.#options);
  }

  /** The last one that begins at the position or before: files without rows begin where the next one does. */
  #indexOf(at: number): number {
    const { sources } = this.#tools;
    let [low, high] = [0, sources.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((sources[middle]?.firstUnit ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** @throws {JobError} for what is damaged, or cannot be read: no record's fault */
function inFile<T>({ name }: InputSource, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof JobError) throw error;
    const message = `Cannot read "${name}": ${(error as Error).message}`;
    throw new JobError(message, { about: "input" });
  }
}
