/** Templates that begin alike share their nodes: optional keys and kinds of records are branches of a tree. */
import { LOOKS, NO_LOOKS, OWN, OWN_BYTES } from "../slots/layout.ts";
import {
  NODE_BYTES,
  NODE_IS_WANTED,
  NODE_LENGTH,
  NODE_NEXT,
  NODE_OTHER,
  NODE_STRINGS,
  NODE_TEMPLATE,
  NODE_TEXT,
} from "./layout.ts";
import type { Use } from "./template.ts";

const NO_NODE = 0;
/** Texts are compared in vectors: there may be other bytes behind the last one. */
const VECTOR_BYTES = 16;

/** Written as it stands in the memory that lines are read in. */
export class TemplateTree {
  /** What there is of it, and how much of it. */
  readonly bytes = new Uint8Array(OWN_BYTES);
  length = 0;
  /** Another one whenever something has been added. */
  version = 0;
  /** The first node of each of two trees: of templates that are tried first, and of the others. */
  readonly roots = { narrow: NO_NODE, wide: NO_NODE };
  readonly #words = new Int32Array(this.bytes.buffer);

  /**
   * @param texts what stands before each value, in UTF-8, and behind the last one
   * @param number of the template, from 1 on
   * @returns false when there is no room
   */
  add(texts: readonly Uint8Array[], uses: readonly Use[], number: number, root: "narrow" | "wide"): boolean {
    let bytes = 0;
    for (const text of texts) bytes += NODE_BYTES + aligned(text.length + VECTOR_BYTES);
    if (this.length + bytes > OWN_BYTES) return false;
    let node = NO_NODE;
    for (const [i, text] of texts.entries()) {
      const first = node === NO_NODE ? this.roots[root] : this.#get(node, NODE_NEXT);
      const found = this.#among(first, text);
      const next = found.node === NO_NODE ? this.#create(text, uses[i] ?? "made") : found.node;
      if (first === NO_NODE && node === NO_NODE) this.roots[root] = next;
      else if (first === NO_NODE) this.#set(node, NODE_NEXT, next);
      else if (found.node === NO_NODE) this.#set(found.last, NODE_OTHER, next);
      node = next;
    }
    this.#set(node, NODE_TEMPLATE, number);
    this.version++;
    return true;
  }

  /** The node that has a text, and the last one that was looked at. */
  #among(first: number, text: Uint8Array): { readonly node: number; readonly last: number } {
    let last = NO_NODE;
    let node = first;
    while (node !== NO_NODE && !this.#has(node, text)) {
      last = node;
      node = this.#get(node, NODE_OTHER);
    }
    return { node, last };
  }

  #has(node: number, text: Uint8Array): boolean {
    if (this.#get(node, NODE_LENGTH) !== text.length) return false;
    const at = this.#get(node, NODE_TEXT) - OWN;
    return text.every((byte, i) => this.bytes[at + i] === byte);
  }

  #create(text: Uint8Array, use: Use): number {
    const node = OWN + this.length;
    const at = this.length + NODE_BYTES;
    this.bytes.set(text, at);
    this.length = at + aligned(text.length + VECTOR_BYTES);
    this.#set(node, NODE_TEXT, OWN + at);
    this.#set(node, NODE_LENGTH, text.length);
    this.#set(node, NODE_IS_WANTED, use === "checked" ? 0 : 1);
    this.#set(node, NODE_STRINGS + LOOKS, use === "a key" ? 0 : NO_LOOKS);
    return node;
  }

  #get(node: number, field: number): number {
    return this.#words[(node - OWN + field) >> 2] as number;
  }

  #set(node: number, field: number, value: number): void {
    this.#words[(node - OWN + field) >> 2] = value;
  }
}

function aligned(length: number): number {
  return (length + 7) & ~7;
}
