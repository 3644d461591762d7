/** Files that Hadoop has, as pmap sees them: by way of Spark's driver. */
import { type FileSource, isOneMember, type Source } from "../../core/coordinator/job/source.ts";
import { JobError } from "../../core/errors.ts";
import { checkIdentity, type InputIdentity } from "../../core/platform/input-identity.ts";
import { uriOf, uriPath } from "../shared/uri-files.ts";
import type { FarFile } from "../system/far-files.ts";
import { closeChannel, makeFifos, openChannel } from "../system/uri-channel.ts";
import type { SparkDriver } from "./driver.ts";
import type { PlaceOf } from "./stage-start.ts";

interface FoundFile {
  readonly uri: string;
  readonly folder: boolean;
  readonly size: number;
  readonly mtimeMs: number;
}

export class HadoopFiles {
  readonly #driver: SparkDriver;
  /** What the names of our FIFOs begin with. */
  readonly #channel: string;
  #opening: Promise<void> | undefined;

  /** @param channel a name in a folder of the job's own */
  constructor(driver: SparkDriver, channel: string) {
    this.#driver = driver;
    this.#channel = channel;
  }

  /**
   * The files that a URI stands for, in the order of their names.
   * @throws {JobError} when there is none, or it cannot be looked at
   */
  async find(uri: string): Promise<FarFile[]> {
    await this.#open(uri);
    const files = ((await this.#ask(uri, { op: "find", uri })).files ?? []) as FoundFile[];
    const found = files.filter((file) => file.uri === uri || (!file.folder && !isHidden(file.uri, uri)));
    if (found.length === 0) throw cannotRead(uri, /[*?[{]/.test(uri) ? "no file matches" : "there is no such file");
    if (found[0]?.folder === true)
      throw cannotRead(uri, `it is a folder\nSay which files in it: '${uri.replace(/\/*$/, "")}/*'`);
    // As names of this machine are sorted.
    const byName = new Map(found.map((file) => [file.uri, file]));
    return [...byName.keys()].sort().map((name) => {
      const { size, mtimeMs } = byName.get(name) as FoundFile;
      return { name, path: uriPath(this.#channel, name), identity: { dev: 0, ino: 0, size, mtimeMs } };
    });
  }

  /** @throws {JobError} for one that has been replaced or rewritten since the job began */
  async checkUnchanged(sources: readonly Source[]): Promise<void> {
    const far = sources.filter((source): source is FileSource => uriOfSource(source) !== undefined);
    const [first] = far;
    if (first === undefined) return;
    const { files = [] } = await this.#ask(first.name, { op: "stat", uris: far.map(uriOfSource) });
    for (const [i, source] of far.entries()) checkIdentity(source, (files[i] as InputIdentity | null) ?? undefined);
  }

  close(): void {
    closeChannel(this.#channel);
  }

  async #open(uri: string): Promise<void> {
    this.#opening ??= this.#serve(uri);
    await this.#opening;
  }

  async #serve(uri: string): Promise<void> {
    const fifos = makeFifos(this.#channel, process.pid);
    await this.#ask(uri, { op: "serve", fifos });
    await openChannel(this.#channel, this.#driver.failed);
  }

  async #ask(uri: string, request: object) {
    try {
      return await this.#driver.files(request);
    } catch (error) {
      throw error instanceof JobError ? error : cannotRead(uri, (error as Error).message);
    }
  }
}

/** Undefined for a file of this machine. */
export function uriOfSource(source: Source): string | undefined {
  return source.kind === "file" ? uriOf(source.path)?.uri : undefined;
}

/** Where the bytes of tasks are, by their sources. */
export function placesOf(sources: readonly Source[]): PlaceOf {
  return (task) => {
    const [first] =
      task.type === "look"
        ? task.sources.map(({ source }) => ({ source, start: 0 }))
        : [...task.segments].sort((a, b) => b.end - b.start - (a.end - a.start));
    const source = first && sources[first.source];
    return source && placeIn(source, first.start);
  };
}

/** Of what is counted, or is in blocks that are compressed, positions are no places in the file. */
function placeIn(source: Source, start: number): ReturnType<PlaceOf> {
  const isAnywhere = source.kind === "file" && (source.firstUnit ?? source.compressed) !== undefined;
  if (isAnywhere && !isOneMember(source)) return undefined;
  const uri = source.kind === "file" ? uriOfSource(source) : uriOf(source.place?.path ?? "")?.uri;
  return uri === undefined ? undefined : { uri, start: isOneMember(source) ? 0 : start };
}

/** Of what matches a pattern Hadoop leaves out what begins like `_SUCCESS`, unless the pattern does. */
function isHidden(uri: string, pattern: string): boolean {
  const hidden = /\/[_.][^/]*$/;
  return hidden.test(uri) && !hidden.test(pattern);
}

function cannotRead(uri: string, reason: string): JobError {
  return new JobError(`Cannot read "${uri}": ${reason}`, { about: "input" });
}
