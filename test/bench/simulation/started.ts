import type { WorkerLink } from "../../../core/platform/runtime.ts";
import type { TextCodec } from "../../../core/platform/text-codec.ts";
import { createFrameDecoder } from "../../../core/protocol/frames.ts";
import type { FromWorker } from "../../../core/protocol/messages.ts";

/** The link as it is, and when its worker is ready for records; from then on nothing listens in any more. */
export function watchStart(link: WorkerLink, text: TextCodec): { link: WorkerLink; started: Promise<void> } {
  let isStarted = false;
  let tell = () => {};
  const started = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const decode = createFrameDecoder(text, ({ head }) => {
    if ((head as FromWorker).type !== "started") return;
    isStarted = true;
    tell();
  });
  const port: WorkerLink["port"] = {
    send: (pieces) => link.port.send(pieces),
    receive(onBytes, onClosed) {
      link.port.receive((bytes) => {
        if (!isStarted) decode(bytes);
        onBytes(bytes);
      }, onClosed);
    },
  };
  return { link: { ...link, port }, started };
}
