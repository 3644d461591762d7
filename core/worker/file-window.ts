/** The part of an input file that is in memory: one at a time, which is read on and used again. */
import { JobError } from "../errors.ts";
import type { InputFile } from "../platform/runtime.ts";

/** A source as a reader sees it. `begin` is where its first record starts, `end` where its last byte was when planned. */
export interface FileRange {
  readonly file: InputFile;
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

export class FileWindow {
  readonly #leastBuffer: number;
  /** The bytes of the last read: `bytes[0]` stands at `base` of `#file`. */
  #buffer = new Uint8Array(0);
  #file: InputFile | undefined;
  bytes = new Uint8Array(0);
  base = 0;

  /** @param leastBuffer bytes of the smallest buffer that is made */
  constructor(leastBuffer: number) {
    this.#leastBuffer = leastBuffer;
  }

  /** Offset behind the last byte. */
  get end(): number {
    return this.base + this.bytes.length;
  }

  /**
   * Makes sure that [from, to) is there, as far as the file has it; what has to be read is read up to `ahead`.
   * @throws {JobError} when the file has become shorter
   */
  load({ file, name, end }: FileRange, from: number, to: number, ahead: number): void {
    if (this.#file === file && from >= this.base && Math.min(to, end) <= this.end) return;
    const length = Math.min(Math.max(to, ahead), end) - from;
    if (this.#buffer.length < length) this.#buffer = new Uint8Array(Math.max(length, this.#leastBuffer));
    let filled = 0;
    while (filled < length) {
      const isEnough = from + filled >= Math.min(to, end);
      const count = readSome(file, this.#buffer.subarray(filled, length), from + filled, isEnough);
      if (count === 0 && isEnough) break;
      if (count === 0) throw shrunk({ file, name, end }, from + filled);
      filled += count;
    }
    this.#file = file;
    this.base = from;
    this.bytes = this.#buffer.subarray(0, filled);
  }
}

/** @param isExtra whether what is read is not needed yet: then what cannot be read is told when it is */
function readSome(file: InputFile, target: Uint8Array, position: number, isExtra: boolean): number {
  try {
    return file.read(target, 0, target.length, position);
  } catch (error) {
    if (isExtra) return 0;
    throw error;
  }
}

/** @param at where nothing has been found: it may end long before */
function shrunk({ file, name, end }: Pick<FileRange, "file" | "name" | "end">, at: number): JobError {
  const size = sizeOf(file);
  const now = size === undefined || size > at ? `it has no byte ${at} now` : `it has ${size} bytes now`;
  return new JobError(`Cannot read "${name}": ${now}, and had ${end} when the job started`, { about: "input" });
}

/** Undefined where it is not known: of what is unpacked, the size of the file says nothing. */
function sizeOf(file: InputFile): number | undefined {
  try {
    return file.identity?.().size;
  } catch {
    return undefined;
  }
}
