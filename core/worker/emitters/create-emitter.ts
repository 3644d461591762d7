/** The emitter of a batch: what it is, the script and the output's format say. */
import { InternalError } from "../../errors.ts";
import type { OutputCodec, TableWriter } from "../../formats/codec.ts";
import type { SpillFile, WorkerHost } from "../../platform/runtime.ts";
import type { WorkerSettings } from "../../protocol/worker-settings.ts";
import type { Script } from "../../script/types.ts";
import { attempt } from "../attempt.ts";
import type { Aside, BatchEmitter } from "./emitter.ts";
import { FoldEmitter } from "./fold.ts";
import { GroupEmitter } from "./group.ts";
import type { GroupTable } from "./group-table.ts";
import { type PiecePool, PrintEmitter, RawEmitter, TableEmitter } from "./print.ts";
import type { ValueSample } from "./reduce-laws.ts";

export interface EmitterSetting {
  readonly settings: WorkerSettings;
  readonly script: Script;
  readonly host: WorkerHost;
  readonly pieces: PiecePool;
  readonly codec: OutputCodec;
  /** Records that pass the filter are passed on as they stand. */
  readonly isRaw: boolean;
}

export interface BatchFacts {
  readonly aside: Aside;
  /** Looks at values before they are folded. */
  readonly sample: ValueSample | undefined;
  /** What prints rows, if rows are printed. */
  readonly table: TableWriter | undefined;
}

export function createEmitters(setting: EmitterSetting): (facts: BatchFacts) => BatchEmitter {
  const { settings, script, host, pieces, codec, isRaw } = setting;
  const { text } = host;
  const { spillBytes } = settings;
  const keysOfBlocks = settings.runsAreRepeatable ? "the chunk" : "the table";
  const idleTables: GroupTable[] = [];
  let spill: SpillFile | undefined;
  const openSpill = () => {
    spill ??= createSpill(settings, host);
    return spill;
  };
  return ({ aside, sample, table }) => {
    if (script.reduce !== undefined) {
      if (script.key === undefined) return new FoldEmitter(script, sample);
      return new GroupEmitter({ script, spill: openSpill, spillBytes, keysOfBlocks, text, idleTables, aside, sample });
    }
    if (table !== undefined) return new TableEmitter(table, text, pieces);
    if (!isRaw) return new PrintEmitter(codec, text, pieces);
    return new RawEmitter(codec, text, { pool: pieces, trims: settings.ofValues === true });
  };
}

function createSpill({ spillFolder, worker }: WorkerSettings, host: WorkerHost): SpillFile {
  if (spillFolder === undefined) throw new InternalError("there is no folder for sorted runs");
  const what = `write sorted groups to "${spillFolder}"`;
  const file = attempt(what, () => host.createSpill(spillFolder, worker));
  return { ...file, append: (bytes) => attempt(what, () => file.append(bytes)) };
}
