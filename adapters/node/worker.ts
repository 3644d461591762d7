/** The entry of a worker process on Node: its port is stdin and stdout. */
import { Socket } from "node:net";
import type { Port } from "../../core/runtime.ts";
import { serveWorker } from "../../core/worker.ts";
import { writeAllToStdout } from "../write-all.ts";
import { createNodeHost } from "./host.ts";
import { hideStdin, printToStderr } from "./streams.ts";

const READ_BYTES = 256 * 1024;

printToStderr();
hideStdin();
// Ctrl-C reaches the whole process group; when to stop is the coordinator's decision.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
serveWorker(createNodeHost(createPort(), () => process.exit(0)));

function createPort(): Port {
  return {
    send: writeAllToStdout,
    receive(onBytes, onClosed) {
      const scratch = new Uint8Array(READ_BYTES);
      // Not fs.read: a read that is pending would keep process.exit in a script waiting for ever.
      const socket = new Socket({
        fd: 0,
        readable: true,
        writable: false,
        onread: {
          buffer: scratch,
          callback(count) {
            onBytes(scratch.slice(0, count));
            return true;
          },
        },
      } as ConstructorParameters<typeof Socket>[0]);
      socket.on("error", onClosed);
      socket.on("end", onClosed);
      socket.resume();
    },
  };
}
