/** A stream of the program's as the output of a job. It is the program's to close. */
import type { OutputStream } from "../../core/coordinator/commit/sinks.ts";
import { describeError, JobError } from "../../core/errors.ts";
import { asPmapError } from "./errors.ts";
import type { ByteTarget } from "./types.ts";

export interface OpenTarget {
  readonly stream: OutputStream;
  release(): void;
}

/** @throws {PmapError} for a stream that is in use */
export function openTarget(target: ByteTarget): OpenTarget {
  try {
    return "getWriter" in target ? openWebStream(target) : openNodeStream(target);
  } catch (error) {
    throw asPmapError(cannotWrite(error));
  }
}

function cannotWrite(error: unknown): JobError {
  return new JobError(`Cannot write to the stream: ${describeError(error)}`, { about: "output", cause: error });
}

function openWebStream(target: WritableStream<Uint8Array>): OpenTarget {
  const writer = target.getWriter();
  writer.closed.catch(() => {});
  return {
    stream: {
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
    },
    release: () => writer.releaseLock(),
  };
}

type NodeTarget = Exclude<ByteTarget, WritableStream<Uint8Array>>;

function openNodeStream(target: NodeTarget): OpenTarget {
  let failure: JobError | undefined;
  let wake = () => {};
  const onDrain = () => wake();
  const onError = (error: unknown) => {
    failure ??= cannotWrite(error);
    wake();
  };
  const onClose = () => onError(new Error("it was closed"));
  target.once("error", onError);
  target.once("close", onClose);
  return {
    stream: {
      async write(pieces) {
        for (const piece of pieces) {
          if (failure === undefined && !target.write(piece)) await drained();
          if (failure !== undefined) throw failure;
        }
      },
    },
    release() {
      // Of a job that has been ended nothing more is written.
      onError(new Error("the job has ended"));
      target.removeListener("error", onError);
      target.removeListener("close", onClose);
      target.removeListener("drain", onDrain);
    },
  };

  function drained(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve;
      target.once("drain", onDrain);
    });
  }
}
