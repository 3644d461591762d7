/** All bytes of a source, for a record that is a file. */
import { JobError } from "../errors.ts";
import type { InputSource } from "../formats/codec.ts";
import { checkIdentity } from "../platform/input-identity.ts";
import type { WorkerHost } from "../platform/runtime.ts";
import { attempt } from "./attempt.ts";

/** @throws {JobError} for a file that has been replaced or shortened since the job started, or cannot be read */
export function contentOf(source: InputSource, host: Pick<WorkerHost, "openInput">): Uint8Array {
  const { name, path, begin, end } = source;
  const what = `read "${name}"`;
  const file = attempt(what, () => host.openInput(path ?? name));
  try {
    checkIdentity(source, file.identity?.());
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
