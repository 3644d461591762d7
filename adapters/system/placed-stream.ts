/** A file that is read from its beginning on, as the stream of what is in it; JSON values as they stand there. */
import type { StreamPlace, StreamSource } from "../../core/coordinator/job/source.ts";
import { transcoded } from "./decode-text.ts";
import { type Compression, decompressed } from "./decompress.ts";
import { streamOf } from "./file-streams.ts";

/** @param ended aborted when no more of it is wanted */
export function placedStream(name: string, place: StreamPlace, ended?: AbortSignal): StreamSource {
  const { path, start, compression, encoding } = place;
  const { read } = streamOf(path, { start, name, ended });
  const plain = compression === undefined ? read : decompressed(name, compression as Compression, read, ended);
  return {
    kind: "stream",
    name,
    place,
    read: encoding === undefined ? plain : transcoded(name, encoding, plain),
  };
}
