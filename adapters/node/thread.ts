/** The entry of a worker thread on Node. */

import { type MessagePort, parentPort } from "node:worker_threads";
import type { Port } from "../../core/platform/runtime.ts";
import { serveWorker } from "../../core/worker/serve.ts";
import { process } from "../shared/own-process.ts";
import { listenForStrays } from "../shared/strays.ts";
import { createNodeHost } from "./host.ts";
import { printToStderr } from "./stdio.ts";

printToStderr();
const host = createNodeHost(createPort(parentPort as MessagePort), process.exit.bind(process, 0));
serveWorker({ ...host, listenForStrays });

function createPort(parent: MessagePort): Port {
  return {
    send: (pieces) => parent.postMessage(pieces),
    receive(onBytes, onClosed) {
      parent.on("message", (pieces: readonly Uint8Array[]) => {
        for (const piece of pieces) onBytes(piece);
      });
      parent.on("close", onClosed);
    },
  };
}
