/** Outputs that executors hold, as they are fetched by way of Spark's driver (java/dev/pmap/spark/HeldOutput.java). */
import { OutputLost } from "../../core/coordinator/cluster/cluster.ts";
import type { HeldPiece } from "./driver-messages.ts";

interface Piece {
  readonly head: HeldPiece;
  readonly body: readonly Uint8Array[];
}

interface Asked {
  readonly resolve: (piece: Piece) => void;
  readonly reject: (error: Error) => void;
}

export class HeldOutputs {
  readonly #send: (head: object) => void;
  /** What is asked is answered in this order. */
  readonly #asked: Asked[] = [];
  #failure: Error | undefined;

  constructor(send: (head: object) => void) {
    this.#send = send;
  }

  /** One piece is on its way while another is taken: no more than two are here. */
  async *fetch(held: string): AsyncGenerator<readonly Uint8Array[], void> {
    let next = this.#ask(held);
    for (;;) {
      const following = this.#ask(held);
      const { head, body } = await next;
      if (head.is === "lost") throw new OutputLost(held);
      if (head.is === "end") return;
      yield body;
      next = following;
    }
  }

  answered(piece: Piece): void {
    this.#asked.shift()?.resolve(piece);
  }

  /** There will be no answers. A race with a promise that tells of it would keep every piece. */
  fail(error: Error): void {
    this.#failure = error;
    for (const { reject } of this.#asked.splice(0)) reject(error);
  }

  #ask(held: string): Promise<Piece> {
    const asked = new Promise<Piece>((resolve, reject) => {
      this.#asked.push({ resolve, reject });
    });
    // It is awaited with the next turn, if there is one.
    asked.catch(() => {});
    if (this.#failure === undefined) this.#send({ type: "fetch", held });
    else this.fail(this.#failure);
    return asked;
  }
}
