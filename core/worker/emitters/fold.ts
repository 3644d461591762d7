/** The emitter of a reduce: folds each chunk to a partial and merges the partials of its batch up the tree. */

import type { TextCodec } from "../../platform/text-codec.ts";
import type { NodeHead } from "../../protocol/messages.ts";
import type { Script } from "../../script/types.ts";
import { decodeAccumulator, encodeAccumulator } from "../script/accumulator-codec.ts";
import { type BatchEmitter, type Emitted, NOTHING_EMITTED } from "./emitter.ts";
import { createFolder, type Folder, notPromise } from "./folder.ts";
import { MergeTree, type TreeNode } from "./merge-tree.ts";
import type { ValueSample } from "./reduce-laws.ts";

export class FoldEmitter implements BatchEmitter {
  readonly verb = "reduce";
  readonly bytes = 0;
  readonly #folder: Folder;
  readonly #tree: MergeTree<unknown>;
  readonly #sample: ValueSample | undefined;
  #accumulator: unknown;
  #folded = 0;

  /** @param sample looks at values before they are folded */
  constructor(script: Script, sample?: ValueSample) {
    this.#sample = sample;
    this.#folder = createFolder(script);
    this.#tree = new MergeTree(this.#folder.merge);
  }

  emit(value: unknown): boolean {
    this.#sample?.see(value);
    this.#accumulator = this.#folded === 0 ? this.#folder.start(value) : this.#folder.step(this.#accumulator, value);
    this.#folded++;
    return true;
  }

  endChunk(index: number): void {
    notPromise("reduce", this.#accumulator);
    this.#tree.push({ level: 0, index, present: this.#folded > 0, value: this.#accumulator });
    this.#accumulator = undefined;
    this.#folded = 0;
  }

  mark(): () => boolean {
    const folded = this.#folded;
    return () => this.#folded === folded;
  }

  finish(text: TextCodec): Emitted {
    const { heads, body } = carryNodes(this.nodes(), text);
    return { ...NOTHING_EMITTED, nodes: heads, values: body };
  }

  nodes(): readonly TreeNode<unknown>[] {
    return this.#tree.nodes();
  }
}

/** Nodes as they travel: heads, and the values' bytes in the same order. */
export function carryNodes(
  nodes: readonly TreeNode<unknown>[],
  text: TextCodec,
): { heads: NodeHead[]; body: Uint8Array[] } {
  const heads: NodeHead[] = [];
  const body: Uint8Array[] = [];
  for (const { level, index, present, value } of nodes) {
    const bytes = present ? text.encode(encodeAccumulator(value)) : new Uint8Array(0);
    heads.push({ level, index, bytes: bytes.length });
    body.push(bytes);
  }
  return { heads, body };
}

export function uncarryNodes(heads: readonly NodeHead[], body: Uint8Array, text: TextCodec): TreeNode<unknown>[] {
  let at = 0;
  return heads.map(({ level, index, bytes }) => {
    const present = bytes > 0;
    const value = present ? decodeAccumulator(text.decode(body, at, at + bytes)) : undefined;
    at += bytes;
    return { level, index, present, value };
  });
}
