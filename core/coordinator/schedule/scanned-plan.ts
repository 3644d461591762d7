/**
 * The plan of an input that is scanned: of every batch it is found out where its first record begins, by a pass over all bytes in
 * front of it. The pass goes forwards only, and is ahead of what is given out: nothing is guessed, and no record is run from a wrong beginning.
 */
import { byteCount, joinPieces, slicePieces } from "../../bytes.ts";
import { JobError } from "../../errors.ts";
import type { Header, ScanInput } from "../../formats/format.ts";
import type { InputFile } from "../../platform/runtime.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import type { Segment } from "../../protocol/messages.ts";
import type { Batch, Block, PlanPosition } from "../job/batch.ts";
import type { FileSource, Source } from "../job/source.ts";
import type { Pace } from "./batch-end.ts";
import type { BatchSource } from "./chunk-plan.ts";
import { endsInside, lastEnd } from "./early-end.ts";
import { OpenFile } from "./open-file.ts";
import { type Found, type PassBegin, ScanPass } from "./scan-pass.ts";

export interface ScannedPlanOptions {
  readonly plan: BatchSource;
  readonly input: ScanInput;
  readonly sources: readonly Source[];
  /** Headers of the sources that are streams, as they become known. */
  readonly headers: ReadonlyMap<number, Header>;
  /** Records that are wanted: the plan ends behind the last of them. */
  readonly limit: number;
  readonly openInput: (path: string) => InputFile;
  readonly text: TextCodec;
  readonly startAt: PlanPosition | undefined;
}

/** Where a pass goes on, and the byte before that: undefined where it is a source's first record. */
interface Reached {
  readonly first: number;
  readonly before?: number | "unknown" | undefined;
}

const READ_BYTES = 256 * 1024;

export class ScannedPlan implements BatchSource {
  readonly #options: ScannedPlanOptions;
  #wanted: number;
  /** The source that the pass is in, and where its next record begins. */
  #source = -1;
  #reached: Reached = { first: 0 };
  readonly #file: OpenFile;
  readonly #buffer = new Uint8Array(READ_BYTES);
  /** What is wrong with the input behind all that has been given out. */
  #failure: JobError | undefined;

  constructor(options: ScannedPlanOptions) {
    this.#options = options;
    this.#file = new OpenFile(options.openInput);
    this.#wanted = options.limit;
    const { startAt } = options;
    if (startAt?.first !== undefined) {
      this.#source = startAt.source;
      this.#reached = { first: startAt.first, before: "unknown" };
    }
  }

  get left(): number | undefined {
    return this.#wanted <= 0 ? 0 : this.#options.plan.left;
  }

  next(bytes: number, pace?: Pace): Batch | undefined | Promise<Batch | undefined> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#wanted <= 0) return undefined;
    const batch = this.#options.plan.next(bytes, pace);
    return batch instanceof Promise ? batch.then((later) => this.#scanned(later)) : this.#scanned(batch);
  }

  #scanned(batch: Batch | undefined): Batch | undefined | Promise<undefined> {
    if (batch === undefined) {
      this.#file.close();
      return undefined;
    }
    if (batch.block !== undefined) return this.#scannedBlock(batch, batch.block);
    const segments: Segment[] = [];
    for (const segment of batch.segments) {
      const isNew = segment.source !== this.#source;
      const source = this.#options.sources[segment.source] as FileSource;
      const header = source.header as Header;
      if (isNew) this.#reached = { first: header.end };
      this.#source = segment.source;
      const { first } = this.#reached;
      const headerLines = isNew ? header.lines : undefined;
      const begin = { dialect: header.dialect, start: first, before: this.#byteBefore(segment.source, source) };
      const { next, last, open, before } = this.#scanFile(segment, source, begin);
      if (open !== undefined) {
        const end = lastEnd(this.#options, begin, source, this.#file.of(segment.source, source));
        this.#failure = endsInside(
          source,
          open === "all" ? header.end - 1 : end,
          this.#file.of(segment.source, source),
        );
        this.#reached = { first: end };
        if (end > first) segments.push({ ...segment, end, first, headerLines });
        if (segments.length === 0) return Promise.reject(this.#failure);
        return this.#cutBehind(batch, segments);
      }
      this.#reached = { first: next, before };
      if (last !== undefined)
        return this.#cutBehind(batch, [...segments, { ...segment, end: last + 1, first, headerLines }]);
      if (this.#failure !== undefined)
        return this.#cutBehind(batch, [...segments, { ...segment, end: next, first, headerLines }]);
      segments.push({ ...segment, first, headerLines });
    }
    const goesOn = batch.next.source === this.#source && batch.next.at !== undefined;
    return { ...batch, segments, next: { ...batch.next, first: goesOn ? this.#reached.first : undefined } };
  }

  /** A block has whole records, and begins with one. */
  #scannedBlock(batch: Batch, block: Block): Batch {
    const [segment] = batch.segments as [Segment];
    const isNew = segment.source !== this.#source;
    this.#source = segment.source;
    const header = this.#options.headers.get(segment.source) as Header;
    const { dialect } = header;
    const headerLines = (isNew ? header.lines : 0) + (block.linesBefore ?? 0);
    const scanned = { ...segment, first: block.start, headerLines };
    if (this.#wanted === Number.POSITIVE_INFINITY) return { ...batch, segments: [scanned], dialect };
    const bytes = joinPieces(block.pieces);
    const pass = new ScanPass(this.#options, { dialect, start: block.start }, this.#wanted);
    const found = pass.look(bytes, Number.POSITIVE_INFINITY) ?? pass.end(block.start + bytes.length);
    this.#wanted -= pass.records;
    if (found.last === undefined) return { ...batch, segments: [scanned], dialect };
    const pieces = slicePieces(block.pieces, 0, found.next - block.start);
    const cut = this.#cutBehind(batch, [{ ...scanned, end: Math.min(segment.end, found.last + 1) }]);
    return { ...cut, block: { start: block.start, pieces }, dialect, bytes: byteCount(pieces) };
  }

  #cutBehind(batch: Batch, segments: readonly Segment[]): Batch {
    this.#file.close();
    const { source, end, shift } = segments.at(-1) as Segment;
    const bytes = segments.reduce((sum, part) => sum + part.end - part.start, 0);
    return { ...batch, segments, bytes, next: { source, at: end, shift, first: this.#reached.first } };
  }

  #byteBefore(index: number, source: FileSource): number | undefined {
    const { first, before } = this.#reached;
    if (before !== "unknown") return before;
    return this.#file.of(index, source).read(this.#buffer, 0, 1, first - 1) === 1 ? this.#buffer[0] : undefined;
  }

  #scanFile({ source: index, end }: Segment, source: FileSource, begin: PassBegin): Found {
    let at = begin.start;
    if (end === source.end && this.#isEndKnown) return { next: end };
    const pass = new ScanPass(this.#options, begin, this.#wanted);
    if (at >= end) return { next: at, before: begin.before };
    const file = this.#file.of(index, source);
    while (at < source.end) {
      const count = this.#read(file, Math.min(READ_BYTES, source.end - at), at);
      if (this.#failure !== undefined) return { next: lastEnd(this.#options, begin, { end: at }, file) };
      // The worker will say that the file has become shorter.
      if (count === 0) break;
      const found = pass.look(this.#buffer.subarray(0, count), end);
      if (found !== undefined) {
        this.#wanted -= pass.records;
        return found;
      }
      at += count;
    }
    const found = pass.end(source.end);
    if (pass.open !== undefined) return { ...found, open: pass.open };
    this.#wanted -= pass.records;
    return found;
  }

  /** Whether there is nothing to find out in what goes to the end of a file: then it is not looked at. */
  get #isEndKnown(): boolean {
    return this.#wanted === Number.POSITIVE_INFINITY && this.#options.input.endsAnywhere === true;
  }

  /** Reads to the buffer. What fails is thrown at once only where there is no record before it. */
  #read(file: InputFile, length: number, at: number): number {
    try {
      return file.read(this.#buffer, 0, length, at);
    } catch (error) {
      if (at === this.#reached.first || !(error instanceof JobError)) throw error;
      this.#failure = error;
      return 0;
    }
  }
}
