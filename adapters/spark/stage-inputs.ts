/** Inputs that a stage reads itself, and not its worker: streams, and what only seems to be one member. */
import type { StageInputs } from "../../core/coordinator/stage/look-at-inputs.ts";
import type { StageJob } from "../../core/coordinator/stage/messages.ts";
import { InternalError } from "../../core/errors.ts";
import { jsonLines } from "../system/json-lines.ts";
import { isAlone } from "../system/one-member-files.ts";
import { placedStream } from "../system/placed-stream.ts";

/** @param pathHere resolves to where this process finds a path, when it can be read */
export function stageInputs(
  { settings, streams }: Pick<StageJob, "settings" | "streams">,
  pathHere: (path: string) => Promise<string>,
): StageInputs {
  return {
    async openStream(source) {
      const place = streams[source];
      if (place == null) throw new InternalError(`source ${source} is no stream`);
      const name = settings.sources[source]?.name ?? place.path;
      const stream = placedStream(name, { ...place, path: await pathHere(place.path) });
      return place.values === undefined ? stream : jsonLines(stream, place.values.recordsAt);
    },
    async isOneMember(source) {
      const { path, members } = settings.sources[source] ?? {};
      if (path === undefined || members === undefined) throw new InternalError(`source ${source} has no members`);
      return isAlone({ path: await pathHere(path), start: members.at[0] ?? 0, end: members.end });
    },
  };
}
