/** Items that go to a worker together: as a batch of lines, and the answer of each out of what the batch has come to. */
import { joinPieces } from "../bytes.ts";
import { InternalError } from "../errors.ts";
import type { TextCodec } from "../platform/text-codec.ts";
import type { RecordFailure } from "../protocol/record-failure.ts";
import type { Batch } from "./job/batch.ts";
import type { DoneReply } from "./workers/reply.ts";

/** What became of an item: the JSON array of what the script emits for it, or why there is none. */
export type ItemAnswer =
  | { readonly tag: "values"; readonly json: string }
  | { readonly tag: "rejected"; readonly failure: RecordFailure }
  | { readonly tag: "withdrawn" };

export interface Item {
  readonly number: number;
  readonly line: Uint8Array;
  readonly resolve: (answer: ItemAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** @param start bytes of all items before these */
export function batchOf(items: readonly Item[], start: number): Batch {
  const pieces = items.map(({ line }) => line);
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const end = start + bytes;
  const segments = [{ source: 0, start, end, shift: 0 }];
  return { next: { source: 0, at: end, shift: 0 }, segments, block: { start, pieces }, bytes };
}

/** Answers each: there is a line for each item that is no reject, in their order. */
export function answerItems(items: readonly Item[], { done, body }: DoneReply, text: TextCodec): void {
  const bytes = joinPieces(body);
  const lines = text.decode(bytes, 0, bytes.length).split("\n");
  const failures = new Map(done.rejects.map((failure) => [failure.line, failure]));
  let at = 0;
  for (const [i, item] of items.entries()) {
    const failure = failures.get(i + 1);
    const json = failure === undefined ? lines[at++] : undefined;
    if (failure !== undefined) item.resolve({ tag: "rejected", failure: { ...failure, line: item.number } });
    else if (json === undefined || json === "") item.reject(new InternalError("an item was not answered"));
    else item.resolve({ tag: "values", json });
  }
}
