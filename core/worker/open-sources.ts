/** The inputs that a worker reads: opened when a batch needs them, and compared with what they were when the job began. */
import { InternalError } from "../errors.ts";
import type { InputSource } from "../formats/codec.ts";
import { checkIdentity } from "../platform/input-identity.ts";
import type { InputFile, OpenMembers, WorkerHost } from "../platform/runtime.ts";
import type { WorkerSettings } from "../protocol/worker-settings.ts";
import { attempt } from "./attempt.ts";
import type { FileRange } from "./file-window.ts";

type MembersHost = Pick<WorkerHost, "openInput" | "loadMembers">;

export class OpenSources {
  readonly #sources: WorkerSettings["sources"];
  readonly #host: MembersHost;
  /** There are compressed ones, and what reads them has not been loaded. */
  #wantsMembers: boolean;
  #openMembers: OpenMembers | undefined;
  /** Many small files are read one after the other: there is no need for more than one descriptor. */
  #open: { readonly index: number; readonly range: FileRange } | undefined;
  /** Up to here it has been prepared. */
  #ready = 0;

  constructor(sources: WorkerSettings["sources"], host: MembersHost) {
    this.#sources = sources;
    this.#host = host;
    this.#wantsMembers = sources.some(({ members }) => members !== undefined);
  }

  /** What has to be waited for before the first is opened; undefined where there is nothing, or no longer. */
  load(): Promise<void> | undefined {
    if (!this.#wantsMembers) return undefined;
    return this.#host.loadMembers().then((open) => {
      this.#openMembers = open;
      this.#wantsMembers = false;
    });
  }

  /**
   * @param end of what is read next
   * @param aside does what is no record's work
   * @throws {JobError} when it cannot be read, or is not the file that it was
   */
  open(index: number, end: number, aside: <T>(work: () => T) => T): FileRange {
    const range = this.#open?.index === index ? this.#open.range : this.#openOther(index);
    const { file, name } = range;
    if (file.prepare === undefined || end <= this.#ready) return range;
    aside(() => attempt(`read "${name}"`, () => file.prepare?.(end)));
    this.#ready = end;
    return range;
  }

  /** What is wrong with a source as a whole, behind "its"; known of the one that was opened last. */
  damageOf(index: number): string | undefined {
    if (this.#open?.index !== index) return undefined;
    const { file, name } = this.#open.range;
    return attempt(`read "${name}"`, () => file.damage?.());
  }

  #openOther(index: number): FileRange {
    const source = this.#sources[index];
    if (source?.path === undefined) throw new InternalError(`Cannot open source ${index}: it has no path`);
    const { path, name, begin, end } = source;
    this.#open?.range.file.close();
    this.#open = undefined;
    const opened = attempt(`read "${name}"`, () => this.#host.openInput(path));
    checkIdentity(source, opened.identity?.());
    const range = { file: this.#contentOf(opened, source), name, begin, end };
    this.#open = { index, range };
    this.#ready = 0;
    return range;
  }

  #contentOf(file: InputFile, { name, members }: InputSource): InputFile {
    if (members === undefined) return file;
    if (this.#openMembers === undefined) throw new InternalError("what reads members has not been loaded");
    const content = this.#openMembers(file, members);
    return { ...content, read: (...args) => attempt(`read "${name}"`, () => content.read(...args)) };
  }
}
