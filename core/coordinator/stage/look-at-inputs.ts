/** The inputs of a job that are not read by ranges, or are not known to be: what reading them tells. */
import type { StreamSource } from "../job/source.ts";
import type { FoundSource, LookedSource } from "./messages.ts";

export interface StageInputs {
  openStream(source: number): Promise<StreamSource>;
  /** Whether a compressed file is the one member that it seems to be. */
  isOneMember(source: number): Promise<boolean>;
}

export async function lookAtInputs(sources: readonly LookedSource[], inputs: StageInputs): Promise<FoundSource[]> {
  const found: FoundSource[] = [];
  for (const { source, seemsOneMember, wantsBytes } of sources) {
    const isOneMember = seemsOneMember && (await inputs.isOneMember(source));
    const bytes = wantsBytes && !isOneMember ? await bytesIn(source, inputs) : undefined;
    found.push({ source, isOneMember, bytes });
  }
  return found;
}

async function bytesIn(source: number, inputs: StageInputs): Promise<number> {
  let bytes = 0;
  try {
    const { read } = await inputs.openStream(source);
    for (let piece = await read(); piece !== undefined; piece = await read()) bytes += piece.length;
  } catch {
    // The task that reads it tells why it ends here.
  }
  return bytes;
}
