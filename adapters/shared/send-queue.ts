/**
 * Sends pieces one after the other, each when the one before has been taken.
 *
 * What waits here is bounded by the protocol: a worker has two requests at most, and no more than their blocks.
 */
export function createSendQueue(
  write: (piece: Uint8Array) => Promise<unknown>,
): (pieces: readonly Uint8Array[]) => void {
  const queue: Uint8Array[] = [];
  let sending = false;

  return (pieces) => {
    queue.push(...pieces);
    // Detached: a write that fails means that the worker is gone, which its exit tells.
    if (!sending) void drain();
  };

  async function drain(): Promise<void> {
    sending = true;
    try {
      for (let piece = queue.shift(); piece !== undefined; piece = queue.shift()) await write(piece);
    } catch {
      queue.length = 0;
    }
    sending = false;
  }
}
