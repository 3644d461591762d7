/**
 * JSON lines read by their shape: what stands between the values of one line mostly stands between those of the next.
 *
 * JSON.parse reads the first line of a shape, and its template is kept. Another line is compared with the templates, and only its
 * values are read (scanner.ts). A line that fits none is left to JSON.parse.
 */
import { parseJson } from "../../json.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import { JsonScanner } from "./scanner.ts";
import { outlineOf, type Template } from "./template.ts";
import { valueEnd } from "./value-end.ts";
import { WindowText } from "./window-text.ts";

/** Outlines that begin alike share their steps: optional keys and kinds of records are branches of a tree. */
interface Step {
  readonly text: string;
  /** Its bytes in UTF-8, with a sign as the scanner sees them. */
  readonly codes: Int8Array;
  readonly next: Step[];
  /** Whether the value behind it is wanted. */
  readonly isWanted: boolean;
  /** Where a line may end here. */
  make: Template["make"] | undefined;
}

/**
 * Lines become text in pieces of about this number of bytes. A long string is a slice of its piece (in V8 and JavaScriptCore), so
 * that is what a script that keeps the string keeps in memory.
 */
const PIECE_BYTES = 1024;
/** Where a line makes a piece longer, JSON.parse reads it: it copies strings. */
const MAX_PIECE_BYTES = 4 * 1024;
/** What is kept of lines is bounded, and so is what it costs to find out that no two of them are alike. */
const MAX_OUTLINES = 256;
const LINE_FEED = 10;
/** None of the templates fits. */
const UNKNOWN = Symbol("unknown");
/** One does, but a value is for JSON.parse: as such a line is, the next one may be, and there is nothing to learn from it. */
const ODD = Symbol("odd");

type Codec = Pick<TextCodec, "decode" | "asciiOf" | "isUtf8" | "encode" | "indexOf">;

export class JsonShapes {
  readonly #codec: Codec;
  readonly #window: WindowText;
  readonly #values: JsonScanner;
  readonly #steps: Step[] = [];
  /**
   * Outlines of objects of which only some fields are wanted, and have all of those: what is looked up in such an object is its own, and
   * nothing that would be looked up in its prototype instead (a getter there, say) gets to see what it lacks.
   */
  readonly #narrowSteps: Step[] = [];
  readonly #fields: ReadonlySet<string> | undefined;
  #templates = 0;
  /** The values of one line; the next one's take their place. */
  readonly #line: unknown[] = [];

  /** @param fields what the caller will look at in an object, by these very names and in no other way; all where it is left out */
  constructor(codec: Codec, fields?: ReadonlySet<string>) {
    this.#codec = codec;
    this.#fields = fields;
    this.#window = new WindowText(codec);
    this.#values = new JsonScanner(this.#window);
  }

  /**
   * The values of whole lines.
   * @throws {SyntaxError} when a line is no JSON value, or not UTF-8
   */
  parse(bytes: Uint8Array): unknown[] {
    const codes = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#window.begin(bytes);
    // What is passed over is not decoded.
    if (this.#narrowSteps.length > 0) this.#window.checkUtf8();
    const parsed: unknown[] = [];
    for (let at = 0; at < bytes.length; ) {
      const found = this.#codec.indexOf(bytes, LINE_FEED, Math.min(at + PIECE_BYTES, bytes.length - 1));
      const end = found === -1 ? bytes.length : found + 1;
      if (found !== -1 && end - at <= MAX_PIECE_BYTES)
        this.#piece(codes, at, this.#codec.asciiOf(bytes, at, end), parsed);
      else parsed.push(...parseEach(this.#window.decode(at, end)));
      at = end;
    }
    return parsed;
  }

  /** @param text the piece, a character for each byte: positions in it are those of bytes */
  #piece(codes: Int8Array, base: number, text: string, parsed: unknown[]): void {
    const values = this.#values;
    values.begin(codes, text, base);
    for (let start = base; start < base + text.length; start = values.at) {
      let value = this.#narrowSteps.length === 0 ? UNKNOWN : this.#read(codes, this.#narrowSteps);
      if (value === UNKNOWN) {
        values.at = start;
        value = this.#read(codes, this.#steps);
      }
      if (value === UNKNOWN || value === ODD) {
        const end = base + text.indexOf("\n", start - base);
        const line = this.#window.decode(start, end);
        const isNew = value === UNKNOWN;
        value = parseJson(line);
        values.at = end;
        if (isNew) this.#learn(line, value);
      }
      values.at++;
      parsed.push(value);
    }
  }

  /** The value of the line that begins here, up to its end, or why there is none. */
  #read(codes: Int8Array, first: Step[]): unknown {
    const values = this.#values;
    let steps = first;
    for (let count = 0; ; count++) {
      const step = this.#stepAmong(steps);
      if (step === undefined) return UNKNOWN;
      if (step.make !== undefined && codes[values.at] === LINE_FEED) return step.make(this.#line);
      if (step.isWanted) {
        const value = values.read();
        if (value === undefined) return ODD;
        this.#line[count] = value;
      } else {
        const end = valueEnd(codes, values.at);
        if (end === -1) return ODD;
        values.at = end;
      }
      steps = step.next;
    }
  }

  #stepAmong(steps: readonly Step[]): Step | undefined {
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i] as Step;
      if (this.#values.skip(step.codes)) return step;
    }
    return undefined;
  }

  #learn(line: string, value: unknown): void {
    if (this.#templates >= MAX_OUTLINES) return;
    const isNarrow = this.#fields !== undefined && hasAll(value, this.#fields);
    const template = outlineOf(line, isNarrow ? this.#fields : undefined);
    if (template === undefined) return;
    let steps = isNarrow ? this.#narrowSteps : this.#steps;
    // The next line of this window may be read so.
    if (isNarrow) this.#window.checkUtf8();
    let last: Step | undefined;
    for (const [i, text] of template.texts.entries()) {
      last = steps.find((step) => step.text === text);
      if (last === undefined) {
        const codes = Int8Array.from(this.#codec.encode(text));
        last = { text, codes, next: [], isWanted: template.wanted[i] ?? true, make: undefined };
        steps.push(last);
      }
      steps = last.next;
    }
    if (last !== undefined) last.make = template.make;
    this.#templates++;
  }
}

/** Whether it is an object with all of these fields, its own. */
function hasAll(value: unknown, fields: ReadonlySet<string>): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  for (const field of fields) if (!Object.hasOwn(value, field)) return false;
  return true;
}

/**
 * The values of whole lines, one JSON.parse each.
 * @throws {SyntaxError} when a line is no JSON value
 */
export function parseEach(text: string): unknown[] {
  const parsed: unknown[] = [];
  for (let at = 0; at < text.length; ) {
    const found = text.indexOf("\n", at);
    const end = found === -1 ? text.length : found;
    parsed.push(parseJson(text.slice(at, end)));
    at = end + 1;
  }
  return parsed;
}
