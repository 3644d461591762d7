/** `--from file`: each input file is a record, which says what the file is; the script reads it if it wants to. */
import { JobError } from "../errors.ts";
import { type Cursor, type FileContent, type Origin, RangeCursor } from "../formats/cursor.ts";
import { checkIdentity } from "../platform/input-identity.ts";
import type { WorkerHost } from "../platform/runtime.ts";
import type { Segment, WorkerSettings, WorkerSource } from "../protocol/messages.ts";
import { attempt } from "./attempt.ts";

/** What a script gets of a file. `mtime` is ISO 8601. */
interface FileRecord {
  readonly path: string;
  readonly size: number;
  readonly mtime: string;
}

type FileHost = Pick<WorkerHost, "openInput" | "text">;

/** Records that are counted, and have no bytes of their own to be found in: numbers of a range, or files of a list. */
export function countedCursor(
  { from, range, sources }: WorkerSettings,
  { start, end }: Pick<Segment, "start" | "end">,
  host: FileHost,
): Cursor {
  if (from === "file") return new FileCursor(sources, start, end - start, host);
  return new RangeCursor(range?.from ?? 0, range?.step ?? 1, start, end - start);
}

/** Files [first, first + count) of all. */
export class FileCursor implements Cursor {
  #index = -1;
  readonly #files: readonly WorkerSource[];
  readonly #first: number;
  readonly #count: number;
  readonly #host: FileHost;

  constructor(files: readonly WorkerSource[], first: number, count: number, host: FileHost) {
    this.#files = files;
    this.#first = first;
    this.#count = count;
    this.#host = host;
  }

  advance(): boolean {
    return ++this.#index < this.#count;
  }

  read(): FileRecord {
    const { name, begin, end, identity } = this.#file;
    return { path: name, size: end - begin, mtime: new Date(identity?.mtimeMs ?? 0).toISOString() };
  }

  offset(): number {
    return this.#first + this.#index;
  }

  line(): number {
    return Math.min(this.#index + 1, this.#count);
  }

  raw(): string {
    return JSON.stringify(this.read());
  }

  origin(): Origin {
    return { source: this.#file.name, sourceIndex: 0, line: 1, from: "file" };
  }

  content(): FileContent {
    const file = this.#file;
    const host = this.#host;
    const read = () => contentOf(file, host);
    return {
      read,
      text() {
        const bytes = read();
        const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
        return host.text.decode(bytes, start, bytes.length);
      },
    };
  }

  get #file(): WorkerSource {
    return this.#files[this.#first + this.#index] as WorkerSource;
  }
}

/** @throws {JobError} for a file that has been replaced or shortened since the job started, or cannot be read */
function contentOf(source: WorkerSource, host: Pick<WorkerHost, "openInput">): Uint8Array {
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
