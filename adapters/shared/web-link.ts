/** Links over web streams (Bun and Deno). */

export async function readAll(stream: ReadableStream<Uint8Array>, onBytes: (bytes: Uint8Array) => void): Promise<void> {
  for await (const bytes of stream) onBytes(bytes);
}
