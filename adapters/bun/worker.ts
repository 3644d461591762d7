/** The entry of a worker process on Bun: its port is stdin and stdout, or descriptors of its own. */

import type { Port } from "../../core/platform/runtime.ts";
import { serveWorker } from "../../core/worker/serve.ts";
import { process } from "../shared/own-process.ts";
import { processCpuMs, threadTime } from "../shared/process-cpu.ts";

import { listenForStrays } from "../shared/strays.ts";
import { PORT, writeAllToPort } from "../shared/write-port.ts";
import { Bun } from "./bun.ts";
import { createBunHost, printToStderr } from "./host.ts";

printToStderr();
// Ctrl-C reaches the whole process group; when to stop is the coordinator's decision.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
const host = createBunHost(createPort(), process.exit.bind(process, 0));
serveWorker({ ...host, listenForStrays, cpuMs: processCpuMs, threadTime });

function createPort(): Port {
  return {
    send: writeAllToPort,
    sendsAtOnce: true,
    receive(onBytes, onClosed) {
      // Detached: the stream ends when the coordinator does, and an error is such an end.
      void read(onBytes).then(onClosed, onClosed);
    },
  };
}

async function read(onBytes: (bytes: Uint8Array) => void): Promise<void> {
  const port = PORT.read === 0 ? Bun.stdin : Bun.file(PORT.read);
  for await (const bytes of port.stream()) onBytes(bytes);
}
