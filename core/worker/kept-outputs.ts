/** Outputs that a worker keeps until each is granted its place in the output file. */
import { trimPieces } from "../bytes.ts";
import { InternalError } from "../errors.ts";
import type { OutputFile } from "../platform/runtime.ts";
import type { Grant } from "../protocol/messages.ts";
import { attempt } from "./attempt.ts";

export class KeptOutputs {
  readonly #kept = new Map<number, Uint8Array[]>();
  #file: OutputFile | undefined;

  /** @throws {JobError} when the file cannot be written */
  open(path: string, openOutput: (path: string) => OutputFile): void {
    this.#file = attempt(`write "${path}"`, () => openOutput(path));
  }

  keep(id: number, output: Uint8Array[]): void {
    this.#kept.set(id, output);
  }

  /**
   * Writes what is kept for a request.
   * @returns the pieces, which are free now
   * @throws what the system says (ENOSPC)
   */
  write({ id, position, trim }: Grant): Uint8Array[] {
    const pieces = this.#kept.get(id);
    this.#kept.delete(id);
    if (pieces === undefined) throw new InternalError(`nothing is kept for request ${id}`);
    if (this.#file === undefined) throw new InternalError("a grant came, but there is no output file");
    this.#file.write(trimPieces(pieces, trim), position);
    return pieces;
  }
}
