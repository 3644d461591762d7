/** Messages over a process's pipes, as frames. */
import type { WorkerLink } from "../../core/platform/runtime.ts";
import type { TextCodec } from "../../core/platform/text-codec.ts";
import { createFrameDecoder, encodeFrame, type Frame, FrameError } from "../../core/protocol/frames.ts";

export interface FrameListeners {
  readonly onFrame: (frame: Frame) => void;
  /** What comes is no frame; nothing is listened to any longer. */
  readonly onFoul: (reason: string) => void;
}

export class FrameLink {
  readonly #port: WorkerLink["port"];
  readonly #text: TextCodec;

  constructor({ port }: WorkerLink, text: TextCodec, { onFrame, onFoul }: FrameListeners) {
    this.#port = port;
    this.#text = text;
    const decode = createFrameDecoder(text, onFrame);
    let isFoul = false;
    const receive = (bytes: Uint8Array) => {
      if (isFoul) return;
      try {
        decode(bytes);
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        isFoul = true;
        onFoul(error.message);
      }
    };
    port.receive(receive, () => {});
  }

  send(head: object, body: readonly Uint8Array[] = []): void {
    this.#port.send(encodeFrame(this.#text, head, body));
  }
}
