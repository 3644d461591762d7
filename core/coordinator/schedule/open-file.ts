/** The file of the source that the coordinator looks at: one is open at a time. */
import { JobError, systemReason } from "../../errors.ts";
import { checkIdentity } from "../../platform/input-identity.ts";
import type { InputFile } from "../../platform/runtime.ts";
import type { FileSource } from "../job/source.ts";

export class OpenFile {
  readonly #openInput: (path: string) => InputFile;
  #open: { readonly source: number; readonly file: InputFile } | undefined;

  constructor(openInput: (path: string) => InputFile) {
    this.#openInput = openInput;
  }

  /**
   * The file of a source, by its number. It closes the one before.
   * @throws {JobError} for one that cannot be opened or read, or is another one by now
   */
  of(index: number, source: FileSource): InputFile {
    if (this.#open?.source === index) return this.#open.file;
    this.close();
    const file = attempt(source, () => source.compressed?.open() ?? this.#openInput(source.path));
    checkIdentity(source, file.identity?.());
    const checked: InputFile = { ...file, read: (...args) => attempt(source, () => file.read(...args)) };
    this.#open = { source: index, file: checked };
    return checked;
  }

  close(): void {
    this.#open?.file.close();
    this.#open = undefined;
  }
}

function attempt<T>({ name }: FileSource, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new JobError(`Cannot read "${name}": ${systemReason((error as Error).message)}`, { about: "input" });
  }
}
