/**
 * What a worker says on stderr: passed on in whole lines, so that those of several workers are not torn, and its end kept for the
 * message when it dies.
 */
const KEPT_BYTES = 4096;
/** A longer line is passed on in parts. */
const MAX_LINE_BYTES = 64 * 1024;
const LINE_FEED = 10;

export interface StderrTail {
  hear(bytes: Uint8Array): void;
  /** The worker has gone: what it has begun to say is passed on, as a line. */
  end(): void;
  text(): string;
  /** How many pieces have been heard. */
  pieces(): number;
}

export function createStderrTail(pass: (bytes: Uint8Array) => void): StderrTail {
  let kept = "";
  let begun: Uint8Array[] = [];
  let begunBytes = 0;
  let pieces = 0;
  const decoder = new TextDecoder();

  function passOn(bytes: Uint8Array): void {
    for (const part of begun) pass(part);
    begun = [];
    begunBytes = 0;
    pass(bytes);
  }

  return {
    hear(bytes) {
      pieces++;
      kept = (kept + decoder.decode(bytes, { stream: true })).slice(-KEPT_BYTES);
      const end = bytes.lastIndexOf(LINE_FEED) + 1;
      if (end > 0) passOn(bytes.slice(0, end));
      if (end === bytes.length) return;
      begun.push(bytes.slice(end));
      begunBytes += bytes.length - end;
      if (begunBytes > MAX_LINE_BYTES) passOn(new Uint8Array(0));
    },
    end() {
      if (begunBytes > 0) passOn(Uint8Array.of(LINE_FEED));
    },
    text: () => kept,
    pieces: () => pieces,
  };
}
