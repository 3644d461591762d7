/**
 * The merge tree: partials of chunks are merged as in a complete binary tree over chunk indices, so that the result
 * depends on the chunks only and not on who folded what, or when.
 *
 * Node (level l, index i) covers the chunks [i * 2^l, (i + 1) * 2^l). A node without a value (no record in its chunks)
 * passes its sibling through. Nodes are pushed in order and merge with their left sibling as soon as it is there: the
 * binary counter of a bottom-up merge sort.
 */
export interface TreeNode<T> {
  readonly level: number;
  readonly index: number;
  readonly value: T | undefined;
  readonly present: boolean;
}

export class MergeTree<T> {
  readonly #merge: (left: T, right: T) => T;
  readonly #stack: TreeNode<T>[] = [];

  constructor(merge: (left: T, right: T) => T) {
    this.#merge = merge;
  }

  /** Adds the node that follows the last one. */
  push(node: TreeNode<T>): void {
    let right = node;
    for (;;) {
      const left = this.#stack.at(-1);
      if (left === undefined || left.level !== right.level || left.index + 1 !== right.index || right.index % 2 === 0)
        break;
      this.#stack.pop();
      right = this.#join(left, right, { level: right.level + 1, index: Math.floor(right.index / 2) });
    }
    this.#stack.push(right);
  }

  /** What has been merged as far as it goes: nodes whose siblings are not here. */
  nodes(): readonly TreeNode<T>[] {
    return this.#stack;
  }

  /** The root: what lacks a right sibling has no chunks there, and passes. Undefined when no chunk had a value. */
  root(): TreeNode<T> | undefined {
    let root = this.#stack.pop();
    for (let left = this.#stack.pop(); left !== undefined && root !== undefined; left = this.#stack.pop()) {
      root = this.#join(left, root, { level: left.level + 1, index: Math.floor(left.index / 2) });
    }
    return root?.present ? root : undefined;
  }

  #join(left: TreeNode<T>, right: TreeNode<T>, at: { level: number; index: number }): TreeNode<T> {
    if (!left.present) return { ...right, ...at };
    if (!right.present) return { ...left, ...at };
    return { ...at, present: true, value: this.#merge(left.value as T, right.value as T) };
  }
}
