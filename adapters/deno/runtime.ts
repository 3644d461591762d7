/** Deno as pmap's runtime: Deno.Command and Worker. */
import { joinPieces } from "../../core/bytes.ts";
import type { Command, Exit, Runtime, WorkerLink } from "../../core/platform/runtime.ts";
import { deadLink, notStarted } from "../shared/failed-start.ts";
import { heardOut, oneTurn } from "../shared/heard-out.ts";
import { postedPieces } from "../shared/posted-pieces.ts";
import { createSendQueue } from "../shared/send-queue.ts";
import { sha256 } from "../shared/sha256.ts";
import { createStderrTail } from "../shared/stderr-tail.ts";
import { readAll } from "../shared/web-link.ts";
import { farewellCode } from "./farewell.ts";
import { denoText } from "./text-codec.ts";

/** A dead worker's pipe may be held open by a process that it has started: that one is not waited for, in milliseconds. */
const DRAIN_MS = 500;
const READ_BYTES = 64 * 1024;

export const deno: Runtime = {
  name: "deno",
  version: Deno.version.deno,
  text: denoText,
  program: () => (Deno.build.standalone ? undefined : Deno.execPath()),
  spawnProcess,
  spawnThread,
  limitsThreads: false,
  spawnListener,
  runOn,
  readStdin,
  writeStdout,
  sha256,
  async loadHosting() {
    const { createDenoHost, printToStderr } = await import("./host.ts");
    const { listenForStrays } = await import("./strays.ts");
    return { createHost: createDenoHost, printToStderr, listenForStrays };
  },
};

function command({ argv, env }: Command, options: Omit<Deno.CommandOptions, "args">): Deno.Command {
  const [file = "", ...args] = argv;
  return new Deno.Command(file, { args, ...options, ...(env === undefined ? {} : { env, clearEnv: true }) });
}

function spawnProcess(what: Command, onStderr: (bytes: Uint8Array) => void): WorkerLink {
  let child: Deno.ChildProcess;
  try {
    child = command(what, { stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  } catch (error) {
    return deadLink(Promise.resolve(notStarted((error as Error).message)));
  }
  const writer = child.stdin.getWriter();
  // A dead worker's pipe: its exit tells.
  writer.closed.catch(() => {});
  const words = createStderrTail(onStderr);
  const heard = readAll(child.stderr, words.hear);
  heard.catch(() => {});
  let gone = false;
  return {
    port: {
      send: createSendQueue((piece) => writer.write(piece)),
      receive(onBytes, onClosed) {
        // Detached: an error is an end.
        void Promise.race([readAll(child.stdout, onBytes), child.status.then(pause)]).then(onClosed, onClosed);
      },
    },
    pid: child.pid,
    exited: child.status.then(async ({ code, signal }) => {
      gone = true;
      // Detached: Deno keeps our end of the pipe open, and nothing reads it.
      void writer.abort().catch(() => {});
      await heardOut(heard, words.pieces, () => pause().then(oneTurn));
      words.end();
      return { code: signal === null ? code : null, signal, stderrTail: words.text() };
    }),
    kill() {
      if (gone) return;
      try {
        child.kill("SIGKILL");
      } catch {
        // It has just gone by itself.
      }
    },
  };
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    Deno.unrefTimer(setTimeout(resolve, DRAIN_MS) as unknown as number);
  });
}

/** A thread says goodbye itself; Deno does not tell when one ends. */
function spawnThread(url: string, onStderr: (bytes: Uint8Array) => void): WorkerLink {
  const thread = new Worker(url, { type: "module" });
  let end: (exit: Exit) => void = () => {};
  const exited = new Promise<Exit>((resolve) => {
    end = resolve;
  });
  let hear: (bytes: Uint8Array) => void = () => {};
  let close: () => void = () => {};
  const leave = (exit: Exit) => {
    // A script may have said it in its name.
    thread.terminate();
    close();
    end(exit);
  };
  thread.onmessage = ({ data }: MessageEvent<unknown>) => {
    const code = farewellCode(data);
    if (code !== undefined) leave({ code, signal: null, stderrTail: "" });
    else for (const piece of postedPieces(data)) hear(piece);
  };
  thread.onerror = (event) => {
    // Left alone, an error in a thread ends the whole process.
    event.preventDefault();
    onStderr(new TextEncoder().encode(`${event.message}\n`));
    leave({ code: 1, signal: null, stderrTail: event.message });
  };
  return {
    port: {
      send: (pieces) => thread.postMessage(pieces),
      receive(onBytes, onClosed) {
        hear = onBytes;
        close = onClosed;
      },
    },
    pid: undefined,
    exited,
    kill() {
      leave({ code: null, signal: "SIGKILL", stderrTail: "" });
    },
  };
}

function spawnListener(what: Command): ReturnType<Runtime["spawnListener"]> {
  try {
    const child = command(what, { stdin: "piped", stdout: "null", stderr: "null" }).spawn();
    child.unref();
    const writer = child.stdin.getWriter();
    writer.closed.catch(() => {});
    const send = createSendQueue((piece) => writer.write(piece));
    return {
      write: (text) => send([new TextEncoder().encode(text)]),
      close: () => void writer.close().catch(() => {}),
    };
  } catch {
    return undefined;
  }
}

async function runOn(stream: "stdin" | "stdout", what: Command): Promise<number | null> {
  try {
    const streams = { stdin: "null", stdout: "null", stderr: "null", [stream]: "inherit" } as const;
    const { code } = await command(what, streams).spawn().status;
    return code;
  } catch {
    return null;
  }
}

async function readStdin(): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(READ_BYTES);
  const count = await Deno.stdin.read(bytes);
  return count === null ? undefined : bytes.subarray(0, count);
}

// Kept from before a script that runs inline can have its prints sent elsewhere.
const writeOut = Deno.stdout.write.bind(Deno.stdout);

/** In one call, as writev would: another process that writes to the same file must not come between two parts of a line. */
async function writeStdout(pieces: readonly Uint8Array[]): Promise<void> {
  const bytes = joinPieces(pieces);
  for (let done = 0; done < bytes.length; ) done += await writeOnce(bytes.subarray(done));
}

async function writeOnce(bytes: Uint8Array): Promise<number> {
  try {
    return await writeOut(bytes);
  } catch (error) {
    // Deno keeps a line buffer and does not tell how much of it has gone out: it cannot be tried again.
    if (error instanceof Deno.errors.WouldBlock) {
      throw new Error("another program has made it non-blocking, which Deno cannot write to\nPut | cat behind pmap", {
        cause: error,
      });
    }
    throw error;
  }
}
