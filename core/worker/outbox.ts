/** The worker's end of the channel: messages become sealed frames, and frames may go together. */
import type { TextCodec } from "../platform/text-codec.ts";
import { encodeFrame } from "../protocol/frames.ts";
import type { FromWorker } from "../protocol/messages.ts";

export class Outbox {
  readonly #text: TextCodec;
  readonly #sendFrames: (frames: Uint8Array[]) => void;
  /** What our frames begin with; unknown until the first message has come. */
  #seal: number | undefined;
  /** Said before the seal was known: a preload has failed. */
  readonly #early: FromWorker[] = [];
  /** Frames that go with the next one: each that comes alone wakes the coordinator, and these can wait. */
  #held: Uint8Array[] = [];

  constructor(text: TextCodec, sendFrames: (frames: Uint8Array[]) => void) {
    this.#text = text;
    this.#sendFrames = sendFrames;
  }

  open(seal: number): void {
    this.#seal = seal;
    for (const head of this.#early.splice(0)) this.send(head);
  }

  send(head: FromWorker, body: readonly Uint8Array[] = []): void {
    if (this.#seal === undefined) return void this.#early.push(head);
    this.#held.push(...encodeFrame(this.#text, head, body, this.#seal));
    this.release();
  }

  /** Keeps a message until the next one is sent. */
  hold(head: FromWorker): void {
    this.#held.push(...encodeFrame(this.#text, head, [], this.#seal));
  }

  release(): void {
    if (this.#held.length === 0) return;
    const frames = this.#held;
    this.#held = [];
    this.#sendFrames(frames);
  }
}
