/** Links over web streams (Bun and Deno). */
import type { WorkerLink } from "../core/runtime.ts";

export async function readAll(stream: ReadableStream<Uint8Array>, onBytes: (bytes: Uint8Array) => void): Promise<void> {
  for await (const bytes of stream) onBytes(bytes);
}

/** A worker that could not be started. */
export function deadLink(reason: string): WorkerLink {
  return {
    port: { send: () => {}, receive: (_, onClosed) => onClosed() },
    pid: undefined,
    exited: Promise.resolve({ code: null, signal: null, lastWords: reason }),
    kill: () => {},
  };
}
