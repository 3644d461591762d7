/** Reads slices of sorted runs: the runs of a worker are in one file, which may be that of a worker that has died since. */
import { JobError } from "../errors.ts";
import type { InputFile, WorkerHost } from "../platform/runtime.ts";
import type { RunSlice } from "../protocol/messages.ts";

/** There may have been any number of workers. */
const MOST_OPEN = 16;

export class RunFiles {
  readonly #openInput: WorkerHost["openInput"];
  readonly #open = new Map<string, InputFile>();

  constructor(openInput: WorkerHost["openInput"]) {
    this.#openInput = openInput;
  }

  read({ path, start, end }: RunSlice): Uint8Array {
    const file = this.#fileOf(path);
    const bytes = new Uint8Array(end - start);
    for (let done = 0; done < bytes.length; ) {
      const count = file.read(bytes, done, bytes.length - done, start + done);
      if (count === 0) throw new JobError(`Cannot read "${path}": a sorted run is shorter than it was`);
      done += count;
    }
    return bytes;
  }

  close(): void {
    for (const file of this.#open.values()) file.close();
    this.#open.clear();
  }

  #fileOf(path: string): InputFile {
    let file = this.#open.get(path);
    if (file === undefined) {
      if (this.#open.size === MOST_OPEN) this.close();
      file = this.#openInput(path);
      this.#open.set(path, file);
    }
    return file;
  }
}
