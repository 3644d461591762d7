/** The coordinator's end of a worker's link: messages out, and in only what answers what the worker was asked. */
import type { WorkerLink } from "../../platform/runtime.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import { createFrameDecoder, drawSeal, encodeFrame, FrameError } from "../../protocol/frames.ts";
import type { FromWorker, ToWorker } from "../../protocol/messages.ts";
import { type Asked, checkMessage, MessageError } from "./check-message.ts";

export interface WorkerChannel {
  /** What the worker's frames must begin with. */
  readonly seal: number;
  send(message: ToWorker, body?: readonly Uint8Array[]): void;
  /** Resolves when everything that the worker has said was heard; never rejects. */
  readonly closed: Promise<void>;
}

export interface ChannelOptions {
  readonly text: TextCodec;
  readonly asked: Asked;
  readonly onMessage: (message: FromWorker, body: readonly Uint8Array[]) => void;
  /** It has sent bytes that are no frame of its own, or a message that answers nothing: the rest is not heard. */
  readonly onFoul: (what: "protocol" | "message") => void;
}

export function openChannel(link: WorkerLink, { text, asked, onMessage, onFoul }: ChannelOptions): WorkerChannel {
  const seal = drawSeal();
  const decode = createFrameDecoder(text, (frame) => onMessage(frame.head as FromWorker, frame.body), {
    seal,
    checkHead: (head, bodyBytes) => checkMessage(head, bodyBytes, asked),
  });
  let isFoul = false;
  const closed = new Promise<void>((resolve) => link.port.receive(receive, resolve));
  return {
    seal,
    send: (message, body = []) => link.port.send(encodeFrame(text, message, body)),
    closed,
  };

  function receive(bytes: Uint8Array): void {
    if (isFoul) return;
    try {
      decode(bytes);
    } catch (error) {
      if (!(error instanceof MessageError || error instanceof FrameError)) throw error;
      isFoul = true;
      onFoul(error instanceof MessageError ? "message" : "protocol");
    }
  }
}
