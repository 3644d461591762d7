/** Hears what a worker says on its link, which goes on as it is. */
import type { WorkerLink } from "../../core/platform/runtime.ts";
import type { TextCodec } from "../../core/platform/text-codec.ts";
import { createFrameDecoder } from "../../core/protocol/frames.ts";
import type { FromWorker, ToWorker } from "../../core/protocol/messages.ts";

/** @param hear says whether it wants to hear more */
export function listenIn(link: WorkerLink, text: TextCodec, hear: (message: FromWorker) => boolean): WorkerLink {
  let listens = true;
  let decode: ((bytes: Uint8Array) => void) | undefined;
  const decodeSent = createFrameDecoder(text, ({ head }) => {
    const message = head as ToWorker;
    // The first message says what the worker's frames begin with.
    if (message.type !== "load") return;
    decode = createFrameDecoder(
      text,
      (frame) => {
        listens &&= hear(frame.head as FromWorker);
      },
      { seal: message.seal },
    );
  });
  const port: WorkerLink["port"] = {
    send(pieces) {
      if (listens && decode === undefined) for (const piece of pieces) decodeSent(piece);
      link.port.send(pieces);
    },
    receive(onBytes, onClosed) {
      link.port.receive((bytes) => {
        if (listens) decode?.(bytes);
        onBytes(bytes);
      }, onClosed);
    },
  };
  return { ...link, port };
}
