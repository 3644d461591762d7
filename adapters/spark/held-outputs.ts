/** What executors hold of tasks, as it is fetched by way of Spark's driver (java/dev/pmap/spark/HeldOutput.java). */
import { joinPieces } from "../../core/bytes.ts";
import { OutputLost } from "../../core/coordinator/cluster/cluster.ts";
import type { HeldPiece } from "../../core/coordinator/commit/elsewhere.ts";
import { parseJson } from "../../core/json.ts";
import type { TextCodec } from "../../core/platform/text-codec.ts";
import { createFrameDecoder, type Frame } from "../../core/protocol/frames.ts";
import type { RecordFailure } from "../../core/protocol/record-failure.ts";
import type { HeldAnswer } from "./driver-messages.ts";
import type { ScriptFrames } from "./script-frames.ts";

interface Piece {
  readonly head: HeldAnswer;
  /** A frame of the stage's. */
  readonly body: readonly Uint8Array[];
}

interface Asked {
  readonly resolve: (piece: Piece) => void;
  readonly reject: (error: Error) => void;
}

export class HeldOutputs {
  readonly #send: (head: object) => void;
  readonly #text: TextCodec;
  /** What is asked is answered in this order. */
  readonly #asked: Asked[] = [];
  #failure: Error | undefined;

  constructor(text: TextCodec, send: (head: object) => void) {
    this.#text = text;
    this.#send = send;
  }

  /**
   * One piece is on its way while another is taken: no more than two are here.
   * @param frames finds the script's own places in rejects
   */
  async *fetch(held: string, frames: ScriptFrames | undefined): AsyncGenerator<HeldPiece, void> {
    let next = this.#ask(held);
    for (;;) {
      const following = this.#ask(held);
      const { head, body } = await next;
      if (head.is === "lost") throw new OutputLost(held);
      if (head.is === "end") return;
      yield this.#pieceOf(body, frames);
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

  #pieceOf(bytes: readonly Uint8Array[], scriptFrames: ScriptFrames | undefined): HeldPiece {
    const frames: Frame[] = [];
    const decode = createFrameDecoder(this.#text, (frame) => frames.push(frame));
    for (const piece of bytes) decode(piece);
    const { head, body } = frames[0] as Frame;
    if ((head as { readonly type: string }).type === "output") return { type: "output", pieces: body };
    const json = joinPieces(body);
    const rejects = parseJson(this.#text.decode(json, 0, json.length)) as RecordFailure[];
    return { type: "rejects", rejects: rejects.map((each) => scriptFrames?.failure(each) ?? each) };
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
