/** The body of a `done`: the output, unless the worker keeps it, and behind it the values of the merge tree's nodes. */
import { byteCount, slicePieces } from "../bytes.ts";
import { InternalError } from "../errors.ts";
import type { Done } from "./messages.ts";

type DoneHead = Pick<Done, "kept" | "bytes" | "nodes">;

/** @param output undefined where the worker keeps it */
export function doneBody(
  output: readonly Uint8Array[] | undefined,
  values: readonly Uint8Array[],
): readonly Uint8Array[] {
  return output === undefined ? values : [...output, ...values];
}

/** The output, of a worker that does not keep it. */
export function outputIn({ bytes }: DoneHead, body: readonly Uint8Array[]): Uint8Array[] {
  return slicePieces(body, 0, bytes);
}

/** @throws {InternalError} when the body is not as long as its head says */
export function valuesIn({ kept, bytes, nodes }: DoneHead, body: readonly Uint8Array[]): Uint8Array[] {
  const values = slicePieces(body, kept ? 0 : bytes, byteCount(body));
  const announced = nodes.reduce((sum, node) => sum + node.bytes, 0);
  if (announced !== byteCount(values)) throw new InternalError("a partial's length is not what its head says");
  return values;
}
