/**
 * Inline: a worker that is nothing but a function call. No process, no thread, the shortest reading of the contract.
 *
 * Both ends live in one event loop; bytes are handed over in a microtask, as a real link would hand them over later.
 */

import { writeSync } from "node:fs";
import type { Exit, Hosting, OnStray, Port, WorkerLink } from "../core/platform/runtime.ts";
import { serveWorker } from "../core/worker/serve.ts";
import { process } from "./shared/own-process.ts";
import { SharedListener } from "./shared/shared-listener.ts";

/** As they are before a script is loaded. */
const { setInterval, clearInterval } = globalThis;

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

/** @param listenForStrays where what fails in no call is the script's, and not that of a program around pmap */
export function spawnInline(
  createHost: Hosting["createHost"],
  listenForStrays?: Hosting["listenForStrays"],
): WorkerLink {
  const coordinatorEnd: End = createEnd(() => workerEnd);
  const workerEnd: End = createEnd(() => coordinatorEnd);
  let settle: (exit: Exit) => void = () => {};
  const exited = new Promise<Exit>((resolve) => {
    settle = resolve;
  });
  const stopGuarding = guardExit(workerEnd);
  let hasEnded = false;
  let stopListening = () => {};
  const end = (exit: Exit) => {
    if (hasEnded) return;
    hasEnded = true;
    // A script may have replaced it; the rest of pmap looks at the global one.
    globalThis.process = process;
    stopGuarding();
    stopListening();
    workerEnd.deliver = () => {};
    // What the worker has sent before is still on its way.
    queueMicrotask(() => {
      coordinatorEnd.close();
      settle(exit);
    });
  };
  queueMicrotask(() => {
    const host = createHost(workerEnd, () => end({ code: 0, signal: null, stderrTail: "" }));
    const listen = (onStray: OnStray) => {
      if (hasEnded) return;
      const stop = listenForStrays?.(onStray);
      // What is rejected is told a turn later: until then something has to keep the process alive.
      const alive = setInterval(() => {}, 60_000);
      stopListening = () => {
        clearInterval(alive);
        stop?.();
      };
    };
    serveWorker(listenForStrays === undefined ? host : { ...host, listenForStrays: listen });
  });
  return {
    port: coordinatorEnd,
    pid: undefined,
    exited,
    kill() {
      end({ code: null, signal: "SIGKILL", stderrTail: "" });
      // No process ends that would close its files.
      workerEnd.close();
    },
  };
}

const exits = new SharedListener<number>({
  listen: (hear) => void process.on("exit", hear),
  unlisten: (hear) => void process.off("exit", hear),
});

/** A script that calls process.exit(0) ends all of pmap here, in the middle of a record: that is no success. */
function guardExit(workerEnd: End): () => void {
  const { receive } = workerEnd;
  let isBusy = false;
  workerEnd.receive = (onBytes, onClosed) => {
    const hear = (bytes: Uint8Array) => {
      isBusy = true;
      onBytes(bytes);
      isBusy = false;
    };
    receive.call(workerEnd, hear, onClosed);
  };
  const tell = (code: number) => {
    if (!isBusy || code !== 0) return;
    process.exitCode = 1;
    writeSync(2, EXITED);
  };
  return exits.add(tell);
}

const EXITED =
  "pmap: the script called process.exit(0), which ends pmap itself with --mode inline\n" +
  "Without it only the record fails\n";
