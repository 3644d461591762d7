/** A stream of the program's as the output of a job. It is the program's to close. */
import type { OutputStream } from "../../core/coordinator/commit/sinks.ts";
import { describeError, JobError } from "../../core/errors.ts";
import type { ByteTarget } from "./types.ts";

export interface OpenTarget {
  /** @throws {JobError} for a stream that is in use, or cannot be written to */
  open(): OutputStream;
  release(): void;
}

/** Takes the stream at once, also where the job that writes to it starts later. */
export function openTarget(target: ByteTarget): OpenTarget {
  try {
    return "getWriter" in target ? openWebStream(target) : openNodeStream(target);
  } catch (error) {
    return { open: () => fail(cannotWrite(error)), release: () => {} };
  }
}

function fail(error: JobError): never {
  throw error;
}

function cannotWrite(error: unknown): JobError {
  return new JobError(`Cannot write to the stream: ${describeError(error)}`, { about: "output", cause: error });
}

function openWebStream(target: WritableStream<Uint8Array>): OpenTarget {
  const writer = target.getWriter();
  writer.closed.catch(() => {});
  return {
    open: () => ({
      async write(pieces) {
        try {
          for (const piece of pieces) {
            await writer.ready;
            await writer.write(piece);
          }
        } catch (error) {
          throw cannotWrite(error);
        }
      },
    }),
    release: () => writer.releaseLock(),
  };
}

type NodeTarget = Exclude<ByteTarget, WritableStream<Uint8Array>> & {
  readonly destroyed?: boolean;
  readonly closed?: boolean;
  readonly writableEnded?: boolean;
  readonly errored?: unknown;
};

function openNodeStream(target: NodeTarget): OpenTarget {
  let failure: JobError | undefined;
  let wake = () => {};
  const onDrain = () => wake();
  const onError = (error: unknown) => {
    failure ??= cannotWrite(error);
    wake();
  };
  const onEnd = () => onError(target.errored ?? new Error("it was closed"));
  target.once("error", onError);
  target.once("finish", onEnd);
  target.once("close", onEnd);
  checkOpen();
  return {
    open() {
      if (failure !== undefined) throw failure;
      return { write };
    },
    release() {
      // Of a job that has been ended nothing more is written.
      onError(new Error("the job has ended"));
      target.removeListener("error", onError);
      target.removeListener("finish", onEnd);
      target.removeListener("close", onEnd);
      target.removeListener("drain", onDrain);
    },
  };

  async function write(pieces: readonly Uint8Array[]): Promise<void> {
    for (const piece of pieces) {
      checkOpen();
      if (failure === undefined && !target.write(piece)) await drained();
      if (failure !== undefined) throw failure;
    }
  }

  /** What has ended already has no event left that would tell. */
  function checkOpen(): void {
    if (target.destroyed || target.closed || target.writableEnded || target.errored) onEnd();
  }

  function drained(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve;
      target.once("drain", onDrain);
      checkOpen();
    });
  }
}
