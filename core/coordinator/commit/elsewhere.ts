/** What a batch has made where it is not here: a cluster has it, and lets go of it when its turn has come. */
import { InternalError } from "../../errors.ts";
import type { RecordFailure } from "../../protocol/record-failure.ts";
import type { Sink } from "./sinks.ts";

/** The next of what a task has made. Each kind comes in input order. */
export type HeldPiece =
  | { readonly type: "output"; readonly pieces: readonly Uint8Array[] }
  | { readonly type: "rejects"; readonly rejects: readonly RecordFailure[] };

export interface Elsewhere {
  /** The file of a folder of parts that the output is in. */
  readonly part?: string | undefined;
  /** Comes when it is asked for: the output, unless it is a part, and rejects, where there are too many for the answer. */
  readonly held?: AsyncIterable<HeldPiece> | undefined;
}

/**
 * Gives the next place in the output to what a cluster has, which may be here already in part.
 * @param onRejects awaited before the next piece is fetched
 * @param sink undefined where rejects alone are wanted
 */
export async function commitElsewhere(
  { part, held }: Elsewhere,
  bytes: number,
  onRejects: (rejects: readonly RecordFailure[]) => Promise<void> | undefined,
  sink: Sink | undefined,
): Promise<void> {
  if (held !== undefined)
    for await (const piece of held) {
      if (piece.type === "rejects") await onRejects(piece.rejects);
      else await sink?.commit({ tag: "here", pieces: piece.pieces }, unreachable);
    }
  if (part !== undefined) await sink?.commitPart?.(part, bytes);
}

function unreachable(): never {
  throw new InternalError("an output has to be made again, and no worker keeps it");
}
