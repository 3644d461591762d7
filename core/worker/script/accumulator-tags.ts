/** Values that JSON loses, as JSON: each is an object `{"$pmap": [type, ...]}`. */

import { JobError } from "../../errors.ts";

export const TAG = "$pmap";
export const ITSELF = "itself, or more levels than a stack has";

type Tagged = { [TAG]: [type: string, ...parts: unknown[]] };
type Members = Readonly<Record<string, unknown>>;

export function isSpecialKey(key: string): boolean {
  return key === TAG || key === "toJSON" || key === "__proto__";
}

export class Tagger {
  /** Objects that are reached by more than one path, each with its number when it has been tagged. */
  readonly #shared: Map<object, number | undefined>;
  /** Shared objects whose members are being tagged. */
  readonly #open = new Set<object>();
  #count = 0;

  private constructor(value: unknown) {
    this.#shared = sharedIn(value);
  }

  static tagged(value: unknown): unknown {
    const tagger = new Tagger(value);
    const tagged = tagger.#tag(value);
    // Texts are joined to an array and decoded together: each has its own numbers.
    return tagger.#count > 0 ? wrap("graph", tagged) : tagged;
  }

  #tag(value: unknown): unknown {
    if (typeof value === "number") return isJsonNumber(value) ? value : wrap("number", numberText(value));
    if (value === undefined) return wrap("undefined");
    if (typeof value === "bigint") return wrap("bigint", String(value));
    if (typeof value === "function" || typeof value === "symbol") throw cannotCarry(`a ${typeof value}`);
    if (typeof value !== "object" || value === null) return value;
    return this.#shared.has(value) ? this.#tagShared(value) : this.#tagObject(value);
  }

  #tagShared(value: object): Tagged {
    if (this.#open.has(value)) throw cannotCarry(ITSELF);
    const number = this.#shared.get(value);
    if (number !== undefined) return wrap("same", number);
    this.#shared.set(value, this.#count++);
    this.#open.add(value);
    const tagged = this.#tagObject(value);
    this.#open.delete(value);
    return wrap("shared", tagged);
  }

  #tagObject(value: object): unknown {
    const prototype = Object.getPrototypeOf(value);
    if (Array.isArray(value) && prototype === Array.prototype) return this.#tagArray(value);
    if (value instanceof Map && prototype === Map.prototype)
      return wrap("map", ...[...value].map(([key, member]) => [this.#tag(key), this.#tag(member)]));
    if (value instanceof Set && prototype === Set.prototype)
      return wrap("set", ...[...value].map((member) => this.#tag(member)));
    if (value instanceof Date && prototype === Date.prototype) return wrap("date", this.#tag(value.getTime()));
    if (prototype === null) return wrap("bare", this.#tagMembers(value as Members));
    if (prototype === Object.prototype) return this.#tagMembers(value as Members);
    throw cannotCarry(`an instance of ${prototype.constructor?.name || "a class"}`);
  }

  #tagArray(values: readonly unknown[]): unknown {
    const tagged: unknown[] = [];
    for (let i = 0; i < values.length; i++) {
      if (values[i] === undefined && !(i in values)) return this.#tagSparse(values, tagged);
      tagged.push(this.#tag(values[i]));
    }
    return tagged;
  }

  /** @param tagged the members in front of the first hole */
  #tagSparse(values: readonly unknown[], tagged: readonly unknown[]): Tagged {
    const members = Object.keys(values).filter((key) => String(Number(key) >>> 0) === key);
    return wrap(
      "sparse",
      values.length,
      ...members.map((key, i) => [Number(key), i < tagged.length ? tagged[i] : this.#tag(values[Number(key)])]),
    );
  }

  #tagMembers(members: Members): unknown {
    // A table of counts, most often.
    if (isFlat(members)) return members;
    const entries = Object.entries(members).map(([key, member]) => [key, this.#tag(member)] as const);
    return entries.some(([key]) => isSpecialKey(key)) ? wrap("object", ...entries) : Object.fromEntries(entries);
  }
}

export class Untagger {
  readonly #shared: unknown[] = [];

  untag(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((member) => this.untag(member));
    const tagged = (value as Partial<Tagged>)[TAG];
    if (tagged !== undefined) return this.#unwrap(tagged[0], tagged.slice(1));
    return this.#setMembers(value, value as Members);
  }

  #unwrap(type: string, parts: readonly unknown[]): unknown {
    const [part] = parts;
    switch (type) {
      case "number":
        return Number(part);
      case "undefined":
        return undefined;
      case "bigint":
        return BigInt(part as string);
      case "date":
        return new Date(this.untag(part) as number);
      case "map":
        return new Map((parts as [unknown, unknown][]).map(([key, member]) => [this.untag(key), this.untag(member)]));
      case "set":
        return new Set(parts.map((member) => this.untag(member)));
      case "sparse":
        return this.#sparse(part as number, parts.slice(1) as [number, unknown][]);
      case "bare":
        return this.#bare(part as object);
      case "graph":
        return new Untagger().untag(part);
      case "shared":
        return this.#define(part);
      case "same":
        return this.#shared[part as number];
      default:
        return Object.fromEntries((parts as [string, unknown][]).map(([key, member]) => [key, this.untag(member)]));
    }
  }

  #setMembers(target: object, members: Members): object {
    for (const key in members) (target as Record<string, unknown>)[key] = this.untag(members[key]);
    return target;
  }

  /** Its members may stand for themselves, or in an object that is tagged. */
  #bare(part: object): object {
    const bare: object = Object.create(null);
    return TAG in part ? Object.assign(bare, this.untag(part)) : this.#setMembers(bare, part as Members);
  }

  #sparse(length: number, members: readonly [number, unknown][]): unknown[] {
    const values: unknown[] = [];
    values.length = length;
    for (const [index, member] of members) values[index] = this.untag(member);
    return values;
  }

  /** Numbered as it was when it was tagged: in front of the shared objects in it. */
  #define(part: unknown): unknown {
    const number = this.#shared.push(undefined) - 1;
    this.#shared[number] = this.untag(part);
    return this.#shared[number];
  }
}

export function cannotCarry(what: string): JobError {
  return new JobError(
    `Cannot carry a partial result: the accumulator holds ${what}, which cannot travel between processes; ` +
      "use JSON values, Map, Set, Date or BigInt",
  );
}

export function membersOf(value: object): Iterable<unknown> {
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  if (value instanceof Set) return value;
  return Object.values(value);
}

function sharedIn(value: unknown): Map<object, undefined> {
  const met = new Set<object>();
  const shared = new Map<object, undefined>();
  const visit = (member: unknown): void => {
    if (typeof member !== "object" || member === null) return;
    if (met.has(member)) shared.set(member, undefined);
    else {
      met.add(member);
      for (const inner of membersOf(member)) visit(inner);
    }
  };
  visit(value);
  return shared;
}

/** Whether JSON gives back the very same members, and none of them has members itself. */
function isFlat(members: Members): boolean {
  for (const key in members) {
    const member = members[key];
    const isJson = typeof member === "number" ? isJsonNumber(member) : isJsonWord(member);
    if (!isJson || isSpecialKey(key)) return false;
  }
  return true;
}

function isJsonNumber(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

function isJsonWord(value: unknown): boolean {
  return typeof value === "string" || typeof value === "boolean" || value === null;
}

function numberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function wrap(type: string, ...parts: unknown[]): Tagged {
  return { [TAG]: [type, ...parts] };
}
