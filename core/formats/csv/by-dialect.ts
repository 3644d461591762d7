import type { FieldsSeen } from "../codec.ts";
import type { CsvDialect } from "./dialect.ts";

/** What is made once for how a source is written and what of it is looked at: each is code. */
export function byDialect<T>(
  create: (dialect: CsvDialect, fields: FieldsSeen | undefined) => T,
): (dialect: CsvDialect, fields?: FieldsSeen) => T {
  const all = new Map<string, T>();
  let last: { readonly dialect: CsvDialect; readonly fields: FieldsSeen | undefined; readonly made: T } | undefined;
  return (dialect, fields) => {
    if (last?.dialect === dialect && last.fields === fields) return last.made;
    const key = JSON.stringify([dialect, fields && [...fields.names], fields && [...fields.keys]]);
    const made = all.get(key) ?? create(dialect, fields);
    all.set(key, made);
    last = { dialect, fields, made };
    return made;
  };
}
