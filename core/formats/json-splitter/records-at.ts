/**
 * `--records-at a.b`: of JSON values, only the arrays that stand at a path of keys. All other bytes become blanks, in their
 * place: what is left are top-level arrays, which splitter.ts takes apart. Line ends stay.
 */

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const COLON = 58;
const LINE_FEED = 10;
const SPACE = 32;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** A longer key is none of those that were named. */
const MAX_KEY_BYTES = 64 * 1024;

export interface RecordsAt {
  /** Blanks the bytes that belong to no record. */
  next(bytes: Uint8Array): void;
  /** Where the top-level value begins that has not ended. */
  readonly open: { readonly offset: number; readonly line: number } | undefined;
  /** There was a value, and whether one had an array at the path. */
  readonly found: "nothing" | "values" | "an array";
}

/** @param decode bytes of UTF-8 to text */
export function createRecordsAt(path: readonly string[], decode: (bytes: Uint8Array) => string): RecordsAt {
  let found: RecordsAt["found"] = "nothing";
  let offset = 0;
  let line = 1;
  let open: { offset: number; line: number } | undefined;
  let inString = false;
  let escaped = false;
  /** Brackets that are open, and those of a top-level array among them, whose elements are top-level values. */
  let depth = 0;
  let base = 0;
  /** Keys of the path that lead to the object at depth `base + 1 + level`. */
  let level = 0;
  /** What comes next in that object: a key, or the value of the wanted one. */
  let next: "key" | "colon" | "wanted value" | "other" = "other";
  let key: number[] | undefined;
  /** Depth of the array at the path. */
  let recordsDepth: number | undefined;

  return {
    get open() {
      return open;
    },
    get found() {
      return found;
    },
    next(bytes) {
      for (let at = 0; at < bytes.length; ) {
        if (inString && key === undefined) at = throughString(bytes, at);
        else if (!inString && depth > pathDepth()) at = throughValue(bytes, at);
        else at = onPath(bytes, at);
      }
      offset += bytes.length;
    },
  };

  /** Depth of what is looked at closely: the object in which a key is searched. */
  function pathDepth(): number {
    return recordsDepth === undefined ? base + 1 + level : recordsDepth + 1;
  }

  /** Up to behind its closing quote. Nearly all bytes are looked at here and in the next one: what changes is local. */
  function throughString(bytes: Uint8Array, from: number): number {
    const blanks = recordsDepth === undefined;
    let isEscaped = escaped;
    let at = from;
    while (at < bytes.length && inString) {
      const byte = bytes[at] as number;
      if (byte === LINE_FEED) line++;
      else if (blanks) bytes[at] = SPACE;
      if (isEscaped) isEscaped = false;
      else if (byte === BACKSLASH) isEscaped = true;
      else if (byte === QUOTE) inString = false;
      at++;
    }
    escaped = isEscaped;
    if (depth === 0 && !inString) open = undefined;
    return at;
  }

  /** Deeper than the path: up to behind the next quote, or out again. */
  function throughValue(bytes: Uint8Array, from: number): number {
    const blanks = recordsDepth === undefined;
    const least = pathDepth();
    let at = from;
    let now = depth;
    while (at < bytes.length && now > least && !inString) {
      const byte = bytes[at] as number;
      if (byte === LINE_FEED) line++;
      else if (blanks) bytes[at] = SPACE;
      if (byte === QUOTE) inString = true;
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) now++;
      else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) now--;
      at++;
    }
    depth = now;
    return at;
  }

  function onPath(bytes: Uint8Array, at: number): number {
    const byte = bytes[at] as number;
    if (byte === LINE_FEED) line++;
    const wasInside = recordsDepth !== undefined;
    if (inString) insideKey(byte);
    else if (byte > SPACE) mark(byte, at);
    if (!wasInside && recordsDepth === undefined && byte !== LINE_FEED) bytes[at] = SPACE;
    return at + 1;
  }

  function insideKey(byte: number): void {
    key?.push(byte);
    if (escaped) escaped = false;
    else if (byte === BACKSLASH) escaped = true;
    else if (byte === QUOTE) {
      inString = false;
      if (key !== undefined) endKey(key);
      if (depth === 0) open = undefined;
    }
    if (key === undefined || key.length < MAX_KEY_BYTES) return;
    key = undefined;
    next = "other";
  }

  function endKey(bytes: readonly number[]): void {
    key = undefined;
    next = isKey(bytes, path[level] as string) ? "colon" : "other";
  }

  function isKey(bytes: readonly number[], wanted: string): boolean {
    try {
      return JSON.parse(decode(Uint8Array.from(bytes))) === wanted;
    } catch {
      return false;
    }
  }

  function mark(byte: number, at: number): void {
    if (depth === base && byte !== COMMA && byte !== CLOSE_ARRAY) {
      if (found === "nothing" && (byte !== OPEN_ARRAY || base === 1)) found = "values";
      if (depth === 0) open = { offset: offset + at, line };
    }
    if (byte === QUOTE) beginString();
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) openBracket(byte);
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) closeBracket();
    else if (recordsDepth === undefined && depth === base + 1 + level) separator(byte);
    // A number or a word has no end that could be missing.
    if (depth === 0 && !inString) open = undefined;
  }

  function beginString(): void {
    inString = true;
    if (recordsDepth !== undefined || depth !== base + 1 + level) return;
    if (next === "key") key = [QUOTE];
    else next = "other";
  }

  function separator(byte: number): void {
    if (byte === COMMA) next = "key";
    else if (byte === COLON && next === "colon") next = "wanted value";
    else if (byte !== COLON) next = "other";
  }

  function openBracket(byte: number): void {
    if (recordsDepth === undefined) {
      if (depth === 0 && byte === OPEN_ARRAY) base = 1;
      else if (depth === base && byte === OPEN_OBJECT) next = "key";
      else if (depth === base + 1 + level && next === "wanted value") {
        next = "other";
        if (level + 1 === path.length && byte === OPEN_ARRAY) {
          recordsDepth = depth;
          found = "an array";
        } else if (level + 1 < path.length && byte === OPEN_OBJECT) {
          level++;
          next = "key";
        }
      } else if (depth === base + 1 + level) next = "other";
    }
    depth++;
  }

  function closeBracket(): void {
    if (recordsDepth !== undefined) {
      depth--;
      if (depth === recordsDepth) recordsDepth = undefined;
      return;
    }
    if (depth === base + 1 + level) {
      if (level > 0) level--;
      next = "other";
    }
    if (depth > 0) depth--;
    if (depth === 0) base = 0;
  }
}
