/**
 * The sources of a plan, of which some have to be looked at before it is known whether workers can read them as files. That goes on
 * ahead of the plan, source after source: what it finds depends on the files alone.
 */
import type { CompressedRanges, FileSource, Source } from "../job/source.ts";

/** Bytes of files that are looked at ahead: workers then find them in the system's memory. */
const AHEAD_BYTES = 32 * 1024 * 1024;

export class CheckedSources {
  readonly #sources: Source[];
  /** Of each that has to be looked at. */
  readonly #bytes: readonly number[];
  readonly #pending = new Map<number, Promise<void>>();
  #last = Promise.resolve();
  /** The source that is being given out, the one that is looked at next, and the bytes of those between them. */
  #current = 0;
  #next = 0;
  #aheadBytes = 0;

  constructor(sources: readonly Source[]) {
    this.#sources = [...sources];
    this.#bytes = sources.map((source) => (isUnknown(source) ? source.compressed.index.end : 0));
  }

  get length(): number {
    return this.#sources.length;
  }

  /** A source as far as is known: a file turns into a stream where workers cannot read it. */
  at(index: number): Source | undefined {
    return this.#sources[index];
  }

  /** Resolves when it is known what a source is; undefined where it is already. Sources are asked for in their order. */
  check(index: number): Promise<void> | undefined {
    for (; this.#current < index; this.#current++)
      if (this.#current < this.#next) this.#aheadBytes -= this.#bytes[this.#current] as number;
    // Of a job that goes on, those before it are of no interest.
    this.#next = Math.max(this.#next, index);
    while (this.#next < this.length && (this.#next <= index || this.#aheadBytes < AHEAD_BYTES))
      this.#look(this.#next++);
    return this.#pending.get(index);
  }

  #look(index: number): void {
    this.#aheadBytes += this.#bytes[index] as number;
    const source = this.#sources[index] as Source;
    if (!isUnknown(source)) return;
    const { check, stream } = source.compressed;
    this.#last = this.#last.then(check).then((isFile) => {
      if (!isFile) this.#sources[index] = stream;
      this.#pending.delete(index);
    });
    this.#pending.set(index, this.#last);
  }
}

type UnknownSource = FileSource & {
  readonly compressed: CompressedRanges & { readonly check: NonNullable<CompressedRanges["check"]> };
};

function isUnknown(source: Source): source is UnknownSource {
  return source.kind === "file" && source.compressed?.check !== undefined;
}
