/** `--from json`: sources of JSON values and arrays, as sources of JSON lines. */
import { streamOf } from "../adapters/system/open-inputs.ts";
import type { Source, StreamSource } from "../core/coordinator/job/source.ts";
import { JobError } from "../core/errors.ts";
import { createJsonValueSplitter } from "../core/formats/json-values.ts";

export function asJsonLines(sources: readonly Source[]): Source[] {
  return sources.map((source) =>
    source.kind === "file" ? linesOf(streamOf(source.path, source.begin), source.name) : linesOf(source),
  );
}

function linesOf(source: StreamSource, name = source.name): StreamSource {
  const splitter = createJsonValueSplitter();
  let isFirst = true;
  return {
    kind: "stream",
    name,
    async read() {
      const bytes = await source.read();
      if (bytes === undefined) {
        if (splitter.open === undefined) return undefined;
        const input = name === "-" ? "stdin" : `"${name}"`;
        throw new JobError(`Cannot read ${input}: it ends inside a value that begins at byte ${splitter.open}`, {
          about: "input",
        });
      }
      // A byte order mark is white space here.
      if (isFirst && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes.fill(32, 0, 3);
      isFirst = false;
      return splitter.next(bytes);
    },
  };
}
