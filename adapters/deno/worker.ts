/** The entry of a worker process on Deno: its port is stdin and stdout, or descriptors of its own. */
import { byteCount, joinPieces } from "../../core/bytes.ts";
import type { Port, ThreadTime } from "../../core/platform/runtime.ts";
import { serveWorker } from "../../core/worker/serve.ts";
import { readThreadTime } from "../shared/thread-time.ts";
import { createDenoHost, printToStderr } from "./host.ts";
import { listenForStrays } from "./strays.ts";

const READ_BYTES = 256 * 1024;
/** Deno writes one piece at a time: up to this number of bytes it is quicker to copy them into one. */
const JOINED_BYTES = 64 * 1024;
const encoder = new TextEncoder();

const hasOwnPort = Deno.args.at(-1) === "3,4";
// Deno opens descriptors by their names only. Kept before the script can print: what it prints is sent elsewhere.
const source = hasOwnPort ? Deno.openSync("/dev/fd/3") : Deno.stdin;
const target = hasOwnPort ? Deno.openSync("/dev/fd/4", { write: true }) : Deno.stdout;
const writeSync = target.writeSync.bind(target);
/** Kept before a script can replace it. The first look at `process` takes 10 ms: only older versions have to wait for it. */
const readProcess = Object.getOwnPropertyDescriptor(globalThis, "process")?.get;
const { cpuUsage = () => readProcess?.call(globalThis).cpuUsage() } = Deno as { cpuUsage?: typeof process.cpuUsage };
// A script finds the arguments that it would have without pmap.
Object.defineProperty(Deno, "args", { value: [] });
printToStderr();
// Ctrl-C reaches the whole process group; when to stop is the coordinator's decision.
for (const signal of ["SIGINT", "SIGHUP"] as const) Deno.addSignalListener(signal, () => {});
serveWorker({ ...createDenoHost(createPort(), () => Deno.exit(0)), listenForStrays, cpuMs, threadTime });

function threadTime(): ThreadTime | undefined {
  return readThreadTime(Deno.readTextFileSync);
}

function cpuMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}

function createPort(): Port {
  return {
    send(pieces) {
      const few = byteCount(pieces) <= JOINED_BYTES ? [joinPieces(pieces)] : pieces;
      for (const piece of few) {
        for (let done = 0; done < piece.length; ) done += write(piece.subarray(done));
      }
    },
    sendsAtOnce: true,
    receive(onBytes, onClosed) {
      // Detached: stdin ends when the coordinator does, and an error is such an end.
      void read(onBytes).then(onClosed, onClosed);
    },
  };
}

function write(bytes: Uint8Array): number {
  try {
    return writeSync(bytes);
  } catch (error) {
    // The coordinator is gone: there is nothing left to work for.
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(0);
    if (error instanceof Deno.errors.BadResource) {
      Deno.stderr.writeSync(encoder.encode("the script has closed descriptor 1, which belongs to pmap\n"));
      Deno.exit(1);
    }
    throw error;
  }
}

async function read(onBytes: (bytes: Uint8Array) => void): Promise<void> {
  const scratch = new Uint8Array(READ_BYTES);
  // The script comes first, and until then there is nothing else to do.
  for (let count = source.readSync(scratch); count !== null; count = await source.read(scratch))
    onBytes(scratch.slice(0, count));
}
