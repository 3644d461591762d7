/** `--from file`: each input file is a record, which says what the file is; the script reads it if it wants to. */
import { parseJson } from "../json.ts";
import type { Codec, InputSource, UnitCodecTools } from "./codec.ts";
import type { Cursor, FileContent, Origin } from "./cursor.ts";
import type { Format } from "./format.ts";

export const files: Format = {
  name: "file",
  about: "a file, which the script reads (ctx.read, ctx.text)",
  extensions: [],
  input: {
    cut: "units",
    separator: 10,
    skipsBlank: true,
    tellsOrigin: true,
    place: (source) => source,
    unit: "file",
    sourceName: "file",
    sourceIsRecord: true,
    count: (sources) => sources.length,
    label: (position, sources) => sources[position]?.name,
  },
};

export const filesCodec: Codec = {
  name: "file",
  input: {
    cut: "units",
    needsUtf8: true,
    createReread: () => (text) => parseJson(text),
    createReader: (tools) => ({ open: ({ start, end }) => new FileCursor(tools, start, end - start) }),
  },
};

/** What a script gets of a file. `mtime` is ISO 8601. */
interface FileRecord {
  readonly path: string;
  readonly size: number;
  readonly mtime: string;
}

/** Files [first, first + count) of all. */
class FileCursor implements Cursor {
  #index = -1;
  readonly #tools: UnitCodecTools;
  readonly #first: number;
  readonly #count: number;

  constructor(tools: UnitCodecTools, first: number, count: number) {
    this.#tools = tools;
    this.#first = first;
    this.#count = count;
  }

  advance(): boolean {
    return ++this.#index < this.#count;
  }

  read(): FileRecord {
    const { name, begin, end, identity } = this.#file;
    return { path: name, size: end - begin, mtime: new Date(identity?.mtimeMs ?? 0).toISOString() };
  }

  offset(): number {
    return this.#first + Math.min(this.#index, this.#count - 1);
  }

  line(): number {
    return Math.min(this.#index + 1, this.#count);
  }

  raw(): string {
    return JSON.stringify(this.read());
  }

  origin(): Origin {
    return { source: this.#file.name, sourceIndex: 0, line: 1, from: "file" };
  }

  content(): FileContent {
    const file = this.#file;
    const { readSource, text } = this.#tools;
    return {
      read: () => readSource(file),
      text() {
        const bytes = readSource(file);
        const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
        return text.decode(bytes, start, bytes.length);
      },
    };
  }

  get #file(): InputSource {
    return this.#tools.sources[this.offset()] as InputSource;
  }
}
