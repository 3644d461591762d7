/** The entry of a worker process on Deno: its port is stdin and stdout. */
import { byteCount, joinPieces } from "../../core/bytes.ts";
import type { Port } from "../../core/platform/runtime.ts";
import { serveWorker } from "../../core/worker/serve.ts";
import { createDenoHost, printToStderr } from "./host.ts";

const READ_BYTES = 256 * 1024;
/** Deno writes one piece at a time: up to so many bytes it is quicker to copy them into one. */
const JOINED_BYTES = 64 * 1024;
const encoder = new TextEncoder();

// Kept before the script can print: what it prints is sent elsewhere.
const writeSync = Deno.stdout.writeSync.bind(Deno.stdout);
printToStderr();
// Ctrl-C reaches the whole process group; when to stop is the coordinator's decision.
for (const signal of ["SIGINT", "SIGHUP"] as const) Deno.addSignalListener(signal, () => {});
serveWorker({ ...createDenoHost(createPort(), () => Deno.exit(0)), listenForStrays });

function listenForStrays(onStray: (what: "rejected" | "thrown", error: unknown) => void): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    onStray("rejected", (event as unknown as { reason: unknown }).reason);
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    onStray("thrown", (event as unknown as { error: unknown }).error);
  });
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
    // The coordinator is gone: nobody is left to work for.
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
  for (;;) {
    const count = await Deno.stdin.read(scratch);
    if (count === null) return;
    onBytes(scratch.slice(0, count));
  }
}
