/** A stream of JSON values as the stream of JSON lines that they would be. */
import type { StreamSource } from "../../core/coordinator/job/source.ts";
import { JobError } from "../../core/errors.ts";
import { createRecordsAt, type RecordsAt } from "../../core/formats/json-splitter/records-at.ts";
import { createJsonValueSplitter } from "../../core/formats/json-splitter/splitter.ts";

/** @param recordsAt keys that lead to the arrays whose elements are the records; undefined for those at the top */
export function jsonLines(source: StreamSource, recordsAt: readonly string[] | undefined): StreamSource {
  const { name, place } = source;
  const splitter = createJsonValueSplitter();
  const decoder = new TextDecoder();
  const filter = recordsAt && createRecordsAt(recordsAt, (bytes) => decoder.decode(bytes));
  let isFirst = true;
  return {
    kind: "stream",
    name,
    place: place && { ...place, values: { recordsAt } },
    lineAt: splitter.lineAt,
    async read() {
      const bytes = await source.read();
      if (bytes === undefined) {
        checkEnd(name, splitter.open ?? filter?.open);
        if (filter !== undefined) checkFound(name, filter, recordsAt as readonly string[]);
        return undefined;
      }
      // A byte order mark is white space here.
      if (isFirst && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes.fill(32, 0, 3);
      isFirst = false;
      filter?.next(bytes);
      return splitter.next(bytes);
    },
  };
}

function checkEnd(name: string, open: RecordsAt["open"]): void {
  if (open === undefined) return;
  const where = `begins in line ${open.line}, at byte ${open.offset}`;
  throw new JobError(`Cannot read ${told(name)}: it ends inside a value that ${where}`, { about: "input" });
}

/** Nothing at all is no mistake; values none of which has such an array are probably another kind of file. */
function checkFound(name: string, { found }: RecordsAt, path: readonly string[]): void {
  if (found === "values")
    throw new JobError(`Cannot read ${told(name)}: there is no array at "${path.join(".")}" in it`, { about: "input" });
}

function told(name: string): string {
  return name === "-" ? "stdin" : `"${name}"`;
}
