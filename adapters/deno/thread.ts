/** The entry of a worker thread on Deno. A thread's end is no event there, so it says goodbye itself. */
import type { Port } from "../../core/platform/runtime.ts";
import { serveWorker } from "../../core/worker/serve.ts";
import { farewell } from "./farewell.ts";
import { createDenoHost, printToStderr } from "./host.ts";
import { listenForStrays } from "./strays.ts";

declare const self: {
  postMessage(message: unknown): void;
  close(): void;
  onmessage: ((event: { data: readonly Uint8Array[] }) => void) | null;
};

printToStderr();
const leave = (code = 0): never => {
  self.postMessage(farewell(code));
  self.close();
  throw new Error(`exit ${code}`);
};
Deno.exit = leave;
const host = createDenoHost(createPort(), () => {
  self.postMessage(farewell(0));
  self.close();
});
serveWorker({ ...host, listenForStrays });

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
