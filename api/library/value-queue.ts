/** The output of a job as values: what has been committed waits here, as bytes, until the program asks for it. */
import { joinPieces } from "../../core/bytes.ts";
import type { OutputStream } from "../../core/coordinator/commit/sinks.ts";
import { bigIntsOf } from "../../core/formats/bigints.ts";
import { createJsonLines } from "../../core/formats/json-parser/parse-lines.ts";
import { parseJson } from "../../core/json.ts";
import type { TextCodec } from "../../core/platform/text-codec.ts";

/** JSON lines are made values in windows of about this size, in bytes: no more of them are held. */
const WINDOW_BYTES = 64 * 1024;
const LINE_FEED = 10;

interface Waiting {
  /** Takes at least one of the values. */
  take(): void;
  end(): void;
  fail(error: unknown): void;
}

/** JSON lines in, values out. A write resolves when its last window has been taken: until then nothing more is committed. */
export class ValueQueue<Value> implements OutputStream {
  readonly #bigints: boolean;
  #parse: (bytes: Uint8Array) => Value[] = () => [];
  #indexOf: TextCodec["indexOf"] = () => -1;
  #values: readonly Value[] = [];
  #at = 0;
  #bytes: Uint8Array = new Uint8Array();
  #taken: (() => void) | undefined;
  readonly #waiting: Waiting[] = [];
  #end: { readonly error?: unknown } | undefined;

  constructor(bigints: boolean) {
    this.#bigints = bigints;
  }

  /** Before the first write. */
  open(text: TextCodec): this {
    this.#parse = createParser(text, this.#bigints);
    this.#indexOf = (bytes, byte, from) => text.indexOf(bytes, byte, from);
    return this;
  }

  write(pieces: readonly Uint8Array[]): Promise<void> {
    // Whole lines of a batch: a line may be in two pieces.
    this.#bytes = pieces.length === 1 ? (pieces[0] as Uint8Array) : joinPieces(pieces);
    return new Promise((resolve) => {
      this.#taken = resolve;
      this.#serve();
    });
  }

  next(): Promise<IteratorResult<Value, undefined>> {
    if (this.#waiting.length === 0 && this.#fill()) {
      return Promise.resolve({ done: false, value: this.#values[this.#at++] as Value });
    }
    return new Promise((resolve, reject) => {
      this.#wait({
        take: () => resolve({ done: false, value: this.#values[this.#at++] as Value }),
        end: () => resolve({ done: true, value: undefined }),
        fail: reject,
      });
    });
  }

  /** All values that are there: at least one, or undefined at the end. */
  nextWindow(): Promise<readonly Value[] | undefined> {
    return new Promise((resolve, reject) => {
      const take = () => {
        resolve(this.#at === 0 ? this.#values : this.#values.slice(this.#at));
        this.#at = this.#values.length;
      };
      this.#wait({ take, end: () => resolve(undefined), fail: reject });
    });
  }

  /** There is no more; what has been written can still be taken. */
  end(): void {
    this.#end ??= {};
    this.#serve();
  }

  /** What has been written can still be taken; then `next` rejects, once. */
  fail(error: unknown): void {
    this.#end ??= { error };
    this.#serve();
  }

  #wait(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#serve();
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      if (this.#fill()) {
        this.#waiting.shift()?.take();
        continue;
      }
      if (this.#end === undefined) return;
      const waiting = this.#waiting.shift() as Waiting;
      if ("error" in this.#end) waiting.fail(this.#end.error);
      else waiting.end();
      this.#end = {};
    }
  }

  /** Whether there is a value at `#at`. */
  #fill(): boolean {
    while (this.#at === this.#values.length) {
      if (this.#bytes.length === 0) {
        const taken = this.#taken;
        this.#taken = undefined;
        taken?.();
        return false;
      }
      const found = this.#indexOf(this.#bytes, LINE_FEED, Math.min(WINDOW_BYTES, this.#bytes.length - 1));
      const end = found === -1 ? this.#bytes.length : found + 1;
      this.#values = this.#parse(this.#bytes.subarray(0, end));
      this.#at = 0;
      this.#bytes = this.#bytes.subarray(end);
    }
    return true;
  }
}

function createParser<Value>(text: TextCodec, bigints: boolean): (bytes: Uint8Array) => Value[] {
  const parseEach = (bytes: Uint8Array, parse: (line: string) => unknown) =>
    text.decode(bytes, 0, bytes.length).trimEnd().split("\n").map(parse) as Value[];
  if (bigints) return (bytes) => parseEach(bytes, bigIntsOf);
  const parseLines = createJsonLines(text, () => performance.now());
  return (bytes) => (parseLines(bytes) ?? parseEach(bytes, (line) => parseJson(line))) as Value[];
}
