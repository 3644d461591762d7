/**
 * The fields of a record that a script can see: the others need not be made.
 *
 * Found out only where an input is long enough to be worth it, while the worker goes on. Until then, and whenever there is any doubt,
 * it is all of them.
 */
import type { FieldsSeen } from "../../formats/codec.ts";
import type { Script } from "../../script/types.ts";
import { givesArguments, sourceOf } from "./function-source.ts";

type Fields = ReadonlySet<string>;
type RecordFunction = (...values: never[]) => unknown;
type Read = (source: string) => Fields | undefined;

/** Bytes that a worker parses before it loads a parser for its script: that costs 10 to 20 ms, which 3 (Unicode) to 40 MB win back. */
const WORTH_BYTES = 16 * 1024 * 1024;
/** The same where it makes keys of groups: until then each is a string of its own, which is hashed again. */
const WORTH_BYTES_OF_KEYS = 5 * 1024 * 1024;

export interface RecordFieldsOptions {
  /** Lines pass as they are: what is not mapped is not looked at by the emitter. */
  readonly passesLines: boolean;
  /** Bytes before the script is looked at. */
  readonly worthBytes?: number;
}

/** @returns what tells, at each window of an input, which fields to make; undefined: all of them. The same set each time */
export function createRecordFields(
  script: Pick<Script, "map" | "filter" | "key" | "reduce">,
  { passesLines, worthBytes = script.key === undefined ? WORTH_BYTES : WORTH_BYTES_OF_KEYS }: RecordFieldsOptions,
): (windowBytes: number) => FieldsSeen | undefined {
  let bytes = 0;
  let read: Read | undefined;
  let isAsked = false;
  /** The functions that have been looked at: code from the command line replaces its own after its first call. */
  let seen: readonly unknown[] = [];
  let fields: FieldsSeen | undefined;

  return (windowBytes) => {
    bytes += windowBytes;
    if (!isAsked && bytes >= worthBytes) ask();
    if (read === undefined) return undefined;
    const functions = [script.map, script.filter, script.key];
    if (functions.some((one, i) => one !== seen[i])) {
      seen = functions;
      const names = script.map === undefined && !passesLines ? undefined : fieldsOf(functions, read);
      fields = names && { names, keys: fieldsOf([script.key], read) ?? new Set() };
    }
    return fields;
  };

  function ask(): void {
    isAsked = true;
    // Where it cannot be loaded (a sandbox), all fields are made.
    import("./read-fields.ts").then(
      (module) => {
        read = module.readFields;
      },
      () => {},
    );
  }
}

/** For `--explain`: the fields that will be made of a long input; undefined where it is all of them. */
export async function fieldsSeen({
  map,
  filter,
  key,
}: Pick<Script, "map" | "filter" | "key">): Promise<string[] | undefined> {
  try {
    const { readFields } = await import("./read-fields.ts");
    const fields = map === undefined ? undefined : fieldsOf([map, filter, key], readFields);
    return fields && [...fields];
  } catch {
    return undefined;
  }
}

/** @returns undefined where one of the functions may see all of a record */
export function fieldsOf(functions: readonly (RecordFunction | undefined)[], read: Read): Fields | undefined {
  const all = new Set<string>();
  for (const fn of functions) {
    if (fn === undefined) continue;
    const fields = givesArguments(fn) ? undefined : read(sourceOf(fn));
    if (fields === undefined) return undefined;
    for (const field of fields) all.add(field);
  }
  return all;
}
