/** Node as pmap's runtime: child_process and worker_threads. */

import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex, Readable } from "node:stream";
import type { Command, Exit, Runtime, WorkerLink } from "../../core/platform/runtime.ts";
import { deadLink, notStarted } from "../shared/failed-start.ts";
import { heardOut, oneTurn } from "../shared/heard-out.ts";
import { process } from "../shared/own-process.ts";
import { postedPieces } from "../shared/posted-pieces.ts";
import { sha256 } from "../shared/sha256.ts";
import { createStderrTail } from "../shared/stderr-tail.ts";
import { writeStdout } from "../shared/write-stdout.ts";
import { loaderFlags } from "./command.ts";
import { nodeText } from "./text-codec.ts";

/** A dead worker's pipe may be held open by a process that it has started: that one is not waited for, in milliseconds. */
const DRAIN_MS = 500;

export const node: Runtime = {
  name: "node",
  version: process.versions.node,
  text: nodeText,
  program,
  spawnProcess,
  spawnThread,
  limitsThreads: true,
  spawnListener,
  runOn,
  readStdin,
  writeStdout,
  sha256,
  async loadHosting() {
    const [{ createNodeHost }, { printToStderr }, { listenForStrays }] = await Promise.all([
      import("./host.ts"),
      import("./stdio.ts"),
      import("../shared/strays.ts"),
    ]);
    return { createHost: createNodeHost, printToStderr, listenForStrays };
  },
};

function program(): string | undefined {
  const { execPath } = process;
  // The question takes a third of a millisecond, and an executable of one program has that program's name.
  return /node(js)?$/.test(execPath) || !process.getBuiltinModule("node:sea").isSea() ? execPath : undefined;
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref());
  await oneTurn();
}

function spawnProcess(command: Command, onStderr: (bytes: Uint8Array) => void): WorkerLink {
  const ownPort = command.port === "3";
  const child = start(command, ownPort ? ["ignore", "pipe", "pipe", "pipe"] : ["pipe", "pipe", "pipe"]);
  const { stderr } = child;
  // A pipe of Node's goes both ways.
  const own = (child.stdio as typeof child.stdio | undefined)?.[3] as unknown as Duplex | undefined;
  const [stdin, stdout] = ownPort ? [own, own] : [child.stdin, child.stdout];
  const failed = new Promise<Exit>((resolve) => {
    child.on("error", (error) => resolve(notStarted(error.message)));
  });
  // Node makes no streams where there are no descriptors left for them.
  if (!stdin || !stdout || !stderr) return deadLink(failed);
  const words = createStderrTail(onStderr);
  stderr.on("data", words.hear);
  // What a preload prints, or a child of the script that has inherited descriptor 1.
  if (ownPort) child.stdout?.on("data", words.hear);
  // A dead worker's pipe: its exit tells.
  stdin.on("error", () => {});
  const ended = new Promise<Exit>((resolve) => {
    child.on("exit", (code, signal) => {
      setTimeout(() => stdout.destroy(), DRAIN_MS).unref();
      // stderr ends with the process; its last words may be a tick behind.
      const closed = stderr.readableEnded ? Promise.resolve() : new Promise((done) => stderr.once("close", done));
      // Detached: it never rejects.
      void heardOut(closed, words.pieces, pause).then(() => {
        words.end();
        resolve({ code, signal, stderrTail: words.text() });
      });
    });
  });
  let corked = false;
  return {
    port: {
      send(pieces) {
        // One event often makes two messages (a place for one output, the next request): one system call takes both.
        if (!corked) {
          corked = true;
          stdin.cork();
          process.nextTick(() => {
            corked = false;
            stdin.uncork();
          });
        }
        for (const piece of pieces) stdin.write(piece);
      },
      receive(onBytes, onClosed) {
        stdout.on("data", onBytes);
        // It may have come to its end before it was asked for.
        if (stdout.closed) onClosed();
        else stdout.on("close", onClosed);
      },
    },
    pid: child.pid,
    exited: Promise.race([failed, ended]),
    kill: () => void child.kill("SIGKILL"),
  };
}

function start({ argv, env }: Command, stdio: ("pipe" | "inherit" | "ignore")[]): ChildProcess {
  const [file = "", ...args] = argv;
  return spawn(file, args, { stdio, windowsHide: true, ...(env === undefined ? {} : { env }) });
}

function spawnThread(url: string, onStderr: (bytes: Uint8Array) => void, maxMemoryBytes?: number): WorkerLink {
  // Half a millisecond to load, which most jobs need not pay.
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const thread = new Worker(new URL(url), {
    stdin: false,
    stdout: true,
    stderr: true,
    execArgv: loaderFlags(process.execArgv),
    ...(maxMemoryBytes && { resourceLimits: { maxOldGenerationSizeMb: Math.ceil(maxMemoryBytes / 1024 ** 2) } }),
  });
  const words = createStderrTail(onStderr);
  thread.stderr.on("data", words.hear);
  thread.stdout.on("data", words.hear);
  let signal: string | null = null;
  let failure = "";
  thread.on("error", (error) => {
    failure = String(error);
  });
  const exited = new Promise<Exit>((resolve) => {
    thread.on("exit", (code) => {
      words.end();
      resolve({ code: signal === null ? code : null, signal, stderrTail: failure || words.text() });
    });
  });
  return {
    port: {
      send: (pieces) => thread.postMessage(pieces),
      receive(onBytes, onClosed) {
        thread.on("message", (data: unknown) => {
          for (const piece of postedPieces(data)) onBytes(piece);
        });
        thread.on("exit", onClosed);
      },
    },
    pid: undefined,
    exited,
    kill() {
      signal = "SIGKILL";
      // Detached: `exit` tells when it is done.
      void thread.terminate();
    },
  };
}

function spawnListener(command: Command): ReturnType<Runtime["spawnListener"]> {
  const child = start(command, ["pipe", "ignore", "ignore"]);
  let usable = true;
  child.on("error", () => {
    usable = false;
  });
  child.stdin?.on("error", () => {});
  child.unref();
  (child.stdin as unknown as { unref?(): void })?.unref?.();
  return {
    write: (text) => void (usable && child.stdin?.write(text)),
    close: () => void child.stdin?.end(),
  };
}

function runOn(stream: "stdin" | "stdout", command: Command): Promise<number | null> {
  return new Promise((resolve) => {
    const child = start(
      command,
      stream === "stdin" ? ["inherit", "ignore", "ignore"] : ["ignore", "inherit", "ignore"],
    );
    child.on("error", () => resolve(null));
    child.on("exit", (code) => resolve(code));
  });
}

let stdin: AsyncIterator<Uint8Array> | undefined;

async function readStdin(): Promise<Uint8Array | undefined> {
  stdin ??= (process.stdin as Readable)[Symbol.asyncIterator]();
  const { done, value } = await stdin.next();
  return done ? undefined : value;
}
