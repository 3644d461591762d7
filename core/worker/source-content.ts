/** All bytes of a source, for a record that is a file. */
import { JobError } from "../errors.ts";
import type { InputSource } from "../formats/codec.ts";
import { checkIdentity } from "../platform/input-identity.ts";
import type { InputFile, WorkerHost } from "../platform/runtime.ts";
import { attempt } from "./attempt.ts";

/** @throws {JobError} for a file that has been replaced or shortened since the job started, or cannot be read */
export function contentOf(source: InputSource, host: Pick<WorkerHost, "openInput">): Uint8Array {
  const { name, path, begin, end } = source;
  const what = `read "${name}"`;
  const file = attempt(what, () => host.openInput(path ?? name));
  try {
    const now = file.identity?.();
    checkIdentity(source, now);
    if (end === begin && now !== undefined && now.size === source.identity?.size) return toEnd(file, source);
    const bytes = new Uint8Array(end - begin);
    for (let done = 0; done < bytes.length; ) {
      const count = attempt(what, () => file.read(bytes, done, bytes.length - done, begin + done));
      if (count === 0) throw new JobError(`Cannot ${what}: it has become shorter since the job started`);
      done += count;
    }
    return bytes;
  } finally {
    file.close();
  }
}

const PIECE_BYTES = 64 * 1024;

/** Of a file whose size says nothing, as those of /proc: most of them have less than one piece. */
function toEnd(file: InputFile, { name, begin }: InputSource): Uint8Array {
  let bytes = new Uint8Array(PIECE_BYTES);
  for (let done = 0; ; ) {
    const count = attempt(`read "${name}"`, () => file.read(bytes, done, bytes.length - done, begin + done));
    if (count === 0) return bytes.subarray(0, done);
    done += count;
    if (done < bytes.length) continue;
    const more = new Uint8Array(2 * bytes.length);
    more.set(bytes);
    bytes = more;
  }
}
