/**
 * The TypeScript type of records, as a sample of them shows. Every record of the sample has this type; others may have another.
 *
 * Own code: of the libraries for it one is larger than pmap, and the others have not been kept for years or know no literals.
 */

/** What values at one place have been. Counts tell which keys are optional. */
interface Seen {
  count: number;
  /** Names of primitive types. */
  readonly primitives: Set<string>;
  /** Different strings; undefined when there are too many, or such as a list of literals would not help with. */
  texts: Set<string> | undefined;
  textCount: number;
  /** How many strings there had been when the last different one came. */
  lastNewText: number;
  elements: Seen | undefined;
  fields: Map<string, Seen> | undefined;
  objects: number;
}

/** With more different strings a place holds text. */
const MOST_LITERALS = 8;
const LONGEST_LITERAL = 40;
/** A literal has to be seen this often on average: else the strings are different by chance only. */
const LEAST_PER_LITERAL = 3;
/** In the second half of more strings than this a new one must not come: of sorted data the sample has the first values only. */
const FEW_STRINGS = 100;
/** Objects with more keys than this, most of which most of them lack, are tables by a key. */
const MOST_KEYS_OF_SHAPE = 60;
const DEEPEST = 12;

/** `interface Row { ... }`, or a type of that name where not all records are objects. */
export function declarationOf(name: string, records: readonly unknown[]): string {
  const seen = nothingSeen();
  for (const record of records) see(seen, record, 0);
  const text = textOf(seen, "");
  const isObject = seen.count > 0 && seen.objects === seen.count && text.startsWith("{");
  return isObject ? `interface ${name} ${text}` : `type ${name} = ${text};`;
}

function nothingSeen(): Seen {
  return {
    count: 0,
    primitives: new Set(),
    texts: new Set(),
    textCount: 0,
    lastNewText: 0,
    elements: undefined,
    fields: undefined,
    objects: 0,
  };
}

function see(seen: Seen, value: unknown, depth: number): void {
  seen.count++;
  if (typeof value === "string") seeText(seen, value);
  else if (typeof value !== "object" || value === null) seen.primitives.add(value === null ? "null" : typeof value);
  else if (depth >= DEEPEST) seen.primitives.add("unknown");
  else if (value instanceof Uint8Array) seen.primitives.add("Uint8Array");
  else if (Array.isArray(value)) {
    seen.elements ??= nothingSeen();
    for (const element of value) see(seen.elements, element, depth + 1);
  } else {
    seen.objects++;
    seen.fields ??= new Map();
    for (const [key, field] of Object.entries(value)) {
      let at = seen.fields.get(key);
      if (at === undefined) {
        at = nothingSeen();
        seen.fields.set(key, at);
      }
      see(at, field, depth + 1);
    }
  }
}

function seeText(seen: Seen, text: string): void {
  seen.textCount++;
  if (seen.texts === undefined) return;
  if (!seen.texts.has(text)) seen.lastNewText = seen.textCount;
  seen.texts.add(text);
  // Numbers, dates and ids in strings are few in a small sample only.
  if (seen.texts.size > MOST_LITERALS || !/^[\p{L}_][\p{L}\p{N} _./:+-]*$/u.test(text) || text.length > LONGEST_LITERAL)
    seen.texts = undefined;
}

function textOf(seen: Seen, indent: string): string {
  const parts = [...alternatives(seen, indent)];
  return parts.length === 0 ? "unknown" : parts.join(" | ");
}

function* alternatives(seen: Seen, indent: string): Generator<string> {
  if (seen.primitives.has("unknown")) {
    yield "unknown";
    return;
  }
  if (seen.fields !== undefined) yield objectText(seen, seen.fields, indent);
  if (seen.elements !== undefined) yield arrayText(seen.elements, indent);
  if (seen.textCount > 0) {
    const literals = literalsOf(seen);
    if (literals === undefined) yield "string";
    else yield* [...literals].sort().map(quoted);
  }
  for (const name of ["number", "bigint", "boolean", "Uint8Array", "null"]) if (seen.primitives.has(name)) yield name;
}

/** Undefined where there may well be others than those that have been seen. */
function literalsOf({ texts, textCount, lastNewText }: Seen): ReadonlySet<string> | undefined {
  if (texts === undefined || textCount < texts.size * LEAST_PER_LITERAL) return undefined;
  return textCount > FEW_STRINGS && lastNewText > textCount / 2 ? undefined : texts;
}

function arrayText(elements: Seen, indent: string): string {
  const [only = "unknown", ...more] = alternatives(elements, indent);
  return more.length === 0 ? `${only}[]` : `(${[only, ...more].join(" | ")})[]`;
}

function objectText({ objects }: Seen, fields: ReadonlyMap<string, Seen>, indent: string): string {
  if (fields.size === 0) return "Record<string, never>";
  const all = [...fields.values()];
  if (fields.size > MOST_KEYS_OF_SHAPE && all.reduce((sum, { count }) => sum + count, 0) < (objects * fields.size) / 4)
    return `Record<string, ${textOf(all.reduce(merged, nothingSeen()), indent)}>`;
  const inner = `${indent}  `;
  const lines = [...fields].map(([key, field]) => {
    const name = /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(key) ? key : quoted(key);
    if (field.count === objects) return `${inner}${name}: ${textOf(field, inner)};`;
    // Records without it inherit one.
    return `${inner}${name}?: ${key in Object.prototype ? "unknown" : textOf(field, inner)};`;
  });
  return `{\n${lines.join("\n")}\n${indent}}`;
}

/** What has been seen at either place. */
function merged(one: Seen, other: Seen): Seen {
  const fields = new Map(one.fields);
  for (const [key, field] of other.fields ?? []) fields.set(key, merged(fields.get(key) ?? nothingSeen(), field));
  const texts = one.texts && other.texts && new Set([...one.texts, ...other.texts]);
  const elements = one.elements ?? other.elements;
  return {
    count: one.count + other.count,
    primitives: new Set([...one.primitives, ...other.primitives]),
    texts: texts === undefined || texts.size > MOST_LITERALS ? undefined : texts,
    textCount: one.textCount + other.textCount,
    lastNewText: Math.max(one.lastNewText, other.lastNewText),
    elements: one.elements && other.elements ? merged(one.elements, other.elements) : elements,
    fields: one.fields === undefined && other.fields === undefined ? undefined : fields,
    objects: one.objects + other.objects,
  };
}

function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(/[\u2028\u2029\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, escaped);
}

/** What an editor would show as something else, or not at all. */
function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
