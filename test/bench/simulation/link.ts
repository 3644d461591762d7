import { byteCount } from "../../../core/bytes.ts";
import type { Exit, WorkerLink } from "../../../core/platform/runtime.ts";
import type { TextCodec } from "../../../core/platform/text-codec.ts";
import { createFrameDecoder, encodeFrame } from "../../../core/protocol/frames.ts";
import type { MapRequest, ToWorker } from "../../../core/protocol/messages.ts";
import { answerTo, type Worked } from "./answers.ts";
import type { Clock } from "./clock.ts";

export interface LinkOptions {
  readonly text: TextCodec;
  readonly clock: Clock;
  /** How long a request takes, and how much of it is done then. */
  readonly work: (request: MapRequest) => Worked;
  /** Milliseconds of the coordinator's one core for each frame that it gets, with all that follows from it. */
  readonly coordinatorMsPerFrame: number;
  readonly books: Books;
}

/** What all links of a job have carried, and what their workers did. */
export interface Books {
  frames: number;
  bytes: number;
  /** Real time spent in the simulated workers, which is not the coordinator's. */
  workerMs: number;
  /** When the coordinator has dealt with all frames that have arrived so far. */
  coordinatorFreeMs: number;
  readonly workers: { busyMs: number; lastEndMs: number }[];
}

export function emptyBooks(): Books {
  return { frames: 0, bytes: 0, workerMs: 0, coordinatorFreeMs: 0, workers: [] };
}

/** A worker in this process that speaks the real frames and answers in order, each request when its time is over. */
export function simulateWorker({ text, clock, work, coordinatorMsPerFrame, books }: LinkOptions): WorkerLink {
  const mine = { busyMs: 0, lastEndMs: 0 };
  books.workers.push(mine);
  let freeMs = 0;
  let toCoordinator: (bytes: Uint8Array) => void = () => {};
  let closed: () => void = () => {};
  let end: (exit: Exit) => void = () => {};
  const exited = new Promise<Exit>((resolve) => {
    end = resolve;
  });
  let seal: number | undefined;
  const decode = createFrameDecoder(text, ({ head }) => answer(head as ToWorker));

  function answer(message: ToWorker): void {
    if (message.type === "load") ({ seal } = message);
    const worked = message.type === "map" ? work(message) : { busyMs: 0 };
    const { busyMs } = worked;
    freeMs = Math.max(freeMs, clock.now()) + busyMs;
    if (busyMs > 0) {
      mine.busyMs += busyMs;
      mine.lastEndMs = freeMs;
    }
    const pieces = encodeFrame(text, answerTo(message, worked), [], seal);
    count(pieces);
    if (message.type === "map" || message.type === "grant") clock.at(freeMs, () => arrive(pieces));
    else clock.at(freeMs, () => deliver(pieces));
    if (message.type === "stop") clock.at(freeMs, () => leave({ code: 0, signal: null, stderrTail: "" }));
  }

  /** The coordinator takes one frame after the other. */
  function arrive(pieces: readonly Uint8Array[]): void {
    if (coordinatorMsPerFrame === 0) deliver(pieces);
    else {
      books.coordinatorFreeMs = Math.max(books.coordinatorFreeMs, clock.now()) + coordinatorMsPerFrame;
      clock.at(books.coordinatorFreeMs, () => deliver(pieces));
    }
  }

  function deliver(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) toCoordinator(piece);
  }

  function count(pieces: readonly Uint8Array[]): void {
    books.frames++;
    books.bytes += byteCount(pieces);
  }

  function leave(exit: Exit): void {
    closed();
    end(exit);
  }

  return {
    port: {
      send(pieces) {
        const startMs = performance.now();
        count(pieces);
        for (const piece of pieces) decode(piece);
        books.workerMs += performance.now() - startMs;
      },
      receive(onBytes, onClosed) {
        toCoordinator = onBytes;
        closed = onClosed;
      },
    },
    pid: undefined,
    exited,
    kill: () => leave({ code: null, signal: "SIGKILL", stderrTail: "" }),
  };
}
