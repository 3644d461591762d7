/** The end of a reduce: the last merges, and the results to the output. */
import { byteCount } from "../../bytes.ts";
import { CancellationToken } from "../../cancellation.ts";
import type { Done, SortedRun } from "../../protocol/messages.ts";
import { ReorderBuffer } from "../schedule/reorder-buffer.ts";
import type { AskWorker } from "../workers/call-any.ts";
import { outputOf } from "../workers/reply.ts";
import { cutByKeys } from "./key-ranges.ts";
import type { CarriedNodes } from "./partials.ts";
import type { Sink } from "./sinks.ts";

export interface FinishOptions {
  readonly ask: AskWorker;
  readonly sink: Sink;
}

/** Merges what is left to one value, and commits its result. */
export async function finishReduce(
  { heads, body }: CarriedNodes,
  { ask, sink, onWarning }: FinishOptions & { readonly onWarning: (message: string) => void },
): Promise<void> {
  const merge = () => ask({ type: "merge", nodes: heads, final: true }, body);
  const merged = await merge();
  if (merged.done.warning !== undefined) onWarning(merged.done.warning);
  await sink.commit(outputOf(merged), async () => outputOf(await merge()));
}

/** Where groups go, in the order of their keys. */
export interface GroupsOutput {
  readonly sink: Sink;
  /** Whether the first result that is printed says the columns of all of them. */
  readonly findsColumns: boolean;
  /** Takes what a script has counted meanwhile. */
  readonly count: (counters: Done["counters"]) => void;
}

export interface FinishGroupsOptions extends FinishOptions, Omit<GroupsOutput, "count"> {
  readonly cores: number;
  /** Resolves when a worker can take another request. */
  readonly room: () => Promise<void>;
}

/** Bytes of sorted runs that one request merges: enough to be worth it, and no more than a worker can hold. */
const MIN_RANGE_BYTES = 256 * 1024;
const MAX_RANGE_BYTES = 4 * 1024 * 1024;
const RANGES_PER_CORE = 4;
const WINDOW_BYTES_PER_CORE = 32 * 1024 * 1024;

/** The second half of a grouped reduce: ranges of keys instead of chunks, but the same window and the same output. */
export async function finishGroups(runs: readonly SortedRun[], options: FinishGroupsOptions): Promise<void> {
  const { ask, sink, cores, room, findsColumns } = options;
  let columns: readonly string[] | undefined;
  const bytes = runs.reduce((sum, { start, end }) => sum + end - start, 0);
  const fair = Math.ceil(bytes / (cores * RANGES_PER_CORE));
  const cancellation = new CancellationToken();
  const buffer = new ReorderBuffer<() => Promise<void>>({
    maxOpen: () => cores * RANGES_PER_CORE,
    maxBytes: () => cores * WINDOW_BYTES_PER_CORE,
    commit: (write) => write(),
  });
  buffer.failed.catch(() => cancellation.cancel());
  for (const range of cutByKeys(runs, Math.max(MIN_RANGE_BYTES, Math.min(MAX_RANGE_BYTES, fair)))) {
    await cancellation.race(buffer.room());
    if (cancellation.cancelled) break;
    await room();
    const slot = buffer.admit(0);
    const request = { type: "group", ...range, columns } as const;
    const merge = async () => outputOf(await ask(request, []));
    if (findsColumns && columns === undefined) {
      const reply = await ask(request, []);
      columns = reply.done.columns;
      slot.settle(async () => sink.commit(outputOf(reply), merge), reply.done.bytes);
      continue;
    }
    // Detached: both ends settle, and the window reports what its commit throws.
    void merge().then(
      (output) => {
        const held = output.tag === "here" ? byteCount(output.pieces) : output.bytes;
        slot.settle(async () => sink.commit(output, merge), held);
      },
      (error: unknown) => slot.settle(() => Promise.reject(error), 0),
    );
  }
  await Promise.race([buffer.empty(), buffer.failed]);
}
