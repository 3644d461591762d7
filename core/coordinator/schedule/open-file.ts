/** The file of the source that the coordinator looks at: one is open at a time. */
import type { InputFile } from "../../platform/runtime.ts";
import type { FileSource } from "../job/source.ts";

export class OpenFile {
  readonly #openInput: (path: string) => InputFile;
  #open: { readonly source: number; readonly file: InputFile } | undefined;

  constructor(openInput: (path: string) => InputFile) {
    this.#openInput = openInput;
  }

  /** The file of a source, by its number. It closes the one before. */
  of(source: number, { path }: FileSource): InputFile {
    if (this.#open?.source === source) return this.#open.file;
    this.close();
    const file = this.#openInput(path);
    this.#open = { source, file };
    return file;
  }

  close(): void {
    this.#open?.file.close();
    this.#open = undefined;
  }
}
