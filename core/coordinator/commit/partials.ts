/**
 * The coordinator's half of a reduce: it keeps partials as bytes, in order, and has workers merge them.
 *
 * It never looks into a partial. When a run of neighbours has grown large enough, a worker merges it as far as the tree
 * allows; several runs can be merged at once, because merging neighbours needs nothing from outside the run.
 */
import { byteCount, joinPieces } from "../../bytes.ts";
import type { MergeRequest, NodeHead } from "../../protocol/messages.ts";

export interface CarriedNodes {
  readonly heads: readonly NodeHead[];
  readonly body: readonly Uint8Array[];
}

export type MergeOnWorker = (request: Omit<MergeRequest, "id" | "type">, body: Uint8Array) => Promise<CarriedNodes>;

/** A run is merged when it has this many nodes or bytes: often enough to bound memory, rarely enough to cost nothing. */
const RUN_NODES = 64;
const RUN_BYTES = 4 * 1024 * 1024;

interface Run {
  nodes: CarriedNodes;
  merging: Promise<void> | undefined;
}

export class Partials {
  readonly #merge: MergeOnWorker;
  #runs: Run[] = [];
  #failure: unknown;

  constructor(merge: MergeOnWorker) {
    this.#merge = merge;
  }

  /** Adds the nodes of the next batch. */
  add(nodes: CarriedNodes): void {
    if (nodes.heads.length === 0) return;
    const last = this.#runs.at(-1);
    if (last === undefined || last.merging !== undefined) this.#runs.push({ nodes, merging: undefined });
    else last.nodes = concat([last.nodes, nodes]);
    const run = this.#runs.at(-1) as Run;
    if (run.nodes.heads.length >= RUN_NODES || byteCount(run.nodes.body) >= RUN_BYTES) this.#compact(run);
  }

  /** Everything that is left, for the final merge. */
  async all(): Promise<CarriedNodes> {
    await Promise.all(this.#runs.map(({ merging }) => merging));
    if (this.#failure !== undefined) throw this.#failure;
    return concat(this.#runs.map(({ nodes }) => nodes));
  }

  #compact(run: Run): void {
    run.merging = this.#merge({ nodes: run.nodes.heads, final: false }, joinPieces(run.nodes.body)).then(
      (merged) => {
        run.nodes = merged;
        run.merging = undefined;
        this.#joinNeighbours();
      },
      (error: unknown) => {
        this.#failure ??= error;
      },
    );
  }

  /** Merged runs side by side become one again, so that they can grow to be merged once more. */
  #joinNeighbours(): void {
    const joined: Run[] = [];
    for (const run of this.#runs) {
      const last = joined.at(-1);
      if (last !== undefined && last.merging === undefined && run.merging === undefined) {
        last.nodes = concat([last.nodes, run.nodes]);
      } else joined.push(run);
    }
    this.#runs = joined;
  }
}

function concat(parts: readonly CarriedNodes[]): CarriedNodes {
  return { heads: parts.flatMap(({ heads }) => heads), body: parts.flatMap(({ body }) => body) };
}
