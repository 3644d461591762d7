/**
 * What has to be known of inputs before tasks are planned, and only reading them tells: whether a compressed file is one member, and
 * how long a stream is that stands before others, where chunks are seen in the output. Machines of the cluster find it out.
 */
import type { ChunkUse } from "../../protocol/chunk-grid.ts";
import type { Failed } from "../../protocol/messages.ts";
import { plainError } from "../commit/totals.ts";
import type { Job } from "../job/job.ts";
import type { Source } from "../job/source.ts";
import type { LookedSource, StageLook } from "../stage/messages.ts";
import type { Cluster } from "./cluster.ts";
import type { ClusterRecord } from "./cluster-record.ts";

/** Files that make one look: bytes of them on the disk, and their number. */
const LOOK_BYTES = 64 * 1024 * 1024;
const MOST_SOURCES = 256;

export interface LookedSources {
  /** What has seemed to be one member, and is more, is a stream. */
  readonly sources: readonly Source[];
  /** Bytes of streams, by the number of the source, where they are known. */
  readonly sizes: Map<number, number>;
}

export interface LookTools {
  readonly cluster: Pick<Cluster, "run">;
  readonly record: Pick<ClusterRecord, "answered">;
}

/** @throws {JobError} when the cluster cannot look at them */
export async function lookAtSources(job: Job, use: ChunkUse, { cluster, record }: LookTools): Promise<LookedSources> {
  const sources = [...job.sources];
  const sizes = new Map<number, number>();
  const looks = looksAt(job, use);
  let failed: Failed | undefined;
  if (looks.length > 0)
    await cluster.run(looks, (answer) => {
      const { head } = answer;
      record.answered(looks[head.id] as StageLook, answer);
      if (head.type === "failed") failed ??= head;
      else
        for (const { source, isOneMember, bytes } of head.found ?? []) {
          sources[source] = known(sources[source] as Source, isOneMember);
          if (bytes !== undefined) sizes.set(source, bytes);
        }
    });
  if (failed !== undefined) throw plainError(failed);
  return { sources, sizes };
}

/** A source that has been looked at: a file, of which nothing is left to find out, or a stream. */
function known(source: Source, isOneMember: boolean): Source {
  if (source.kind === "stream" || source.compressed === undefined) return source;
  const { compressed } = source;
  return isOneMember ? { ...source, compressed: { ...compressed, check: undefined } } : compressed.stream;
}

function looksAt(job: Job, use: ChunkUse): StageLook[] {
  const looks: LookedSource[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const [source, each] of job.sources.entries()) {
    const seemsOneMember = each.kind === "file" && each.compressed?.check !== undefined;
    // With a limit one task follows the other.
    const wantsBytes = use !== "unseen" && job.limit === undefined && source < job.sources.length - 1;
    if (!seemsOneMember && (each.kind === "file" || !wantsBytes)) continue;
    const own = each.kind === "file" ? (each.identity?.size ?? 0) : LOOK_BYTES;
    if (bytes + own > LOOK_BYTES || looks.at(-1)?.length === MOST_SOURCES) {
      looks.push([]);
      bytes = 0;
    }
    bytes += own;
    looks.at(-1)?.push({ source, seemsOneMember, wantsBytes });
  }
  return looks.map((each, id) => ({ type: "look", id, sources: each }));
}
