/** Names of columns in messages. */

/** A name in quotes, with control characters and quotes escaped. */
export function columnName(name: string): string {
  return JSON.stringify(name);
}

/** Names separated by commas; those that would not be seen as one name are in quotes. */
export function columnNames(names: readonly string[]): string {
  return names.map((name) => (/^$|^\s|\s$|[",\\\p{Cc}]/u.test(name) ? columnName(name) : name)).join(", ");
}

/** What to do about a value that the columns named by a flag do not have. */
export function notNamed(name: string, flag: "--columns" | "--schema"): TypeError {
  return new TypeError(
    `${columnName(name)} is not among the columns of ${flag}: add it there, or leave it out of the value`,
  );
}
