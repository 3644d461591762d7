/** How the slowest records begin: read again from the input, where it is a file. */
import { closeSync, openSync, readSync } from "node:fs";
import type { Job, PlacedSlowRecord } from "../../core/coordinator/job/job.ts";
import type { TextCodec } from "../../core/platform/text-codec.ts";
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
    const bytes = head ?? (of?.kind === "file" ? readHead(of.path, offset) : undefined);
    if (bytes === undefined) return undefined;
    const end = bytes.indexOf(input.separator);
    // A character that is cut is no part of it.
    return text.decode(bytes, 0, end === -1 ? bytes.length : end).replace(end === -1 ? /\ufffd$/ : /\r$/, "");
  });
}

/** Undefined where the file is gone. */
function readHead(path: string, offset: number): Uint8Array | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    const bytes = new Uint8Array(HEAD_BYTES);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, HEAD_BYTES, offset));
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
