/**
 * JSON lines read by their shape: what stands between the values of one line mostly stands between those of the next.
 *
 * JSON.parse reads the first line of a shape, and its template is kept. Another line is compared with the templates, and only its
 * values are read, by WebAssembly (assembly/read-lines.ts). A line that fits none is left to JSON.parse.
 */
import { parseJson } from "../../json.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import type { FieldsSeen } from "../codec.ts";
import { RECORD_COUNT, SLACK_BYTES, STOPPED_AT, TEXT_BYTES } from "../slots/layout.ts";
import { SlotValues } from "../slots/values.ts";
import { WindowText } from "../slots/window-text.ts";
import { AT_ODD, AT_UNKNOWN, STOP } from "./layout.ts";
import type { LineMemory } from "./line-memory.ts";
import { type MakeValue, outlineOf } from "./template.ts";
import { TemplateTree } from "./template-tree.ts";

/** What is kept of lines is bounded, and so is what it costs to find out that no two of them are alike. */
const MAX_TEMPLATES = 256;
const LINE_FEED = 10;

type Codec = Pick<TextCodec, "decode" | "asciiOf" | "isUtf8" | "encode" | "indexOf">;

/** Makes the value of a line of its slots, of which the first is given. */
interface Known {
  readonly make: MakeValue;
  readonly slots: number;
}

/** Whose templates stand in the memory, as they were then. */
let installed: { readonly tree: TemplateTree; readonly version: number } | undefined;

export class JsonShapes {
  readonly #codec: Codec;
  readonly #memory: LineMemory;
  readonly #window: WindowText;
  readonly #values: SlotValues;
  readonly #fields: FieldsSeen | undefined;
  readonly #tree = new TemplateTree();
  readonly #known: Known[] = [];
  #isFull = false;

  /** @param fields what the caller will look at in an object; all where it is left out */
  constructor(codec: Codec, memory: LineMemory, fields?: FieldsSeen) {
    this.#codec = codec;
    this.#memory = memory;
    this.#fields = fields;
    this.#window = new WindowText(codec);
    this.#values = new SlotValues(codec, this.#window, memory, parseJson);
  }

  /**
   * The values of whole lines.
   * @throws {SyntaxError} when a line is no JSON value, or not UTF-8
   */
  parse(bytes: Uint8Array): unknown[] {
    this.#window.begin(bytes);
    if (bytes.length > TEXT_BYTES - SLACK_BYTES) return parseEach(this.#window.decode(0, bytes.length));
    // What is passed over is not decoded.
    if (this.#tree.roots.narrow !== 0) this.#window.checkUtf8();
    const { words } = this.#memory;
    this.#memory.setText(bytes, LINE_FEED);
    this.#values.begin(bytes);
    const parsed: unknown[] = [];
    for (let at = 0; at < bytes.length; ) {
      this.#readLines(at, bytes.length, parsed);
      at = words[STOPPED_AT >> 2] as number;
      const stop = words[STOP >> 2] as number;
      if (stop === AT_UNKNOWN || stop === AT_ODD) at = this.#parseLine(bytes, at, stop === AT_UNKNOWN, parsed);
    }
    return parsed;
  }

  #readLines(at: number, length: number, parsed: unknown[]): void {
    const { records, words, exports } = this.#memory;
    this.#install();
    const { narrow, wide } = this.#tree.roots;
    exports.readLines(at, length, narrow, wide);
    const count = words[RECORD_COUNT >> 2] as number;
    try {
      for (let line = 0, slot = 0; line < count; line++) {
        const { make, slots } = this.#known[records[line] as number] as Known;
        parsed.push(make(slot));
        slot += slots;
      }
    } catch (error) {
      // Strings behind this have not been made.
      this.#memory.forget();
      throw error;
    }
  }

  /** @returns where the next line begins */
  #parseLine(bytes: Uint8Array, at: number, isNew: boolean, parsed: unknown[]): number {
    const found = this.#codec.indexOf(bytes, LINE_FEED, at);
    const end = found === -1 ? bytes.length : found;
    const line = this.#window.decode(at, end);
    const value = parseJson(line);
    parsed.push(value);
    // Where a value is odd, it may be so in the next line: there is nothing to learn from it.
    if (isNew) this.#learn(line, value);
    return end + 1;
  }

  /**
   * Objects of which only some fields are wanted, and have all of those, have templates of their own: what is looked up in such an object is
   * its own, and nothing that would be looked up in its prototype instead (a getter there, say) gets to see what it lacks.
   */
  #learn(line: string, value: unknown): void {
    if (this.#isFull) return;
    const isNarrow = this.#fields !== undefined && hasAll(value, this.#fields.names);
    const template = outlineOf(line, isNarrow ? this.#fields : undefined);
    if (template === undefined) return;
    // The next line of this window may be read so.
    if (isNarrow) this.#window.checkUtf8();
    const { texts, uses, slots, compile } = template;
    const number = this.#known.length + 1;
    const encoded = texts.map((text) => this.#codec.encode(text));
    if (this.#tree.add(encoded, uses, number, isNarrow ? "narrow" : "wide")) {
      this.#known.push({ make: compile(this.#memory, (slot) => this.#values.at(slot)), slots });
    } else this.#isFull = true;
    if (this.#known.length === MAX_TEMPLATES) this.#isFull = true;
  }

  /** Several of us share the memory. */
  #install(): void {
    const tree = this.#tree;
    if (installed?.tree === tree && installed.version === tree.version) return;
    this.#memory.own.set(tree.bytes.subarray(0, tree.length));
    installed = { tree, version: tree.version };
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
