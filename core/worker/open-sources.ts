/** The inputs that a worker reads: opened when a batch needs them, and compared with what they were when the job began. */
import { InternalError } from "../errors.ts";
import { checkIdentity } from "../platform/input-identity.ts";
import type { WorkerHost } from "../platform/runtime.ts";
import type { WorkerSettings } from "../protocol/worker-settings.ts";
import { attempt } from "./attempt.ts";
import type { FileRange } from "./file-window.ts";

export class OpenSources {
  readonly #sources: WorkerSettings["sources"];
  readonly #openInput: WorkerHost["openInput"];
  /** Many small files are read one after the other: there is no need for more than one descriptor. */
  #open: { readonly index: number; readonly range: FileRange } | undefined;

  constructor(sources: WorkerSettings["sources"], openInput: WorkerHost["openInput"]) {
    this.#sources = sources;
    this.#openInput = openInput;
  }

  /** @throws {JobError} when it cannot be read, or is not the file that it was */
  open(index: number): FileRange {
    if (this.#open?.index === index) return this.#open.range;
    const source = this.#sources[index];
    if (source?.path === undefined) throw new InternalError(`Cannot open source ${index}: it has no path`);
    const { path, name, begin, end } = source;
    this.#open?.range.file.close();
    this.#open = undefined;
    const file = attempt(`read "${name}"`, () => this.#openInput(path));
    checkIdentity(source, file.identity?.());
    const range = { file, name, begin, end };
    this.#open = { index, range };
    return range;
  }
}
