/**
 * Inline: a worker that is nothing but a function call. No process, no thread, the shortest reading of the contract.
 *
 * Both ends live in one event loop; bytes are handed over in a microtask, as a real link would hand them over later.
 */
import type { Exit, Port, WorkerHost, WorkerLink } from "../core/platform/runtime.ts";
import { serveWorker } from "../core/worker/serve.ts";

interface End extends Port {
  deliver: (bytes: Uint8Array) => void;
  close: () => void;
}

function createEnd(peer: () => End): End {
  return {
    deliver: () => {},
    close: () => {},
    send(pieces) {
      queueMicrotask(() => {
        for (const piece of pieces) peer().deliver(piece);
      });
    },
    receive(onBytes, onClosed) {
      this.deliver = onBytes;
      this.close = onClosed;
    },
  };
}

export function spawnInline(createHost: (port: Port, exit: () => void) => WorkerHost): WorkerLink {
  const coordinatorEnd: End = createEnd(() => workerEnd);
  const workerEnd: End = createEnd(() => coordinatorEnd);
  let settle: (exit: Exit) => void = () => {};
  const exited = new Promise<Exit>((resolve) => {
    settle = resolve;
  });
  const end = (exit: Exit) => {
    workerEnd.deliver = () => {};
    // What the worker has sent before is still on its way.
    queueMicrotask(() => {
      coordinatorEnd.close();
      settle(exit);
    });
  };
  queueMicrotask(() => serveWorker(createHost(workerEnd, () => end({ code: 0, signal: null, stderrTail: "" }))));
  return {
    port: coordinatorEnd,
    pid: undefined,
    exited,
    kill: () => end({ code: null, signal: "SIGKILL", stderrTail: "" }),
  };
}
