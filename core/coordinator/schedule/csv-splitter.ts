/** Cutting a stream of CSV: its header is read first, and the blocks begin behind it. */
import { joinPieces } from "../../bytes.ts";
import type { CsvHeader } from "../../formats/csv/header.ts";
import type { StreamSource } from "../job/source.ts";
import type { BlockCutter } from "./chunk-plan.ts";
import { csvFraming } from "./framing.ts";
import { type CutOptions, createCutter } from "./stream-splitter.ts";

export interface CsvCutOptions extends Omit<CutOptions, "framing" | "base"> {
  /** Undefined when the header goes on behind these bytes. */
  readonly readHeader: (bytes: Uint8Array, complete: boolean) => CsvHeader | undefined;
  /** Called once, before the first block. */
  readonly onHeader: (header: CsvHeader) => void;
}

export function createCsvCutter(source: StreamSource, options: CsvCutOptions): BlockCutter {
  let cutter: BlockCutter | undefined;
  return {
    get offset() {
      return cutter?.offset ?? 0;
    },
    async next(end) {
      cutter ??= await begin(source, options);
      return cutter.next(end);
    },
  };
}

async function begin(source: StreamSource, options: CsvCutOptions): Promise<BlockCutter> {
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = await source.read();
    if (piece !== undefined) pieces.push(piece);
    const bytes = joinPieces(pieces);
    const header = options.readHeader(bytes, piece === undefined || bytes.length > options.maxRecordBytes);
    if (header === undefined) continue;
    options.onHeader(header);
    let rest: Uint8Array | undefined = bytes.subarray(header.end);
    const behind: StreamSource = {
      ...source,
      async read() {
        const first = rest;
        rest = undefined;
        return first === undefined || first.length === 0 ? source.read() : first;
      },
    };
    return createCutter(behind, { ...options, framing: csvFraming(header.dialect), base: header.end });
  }
}
