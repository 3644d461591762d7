/** Keeps the end of what a worker says on stderr, for the message when it dies. */
const KEPT_BYTES = 4096;

export function createLastWords(pass: (bytes: Uint8Array) => void): { hear(bytes: Uint8Array): void; text(): string } {
  let kept = "";
  const decoder = new TextDecoder();
  return {
    hear(bytes) {
      kept = (kept + decoder.decode(bytes, { stream: true })).slice(-KEPT_BYTES);
      pass(bytes);
    },
    text: () => kept,
  };
}
