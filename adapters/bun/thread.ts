/** The entry of a worker thread on Bun. */
import type { Port } from "../../core/platform/runtime.ts";
import { serveWorker } from "../../core/worker/serve.ts";
import { createBunHost, printToStderr } from "./host.ts";

declare const self: {
  postMessage(message: unknown): void;
  onmessage: ((event: { data: readonly Uint8Array[] }) => void) | null;
};

printToStderr();
serveWorker(createBunHost(createPort(), () => process.exit(0)));

function createPort(): Port {
  return {
    send: (pieces) => self.postMessage(pieces),
    receive(onBytes) {
      self.onmessage = ({ data }) => {
        for (const piece of data) onBytes(piece);
      };
    },
  };
}
