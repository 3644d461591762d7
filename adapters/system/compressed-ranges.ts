/** Compressed files of many members, found out by walking over their heads: workers read them by ranges, as plain files. */
import type { FileSource, StreamSource } from "../../core/coordinator/job/source.ts";
import type { InputIdentity } from "../../core/platform/input-identity.ts";
import type { MemberIndex } from "../../core/platform/member-index.ts";
import type { InputFile, OutputCompression } from "../../core/platform/runtime.ts";
import { openMembers } from "../shared/member-file.ts";
import { MemberScan } from "../shared/member-scan.ts";
import { openInput } from "../shared/positional-files.ts";

export interface CompressedFile {
  readonly path: string;
  readonly compression: OutputCompression;
  /** Where its data begin. */
  readonly start: number;
  readonly identity: InputIdentity;
}

/** Undefined for one that has to be read from its beginning on, or is not as it should be: reading it tells how. */
export async function openByRanges(source: CompressedFile, stream: StreamSource): Promise<FileSource | undefined> {
  const { path, identity } = source;
  const walked = await walkOver(source).catch(() => undefined);
  if (walked === undefined) return undefined;
  const { index, size } = walked;
  const compressed = { index, open: () => openMembers(openInput(path), index), stream };
  return { kind: "file", name: stream.name, path, begin: 0, end: size, identity, compressed };
}

interface Walked {
  readonly index: MemberIndex;
  readonly size: number;
}

async function walkOver(source: CompressedFile): Promise<Walked | undefined> {
  const file = openInput(source.path);
  try {
    return await walk(file, source);
  } finally {
    file.close();
  }
}

/** After as many bytes of a file others get a turn: signals, workers that start. */
const BYTES_PER_TURN = 8 * 1024 * 1024;

async function walk(file: InputFile, { compression, start, identity }: CompressedFile): Promise<Walked | undefined> {
  const end = identity.size;
  const members = new MemberScan(file.read, compression, end);
  const marks = new Marks(start);
  let [at, inside, turnEnd] = [start, 0, start + BYTES_PER_TURN];
  while (at < end) {
    const member = members.memberAt(at);
    if (member === undefined) return undefined;
    if (member.size > 0) marks.add(at, inside);
    at += member.length;
    inside += member.size;
    if (at < turnEnd) continue;
    turnEnd = at + BYTES_PER_TURN;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { index: { compression, at: marks.at, inside: marks.inside, end }, size: inside };
}

/** Workers are told as many places of a file at most; between two of them they look at heads. */
const MOST_MARKS = 4096;
const LEAST_DISTANCE = 1024 * 1024;

/** Some of the members, evenly. */
class Marks {
  at: number[];
  inside = [0];
  #distance = LEAST_DISTANCE;

  constructor(start: number) {
    this.at = [start];
  }

  add(at: number, inside: number): void {
    if (inside - (this.inside.at(-1) as number) < this.#distance) return;
    this.at.push(at);
    this.inside.push(inside);
    if (this.at.length < MOST_MARKS) return;
    const isEven = (_: number, i: number) => i % 2 === 0;
    this.at = this.at.filter(isEven);
    this.inside = this.inside.filter(isEven);
    this.#distance *= 2;
  }
}
