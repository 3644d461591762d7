/**
 * `--limit N`: the plan ends behind the N-th record.
 *
 * The coordinator counts the records of each batch before it gives the batch out. Finding line ends is much quicker than
 * what a script does with them, and no record runs that the user has not asked for.
 */

import { indexInPieces, slicePieces } from "../../bytes.ts";
import type { InputFormat } from "../../formats/format.ts";
import type { InputFile } from "../../platform/runtime.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import { chunkAt, type Grid } from "../../protocol/chunk-grid.ts";
import type { Segment } from "../../protocol/messages.ts";
import type { Batch, Block } from "../job/batch.ts";
import type { FileSource, Source } from "../job/source.ts";
import type { Pace } from "./batch-end.ts";
import type { BatchSource } from "./chunk-plan.ts";
import { OpenFile } from "./open-file.ts";
import { RecordCounter } from "./record-counter.ts";

export interface LimitOptions {
  readonly limit: number;
  readonly sources: readonly Source[];
  readonly input: InputFormat;
  readonly grid: Grid;
  readonly text: Pick<TextCodec, "decode">;
  readonly openInput: (path: string) => InputFile;
}

const READ_BYTES = 256 * 1024;

export class LimitedPlan implements BatchSource {
  readonly #plan: BatchSource;
  readonly #options: LimitOptions;
  /** Records that are still wanted. */
  #wanted: number;
  #buffer: Uint8Array | undefined;
  readonly #file: OpenFile;

  constructor(plan: BatchSource, options: LimitOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#file = new OpenFile(options.openInput);
    this.#wanted = options.limit;
  }

  get left(): number | undefined {
    return this.#wanted <= 0 ? 0 : this.#plan.left;
  }

  next(bytes: number, pace?: Pace): Batch | undefined | Promise<Batch | undefined> {
    if (this.#wanted <= 0) return undefined;
    const batch = this.#plan.next(bytes, pace);
    return batch instanceof Promise ? batch.then((later) => this.#limited(later)) : this.#limited(batch);
  }

  get #isByChunk(): boolean {
    const { input } = this.#options;
    return input.cut === "line" && input.chunkIsRecord === true;
  }

  #limited(batch: Batch | undefined): Batch | undefined {
    for (const [index, segment] of batch?.segments.entries() ?? []) {
      const last = this.#isByChunk ? this.#lastChunk(segment, batch) : this.#lastRecord(segment, batch);
      if (this.#wanted > 0) continue;
      this.#file.close();
      return cutBehind(batch as Batch, index, last as number, this.#options.input.separator);
    }
    if (batch === undefined) this.#file.close();
    return batch;
  }

  /** Counts a segment's records. Returns where the last one begins that is wanted. */
  #lastRecord(segment: Segment, batch: Batch | undefined): number | undefined {
    const { skipsBlank } = this.#options.input;
    const { last, records } = this.#count(segment, batch?.block, { skipsBlank, most: this.#wanted });
    this.#wanted -= records;
    return last;
  }

  /** A chunk in which a line begins is a record. */
  #lastChunk(segment: Segment, batch: Batch | undefined): number | undefined {
    for (let start = segment.start; start < segment.end && this.#wanted > 0; ) {
      const end = Math.min(segment.end, chunkAt(this.#options.grid, start + segment.shift).end - segment.shift);
      const { records } = this.#count({ ...segment, start, end }, batch?.block, { skipsBlank: false, most: 1 });
      this.#wanted -= records;
      if (this.#wanted === 0) return end - 1;
      start = end;
    }
    return undefined;
  }

  #count(
    { source, start, end: to }: Segment,
    block: Block | undefined,
    how: { readonly skipsBlank: boolean | "json"; readonly most: number },
  ): { readonly last: number | undefined; readonly records: number } {
    const { input, text } = this.#options;
    const decode = (bytes: Uint8Array) => text.decode(bytes, 0, bytes.length);
    const begin = block?.start ?? (this.#options.sources[source] as FileSource).begin;
    const isAtRecord = start <= begin;
    const counter = new RecordCounter(
      { ...how, separator: input.separator, to, decode },
      isAtRecord ? Math.max(start, begin) : undefined,
    );
    // One byte back stands the separator in front of the first record, if there is one.
    const from = isAtRecord ? begin : start - 1;
    const pieces = block === undefined ? this.#piecesOf(source, Math.max(from, start - 1)) : piecesFrom(block, from);
    for (const { bytes, offset } of pieces) {
      const last = counter.scan(bytes, offset);
      if (last !== undefined || counter.shouldYield) return { last, records: counter.records };
    }
    const last = counter.end();
    return { last, records: counter.records };
  }

  *#piecesOf(index: number, from: number): Generator<{ bytes: Uint8Array; offset: number }> {
    const source = this.#options.sources[index] as FileSource;
    const file = this.#file.of(index, source);
    this.#buffer ??= new Uint8Array(READ_BYTES);
    for (let at = from; at < source.end; ) {
      const count = file.read(this.#buffer, 0, Math.min(READ_BYTES, source.end - at), at);
      // The worker will say that the file has become shorter.
      if (count === 0) return;
      yield { bytes: this.#buffer.subarray(0, count), offset: at };
      at += count;
    }
  }
}

function* piecesFrom({ start, pieces }: Block, from: number): Generator<{ bytes: Uint8Array; offset: number }> {
  let offset = Math.max(start, from);
  for (const bytes of slicePieces(pieces, offset - start)) {
    yield { bytes, offset };
    offset += bytes.length;
  }
}

/** @param last where the last record begins that is wanted */
function cutBehind(batch: Batch, index: number, last: number, separator: number): Batch {
  const segment = batch.segments[index] as Segment;
  // A record belongs to the segment in which its first byte lies.
  const end = Math.min(segment.end, last + 1);
  const segments = [...batch.segments.slice(0, index), { ...segment, end }];
  const { block } = batch;
  return {
    next: { source: segment.source, at: end, shift: segment.shift },
    segments,
    block: block && { start: block.start, pieces: wholeRecord(block, last, separator) },
    bytes: segments.reduce((sum, part) => sum + part.end - part.start, 0),
  };
}

/** The bytes of a block up to the end of the record that begins at `last`. */
function wholeRecord({ start, pieces }: Block, last: number, separator: number): Uint8Array[] {
  const found = indexInPieces(pieces, separator, last - start);
  return slicePieces(pieces, 0, found === -1 ? undefined : found + 1);
}
