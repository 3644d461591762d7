/** What the beginnings of sources say, where their format has headers (CSV). */
import type { ReadHeader } from "../core/coordinator/job/job.ts";
import type { FileSource, Source } from "../core/coordinator/job/source.ts";
import { OpenFile } from "../core/coordinator/schedule/open-file.ts";
import { UsageError } from "../core/errors.ts";
import type { FormatOptions, Header, ScanInput } from "../core/formats/format.ts";
import type { InputFile, Runtime } from "../core/platform/runtime.ts";

export interface HeaderTools {
  readonly openInput: (path: string) => InputFile;
  readonly text: Runtime["text"];
  readonly warn: (message: string) => void;
}

export function headerReader(
  input: ScanInput,
  options: FormatOptions,
  { text, warn }: Omit<HeaderTools, "openInput">,
): ReadHeader {
  const decode = (bytes: Uint8Array) => text.decode(bytes, 0, bytes.length);
  const isUtf8 = (bytes: Uint8Array) => text.isUtf8(bytes, 0, bytes.length);
  return (name, bytes, complete) => {
    const found = input.readHeader(bytes, { ...options, name, complete, decode, isUtf8 });
    for (const warning of found?.warnings ?? []) warn(warning);
    return found;
  };
}

const FIRST_BYTES = 16 * 1024;
const MAX_HEADER_BYTES = 16 * 1024 * 1024;

/**
 * The sources, and of files what their beginnings say.
 * @throws {UsageError} for what is not of the format, or has no such columns
 */
export function withHeaders(sources: readonly Source[], read: ReadHeader | undefined, tools: HeaderTools): Source[] {
  if (read === undefined) return [...sources];
  return sources.map((source) =>
    source.kind === "file" ? { ...source, header: headerOf(source, read, tools) } : source,
  );
}

function headerOf(source: FileSource, read: ReadHeader, tools: HeaderTools): Header {
  const { name, begin, end } = source;
  for (let length = FIRST_BYTES; ; length *= 4) {
    const bytes = readPart(source, begin, Math.min(end, begin + length), tools);
    const header = read(name, bytes, bytes.length === end - begin);
    if (header !== undefined) return { ...header, end: begin + header.end };
    if (length > MAX_HEADER_BYTES)
      throw new UsageError(
        `Cannot read "${name}": its header has more than ${MAX_HEADER_BYTES} bytes\nIs a quote in it not closed?`,
        { about: "input" },
      );
  }
}

/**
 * Bytes [start, end) of a file, as far as it has them.
 * @throws {JobError} for one that cannot be read, or is another one by now
 */
export function readPart(
  source: FileSource,
  start: number,
  end: number,
  { openInput }: Pick<HeaderTools, "openInput">,
): Uint8Array {
  const open = new OpenFile(openInput);
  try {
    const file = open.of(0, source);
    const bytes = new Uint8Array(end - start);
    let filled = 0;
    while (filled < bytes.length) {
      const count = file.read(bytes, filled, bytes.length - filled, start + filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  } finally {
    open.close();
  }
}
