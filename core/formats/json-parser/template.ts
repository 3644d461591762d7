/** The template of a JSON line: what stands between its values, and how to make its value again once those are known. */
import { parseJson, printJson } from "../../json.ts";
import type { FieldsSeen } from "../codec.ts";
import { DOUBLE, INTEGER } from "../slots/layout.ts";
import { MOST_VALUES } from "./layout.ts";
import type { LineMemory } from "./line-memory.ts";

/** What becomes of a value: it is checked, or made too, or is a key of groups. */
export type Use = "checked" | "made" | "a key";

/** Makes a new object, with its keys in their order, of the values in the slots from one on. */
export type MakeValue = (slot: number) => unknown;

export interface Template {
  /** One more than there are values; the last one goes on to the line's end. */
  readonly texts: readonly string[];
  readonly uses: readonly Use[];
  /** How many values are made. */
  readonly slots: number;
  /** @param valueAt reads what is no number of a slot */
  readonly compile: (
    memory: Pick<LineMemory, "places" | "ends" | "numbers">,
    valueAt: (slot: number) => unknown,
  ) => MakeValue;
}

/** A value's place in the template is taken by what stands there in another line: an array is one value. */
const STRING = /"(?:[^"\\]|\\.)*"/y;
const SCALAR = /[^\s,\]}]+/y;
const IN_ARRAY = /"(?:[^"\\]|\\.)*"|[[\]{}]|[^"[\]{}]+/y;
const SPACE = /[ \t\r]*/y;
/**
 * Objects of at most 32 members have all of their keys, also those of values that are not made. So they have the hidden class of
 * objects of which all is made: code that reads them would be compiled for both otherwise, and a loop in it was a third slower. To
 * more members it would take longer to give a place.
 */
const MOST_KEYS = 32;

/**
 * @param line one JSON value, as JSON.parse has accepted it
 * @param fields of the outermost object; all are made where it is left out
 * @returns undefined when it has too many parts for a template
 */
export function outlineOf(line: string, fields?: FieldsSeen): Template | undefined {
  const texts: string[] = [];
  const uses: Use[] = [];
  let depth = 0;
  let use: Use = "made";
  let at = 0;
  let textStart = 0;
  let slots = 0;

  skipSpace();
  const code = value();
  texts.push(line.slice(textStart));
  if (texts.length > MOST_VALUES) return undefined;
  const create = new Function("places", "ends", "numbers", "valueAt", `return slot => (${code});`);
  const compile: Template["compile"] = ({ places, ends, numbers }, valueAt) => create(places, ends, numbers, valueAt);
  return { texts, uses, slots, compile };

  /** Moves behind a value, and returns the code that makes it. */
  function value(): string {
    if (line[at] === "{") return object();
    const slot = `slot+${use === "checked" ? slots : slots++}`;
    texts.push(line.slice(textStart, at));
    uses.push(use);
    if (line[at] === '"') token(STRING);
    else if (line[at] === "[") array();
    else token(SCALAR);
    textStart = at;
    // Numbers are read here, so that a call does not make objects of them.
    return `(places[${slot}]===${INTEGER}?ends[${slot}]:places[${slot}]===${DOUBLE}?numbers[${slot}]:valueAt(${slot}))`;
  }

  function object(): string {
    const made: string[] = [];
    const all: string[] = [];
    depth++;
    do {
      at++;
      skipSpace();
      if (line[at] === "}") break;
      const name = parseJson(token(STRING)) as string;
      const key = printJson(name);
      if (depth === 1) use = useOf(name, fields);
      skipSpace();
      at++;
      skipSpace();
      // A string literal, whatever is in it: no data becomes code. A plain `__proto__:` would set the prototype, and brackets
      // for every key would be slow.
      const property = key === '"__proto__"' ? `[${key}]` : key;
      const member = `${property}:${value()}`;
      if (use !== "checked") made.push(member);
      all.push(use === "checked" ? `${property}:undefined` : member);
      skipSpace();
    } while (line[at] === ",");
    at++;
    depth--;
    return `{${(all.length > MOST_KEYS ? made : all).join(",")}}`;
  }

  function array(): void {
    let depth = 0;
    do {
      const part = token(IN_ARRAY);
      if (part === "[" || part === "{") depth++;
      else if (part === "]" || part === "}") depth--;
      // No JSON after all: what is made of such a template fits no line.
      else if (part === "") return;
    } while (depth > 0);
  }

  function skipSpace(): void {
    token(SPACE);
  }

  function token(pattern: RegExp): string {
    pattern.lastIndex = at;
    const [found = ""] = pattern.exec(line) ?? [];
    at += found.length;
    return found;
  }
}

function useOf(name: string, fields: FieldsSeen | undefined): Use {
  if (fields === undefined) return "made";
  if (!fields.names.has(name)) return "checked";
  return fields.keys.has(name) ? "a key" : "made";
}
