/** Cutting a stream that is scanned: its header is read first, and the blocks begin behind it. */
import { joinPieces } from "../../bytes.ts";
import type { Header, ScanInput } from "../../formats/format.ts";
import type { TextCodec } from "../../platform/text-codec.ts";
import type { StreamSource } from "../job/source.ts";
import type { BlockCutter } from "./chunk-plan.ts";
import { scannedBy } from "./framing.ts";
import { type CutOptions, createCutter } from "./stream-splitter.ts";

export interface ScannedCutOptions extends Omit<CutOptions, "framing" | "base"> {
  readonly createScanner: ScanInput["createScanner"];
  readonly text: TextCodec;
  /** Undefined when the header goes on behind these bytes. */
  readonly readHeader: (bytes: Uint8Array, complete: boolean) => Header | undefined;
  /** Called once, before the first block. */
  readonly onHeader: (header: Header) => void;
}

export function createScannedCutter(source: StreamSource, options: ScannedCutOptions): BlockCutter {
  let cutter: BlockCutter | undefined;
  return {
    get offset() {
      return cutter?.offset ?? 0;
    },
    async next(end, most) {
      cutter ??= await begin(source, options);
      return cutter.next(end, most);
    },
  };
}

/** A header that is longer is looked at again when there is twice as much of it. */
const SHORT_HEADER_BYTES = 64 * 1024;

async function begin(source: StreamSource, options: ScannedCutOptions): Promise<BlockCutter> {
  const pieces: Uint8Array[] = [];
  let wanted = 0;
  for (let arrived = 0; ; ) {
    const piece = await source.read();
    if (piece !== undefined) {
      pieces.push(piece);
      arrived += piece.length;
      if (arrived < Math.min(wanted, options.maxRecordBytes)) continue;
    }
    const bytes = joinPieces(pieces);
    wanted = bytes.length < SHORT_HEADER_BYTES ? 0 : 2 * bytes.length;
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
    return createCutter(behind, {
      ...options,
      framing: scannedBy(options.createScanner(header.dialect, options.text), header.dialect.lineEnd),
      base: header.end,
    });
  }
}
