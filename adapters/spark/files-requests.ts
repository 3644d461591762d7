/** What has been asked of Hadoop's files, until it is answered. */
import type { FilesAnswer } from "./driver-messages.ts";

export class FilesRequests {
  readonly #send: (head: object, body: readonly Uint8Array[]) => void;
  readonly #failed: Promise<never>;
  readonly #asked = new Map<number, (answer: FilesAnswer) => void>();
  #next = 0;

  /** @param failed rejects when there will be no answers */
  constructor(send: (head: object, body: readonly Uint8Array[]) => void, failed: Promise<never>) {
    this.#send = send;
    this.#failed = failed;
  }

  /** @throws {Error} with what Hadoop says */
  async ask(request: object, body: readonly Uint8Array[]): Promise<FilesAnswer> {
    const id = this.#next++;
    const answered = new Promise<FilesAnswer>((resolve) => {
      this.#asked.set(id, resolve);
    });
    this.#send({ type: "files", id, ...request }, body);
    const answer = await Promise.race([answered, this.#failed]);
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  answered(answer: FilesAnswer): void {
    this.#asked.get(answer.id)?.(answer);
    this.#asked.delete(answer.id);
  }
}
