/** The values of one leaf of a row group, page after page: no more of it is in memory than what its next rows take. */
import type { ColumnMetaData, Compressors, DecodedArray, PageHeader } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { isSize } from "./check-metadata.ts";
import type { Leaf } from "./columns.ts";
import { checked, type ParquetBytes, readBytes } from "./metadata.ts";
import { type PageOptions, readDictionary, readRows } from "./page.ts";

/** The head of a page is a hundred bytes, unless it has statistics of long texts. */
const HEAD_BYTES = 1024;
/** A page may be as long as this, whatever the metadata says of its column. */
const MIN_PAGE_BYTES = 64 * 1024 * 1024;
/** Old writers leave the head of a dictionary out of the length of a column: Arrow reads on by so much, too. */
const MOST_HEAD_BYTES = 100;

export interface LeafOptions {
  readonly leaf: Leaf;
  readonly chunk: ColumnMetaData;
  readonly compressors: Compressors;
  /** Rows of the group. */
  readonly rows: number;
  /** The first one that is wanted. */
  readonly first: number;
}

export class LeafReader {
  readonly #from: ParquetBytes;
  readonly #leaf: Leaf;
  readonly #isRepeated: boolean;
  readonly #options: PageOptions;
  /** Where the next page is, and where the last one ends. */
  #at: number;
  readonly #end: number;
  #dictionary: DecodedArray | undefined;
  /** Rows that have been decoded: of these the first `#taken` have been taken. */
  #rows: DecodedArray = [];
  #taken = 0;
  /** Rows in front of the next page that are not wanted. */
  #skips: number;

  /** Of one page. A damaged head that says more would have memory made for it. */
  readonly #mostValues: number;
  readonly #mostBytes: number;

  constructor(from: ParquetBytes, { leaf, chunk, compressors, rows, first }: LeafOptions) {
    this.#from = from;
    this.#leaf = leaf;
    this.#isRepeated = leaf.repetitionLevels > 0;
    this.#mostValues = this.#isRepeated ? Number(chunk.num_values) : rows;
    this.#mostBytes = Math.max(Number(chunk.total_uncompressed_size), MIN_PAGE_BYTES);
    this.#options = { leaf, type: chunk.type, codec: chunk.codec, compressors };
    // A writer may set the place of a dictionary that is not there to 0.
    this.#at = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
    this.#end = this.#at + Number(chunk.total_compressed_size);
    this.#skips = first;
  }

  /** What it is called in its column. */
  get key(): string {
    return this.#leaf.key;
  }

  /** Rows that have been decoded and not taken. */
  get ready(): number {
    // The last row of a list may go on in the next page.
    const whole = this.#isRepeated && !this.#isAtEnd ? this.#rows.length - 1 : this.#rows.length;
    return Math.max(0, whole - this.#taken);
  }

  /** Decodes pages until a row is ready. @throws {SyntaxError} where there is none, or a page is damaged */
  fill(): void {
    while (this.ready === 0) {
      if (this.#isAtEnd) throw new SyntaxError("it has fewer values than rows");
      this.#nextPage();
    }
  }

  /** The rows that are ready, as they stand in the page. */
  get rows(): { readonly values: DecodedArray; readonly at: number } {
    return { values: this.#rows, at: this.#taken };
  }

  take(count: number): void {
    this.#taken += count;
  }

  /** Passes by rows, and by whole pages without a look into them. */
  skip(count: number): void {
    const ready = Math.min(count, this.ready);
    this.#taken += ready;
    this.#skips += count - ready;
  }

  get #isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  #nextPage(): void {
    const { header, body } = this.#nextHeader();
    if (!this.#isCredible(header, body)) throw new SyntaxError("it is damaged: a page does not fit its column");
    const next = body + header.compressed_page_size;
    this.#at = next;
    if (header.type === "INDEX_PAGE") return;
    if (header.type === "DICTIONARY_PAGE") this.#dictionary = this.#dictionaryOf(header, body, next);
    else if (!this.#passes(header)) this.#decode(header, body, next);
  }

  #nextHeader(): { readonly header: PageHeader; readonly body: number } {
    for (let length = HEAD_BYTES; ; length *= 16) {
      const end = Math.min(this.#end, this.#at + length);
      const bytes = readBytes(this.#from, this.#at, end);
      const reader = readerOf(bytes);
      try {
        const header = checked(() => parquetHeader(reader), "the head of a page");
        return { header, body: this.#at + reader.offset };
      } catch (error) {
        if (end === this.#end) throw error;
      }
    }
  }

  #isCredible(header: PageHeader, body: number): boolean {
    const { compressed_page_size: stored, uncompressed_page_size: bytes } = header;
    const { data_page_header: first, data_page_header_v2: second, dictionary_page_header: dictionary } = header;
    const values = (second ?? first ?? { num_values: 0 }).num_values;
    const entries = dictionary === undefined ? 0 : dictionary.num_values;
    const rows = second === undefined ? 0 : second.num_rows;
    if (![stored, bytes, values, entries, rows].every(isSize)) return false;
    if (body + stored > this.#end + MOST_HEAD_BYTES || bytes > this.#mostBytes) return false;
    return values <= this.#mostValues && rows <= values && entries <= bytes * 8;
  }

  /** Whether none of the page's rows are wanted, or it has no values: hyparquet would lose the row that is begun. */
  #passes({ data_page_header: first, data_page_header_v2: second }: PageHeader): boolean {
    if ((second ?? first)?.num_values === 0) return true;
    const rows = second?.num_rows ?? (this.#isRepeated ? undefined : first?.num_values);
    if (rows === undefined || rows > this.#skips || this.#rows.length > this.#taken) return false;
    this.#skips -= rows;
    return true;
  }

  #dictionaryOf(header: PageHeader, body: number, end: number): DecodedArray {
    const bytes = readBytes(this.#from, body, end);
    return checked(() => readDictionary(bytes, header, this.#options), "a dictionary");
  }

  #decode(header: PageHeader, body: number, end: number): void {
    // A list goes on where it was left off: its row is the first one of the page again.
    const begun = this.#isRepeated ? Array.from(this.#rows.slice(this.#taken)) : [];
    const bytes = readBytes(this.#from, body, end);
    const dictionary = this.#dictionary;
    this.#rows = checked(() => readRows(bytes, header, this.#options, { dictionary, begun }), "a page");
    const { length } = this.#rows;
    this.#taken = Math.max(0, Math.min(this.#skips, this.#isRepeated && !this.#isAtEnd ? length - 1 : length));
    this.#skips -= this.#taken;
  }
}

function readerOf(bytes: Uint8Array): { view: DataView<ArrayBuffer>; offset: number } {
  return { view: new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length), offset: 0 };
}
