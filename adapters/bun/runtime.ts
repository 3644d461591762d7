/** Bun as pmap's runtime: Bun.spawn and Worker. */

import type { Command, Exit, Runtime, WorkerLink } from "../../core/platform/runtime.ts";
import { deadLink, notStarted } from "../shared/failed-start.ts";
import { heardOut, oneTurn } from "../shared/heard-out.ts";
import { process } from "../shared/own-process.ts";
import { postedPieces } from "../shared/posted-pieces.ts";
import { createSendQueue } from "../shared/send-queue.ts";
import { createStderrTail } from "../shared/stderr-tail.ts";
import { readAll } from "../shared/web-link.ts";
import { writeStdout } from "../shared/write-stdout.ts";
import { Bun, type PipedProcess } from "./bun.ts";
import { bunText } from "./text-codec.ts";

/** A dead worker's pipe may be held open by a process that it has started: that one is not waited for, in milliseconds. */
const DRAIN_MS = 500;

export const bun: Runtime = {
  name: "bun",
  version: Bun.version,
  text: bunText,
  spawnProcess,
  spawnThread,
  limitsThreads: false,
  spawnListener,
  runOn,
  readStdin,
  writeStdout,
  program: () => (Bun.main.includes("$bunfs") ? undefined : process.execPath),
  // Bun has it at hand, and takes 12 ms to load node:crypto.
  sha256: (data) => new Bun.CryptoHasher("sha256").update(data).digest("hex"),
  async loadHosting() {
    const { createBunHost, printToStderr } = await import("./host.ts");
    const { listenForStrays } = await import("../shared/strays.ts");
    return { createHost: createBunHost, printToStderr, listenForStrays };
  },
};

function spawnProcess(command: Command, onStderr: (bytes: Uint8Array) => void): WorkerLink {
  let child: PipedProcess;
  try {
    child = Bun.spawn([...command.argv], { stdin: "pipe", stdout: "pipe", stderr: "pipe", ...environment(command) });
  } catch (error) {
    return deadLink(Promise.resolve(notStarted((error as Error).message)));
  }
  const words = createStderrTail(onStderr);
  const heard = readAll(child.stderr, words.hear);
  return {
    port: {
      // FileSink buffers without bound: every piece is waited for.
      send: createSendQueue(async (piece) => {
        await child.stdin.write(piece);
        await child.stdin.flush();
      }),
      receive(onBytes, onClosed) {
        // Detached: an error is an end.
        void Promise.race([readAll(child.stdout, onBytes), afterExit(child.exited)]).then(onClosed, onClosed);
      },
    },
    pid: child.pid,
    exited: child.exited.then(async () => {
      await heardOut(heard, words.pieces, () => Bun.sleep(DRAIN_MS).then(oneTurn));
      words.end();
      const signal = child.signalCode === null ? null : String(child.signalCode);
      return { code: signal === null ? child.exitCode : null, signal, stderrTail: words.text() };
    }),
    kill: () => child.kill("SIGKILL"),
  };
}

async function afterExit(exited: Promise<number>): Promise<void> {
  await exited;
  await Bun.sleep(DRAIN_MS);
}

function environment({ env }: Command): { env?: Record<string, string> } {
  return env === undefined ? {} : { env: { ...env } };
}

function spawnThread(url: string, onStderr: (bytes: Uint8Array) => void): WorkerLink {
  const thread = new Worker(url);
  let signal: string | null = null;
  let failure = "";
  thread.addEventListener("error", (event) => {
    failure = event.message;
    onStderr(new TextEncoder().encode(`${event.message}\n`));
  });
  const exited = new Promise<Exit>((resolve) => {
    thread.addEventListener("close", (event) => {
      const { code } = event as unknown as { code: number };
      resolve({ code: signal === null ? code : null, signal, stderrTail: failure });
    });
  });
  return {
    port: {
      send: (pieces) => thread.postMessage(pieces),
      receive(onBytes, onClosed) {
        thread.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
          for (const piece of postedPieces(data)) onBytes(piece);
        });
        thread.addEventListener("close", onClosed);
      },
    },
    pid: undefined,
    exited,
    kill() {
      signal = "SIGKILL";
      thread.terminate();
    },
  };
}

function spawnListener(command: Command): ReturnType<Runtime["spawnListener"]> {
  try {
    const child = Bun.spawn([...command.argv], {
      stdin: "pipe",
      stdout: "ignore",
      stderr: "ignore",
      ...environment(command),
    });
    child.unref();
    const send = createSendQueue(async (piece) => {
      await child.stdin.write(piece);
      await child.stdin.flush();
    });
    return {
      write: (text) => send([new TextEncoder().encode(text)]),
      close: () => void child.stdin.end(),
    };
  } catch {
    return undefined;
  }
}

async function runOn(stream: "stdin" | "stdout", { argv }: Command): Promise<number | null> {
  try {
    return await Bun.spawn([...argv], { stdin: "ignore", stdout: "ignore", stderr: "ignore", [stream]: "inherit" })
      .exited;
  } catch {
    return null;
  }
}

let stdin: AsyncIterator<Uint8Array> | undefined;

async function readStdin(): Promise<Uint8Array | undefined> {
  stdin ??= Bun.stdin.stream()[Symbol.asyncIterator]();
  const { done, value } = await stdin.next();
  return done ? undefined : value;
}
