/**
 * Waits for the last words of a worker that has gone: for the end of its stderr, or for a pause in which it says nothing,
 * because a process that the worker has started may hold it open for ever.
 * @param pieces how many have been heard
 * @param pause comes after what had arrived before it is heard, also when this process could not look for a while
 */
export async function heardOut(
  ended: Promise<unknown>,
  pieces: () => number,
  pause: () => Promise<unknown>,
): Promise<void> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  const over = ended.then(end, end);
  let before: number;
  do {
    before = pieces();
    await Promise.race([over, pause()]);
  } while (!isOver && pieces() !== before);
}

/** Once around the event loop: what has arrived is heard, and timers that were late do not come before it. */
export function oneTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
