/** How the slowest records begin: read again from the input, where it is a file. */
import { openInput } from "../../adapters/shared/positional-files.ts";
import type { Job, PlacedSlowRecord } from "../../core/coordinator/job/job.ts";
import type { FileSource } from "../../core/coordinator/job/source.ts";
import type { TextCodec } from "../../core/platform/text-codec.ts";
import { readPart } from "../headers.ts";
import { MOST_RECORD_CHARACTERS } from "./report-data.ts";

/** A character takes up to four bytes. */
const HEAD_BYTES = 4 * MOST_RECORD_CHARACTERS;

export function slowTexts(
  slowest: readonly PlacedSlowRecord[],
  job: Pick<Job, "sources" | "input">,
  text: TextCodec,
): (string | undefined)[] {
  const { sources, input } = job;
  return slowest.map(({ source, offset, head }) => {
    if (input.cut === "units") return input.label?.(offset, sources);
    const of = sources[source];
    const bytes = head ?? (of?.kind === "file" ? readHead(of, offset) : undefined);
    if (bytes === undefined) return undefined;
    const end = bytes.indexOf(input.separator);
    // A character that is cut is no part of it.
    return text.decode(bytes, 0, end === -1 ? bytes.length : end).replace(end === -1 ? /\ufffd$/ : /\r$/, "");
  });
}

/** Undefined where the file is gone, or is another one. */
function readHead(source: FileSource, offset: number): Uint8Array | undefined {
  try {
    return readPart(source, offset, offset + HEAD_BYTES, { openInput });
  } catch {
    return undefined;
  }
}
