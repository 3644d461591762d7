/** The entry of a worker process on Node: its port is stdin and stdout, or descriptors of its own. */

import { readSync } from "node:fs";
import type { Port } from "../../core/platform/runtime.ts";
import { serveWorker } from "../../core/worker/serve.ts";
import { process } from "../shared/own-process.ts";
import { processCpuMs, threadTime } from "../shared/process-cpu.ts";

import { listenForStrays } from "../shared/strays.ts";
import { PORT, writeAllToPort } from "../shared/write-port.ts";
import { hideCompileCache } from "./compile-cache.ts";
import { createNodeHost } from "./host.ts";
import { hideStdin, printToStderr } from "./stdio.ts";
import { boundYoungGeneration } from "./young-generation.ts";

const READ_BYTES = 256 * 1024;

printToStderr();
hideStdin();
hideCompileCache();
// Ctrl-C reaches the whole process group; when to stop is the coordinator's decision.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
// What is still to be said is said first.
const end = process.exit.bind(process, 0);
const exit = () => void process.stderr.write("", end);
serveWorker({ ...createNodeHost(createPort(), exit), listenForStrays, cpuMs: processCpuMs, threadTime });

function createPort(): Port {
  return {
    send: writeAllToPort,
    sendsAtOnce: true,
    receive(onBytes, onClosed) {
      const scratch = new Uint8Array(READ_BYTES);
      const count = readAtOnce(scratch);
      if (count > 0) onBytes(scratch.slice(0, count));
      if (count === 0) onClosed();
      else setImmediate(() => listen(scratch, onBytes, onClosed));
    },
  };
}

/** The script, which comes first, without the 3 ms that it takes to load and set up a socket. */
function readAtOnce(target: Uint8Array): number {
  try {
    return readSync(PORT.read, target);
  } catch {
    // The pipe is non-blocking and empty, or broken: the socket will tell.
    return -1;
  }
}

function listen(scratch: Uint8Array, onBytes: (bytes: Uint8Array) => void, onClosed: () => void): void {
  // A worker that has not come this far is not going to need it, and is in a hurry.
  boundYoungGeneration();
  // Loaded only now.
  const { Socket } = process.getBuiltinModule("node:net");
  // Not fs.read: a read that is pending would keep process.exit in a script waiting for ever.
  const socket = new Socket({
    fd: PORT.read,
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
}
