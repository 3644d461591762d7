/**
 * Files that only another process can read (hdfs://, s3a://): they are asked for on one FIFO and answered on another, so that
 * reading them is like reading a disk. An executor answers its workers, Spark's driver answers the coordinator.
 *
 *     asked:    u32 length, JSON: {op: "read", uri, position, length} or {op: "stat", uri}
 *     answered: i32 length, bytes (of "stat" JSON); or i32 -1, i32 length, a message
 */
import type { InputIdentity } from "../../core/platform/input-identity.ts";
import type { InputFile } from "../../core/platform/runtime.ts";

/** The two FIFOs, as a process that asks has them. */
export interface ChannelEnds {
  write(bytes: Uint8Array): void;
  /** Waits; 0 when the other process has gone. */
  read(target: Uint8Array): number;
  close(): void;
}

/** A path that stands for a URI: where the FIFOs are, and what is asked for. No other path begins like it, as those are whole. */
const URI_PATH = /^uri:(\/.*?):([a-z][a-z0-9+.-]+:\/\/.*)$/is;

/** @param channel what the names of the FIFOs begin with */
export function uriPath(channel: string, uri: string): string {
  return `uri:${channel}:${uri}`;
}

/** Undefined for a path of this machine. */
export function uriOf(path: string): { readonly channel: string; readonly uri: string } | undefined {
  if (!path.startsWith("uri:")) return undefined;
  const [, channel, uri] = URI_PATH.exec(path) ?? [];
  return channel === undefined || uri === undefined ? undefined : { channel, uri };
}

/** What the names of a process's own FIFOs begin with. */
export function fifosOf(channel: string, pid: number): { readonly ask: string; readonly answer: string } {
  return { ask: `${channel}.${pid}.ask`, answer: `${channel}.${pid}.answer` };
}

/** One for all bundles that this process has loaded: each of them may open files. */
const CHANNELS = Symbol.for("pmap-cli.uri-channels");
const world = globalThis as { [CHANNELS]?: Map<string, ChannelEnds> };
world[CHANNELS] ??= new Map();
export const channels: Map<string, ChannelEnds> = world[CHANNELS];

/**
 * Opens a path that stands for a URI; undefined for any other path.
 * @param openEnds opens the FIFOs of a channel, when nothing of it has been open yet
 */
export function openUri(path: string, openEnds: (channel: string) => ChannelEnds): InputFile | undefined {
  const place = uriOf(path);
  if (place === undefined) return undefined;
  const { channel, uri } = place;
  const ends = () => {
    const found = channels.get(channel) ?? openEnds(channel);
    channels.set(channel, found);
    return found;
  };
  return {
    read: (target, at, length, position) =>
      ask(ends(), { op: "read", uri, position, length }, (bytes) => target.subarray(at, at + bytes)),
    close: () => {},
    identity() {
      let answer = new Uint8Array(0);
      ask(ends(), { op: "stat", uri }, (bytes) => {
        answer = new Uint8Array(bytes);
        return answer;
      });
      return JSON.parse(new TextDecoder().decode(answer)) as InputIdentity;
    },
  };
}

function ask(ends: ChannelEnds, request: object, targetOf: (bytes: number) => Uint8Array): number {
  const json = new TextEncoder().encode(JSON.stringify(request));
  const bytes = new Uint8Array(4 + json.length);
  new DataView(bytes.buffer).setUint32(0, json.length);
  bytes.set(json, 4);
  ends.write(bytes);
  const count = readNumber(ends);
  if (count >= 0) return fill(ends, targetOf(count));
  const words = new Uint8Array(readNumber(ends));
  fill(ends, words);
  throw new Error(new TextDecoder().decode(words));
}

function readNumber(ends: ChannelEnds): number {
  const bytes = new Uint8Array(4);
  fill(ends, bytes);
  return new DataView(bytes.buffer).getInt32(0);
}

function fill(ends: ChannelEnds, target: Uint8Array): number {
  for (let done = 0; done < target.length; ) {
    const count = ends.read(target.subarray(done));
    if (count === 0) throw new Error("the process that reads it has gone");
    done += count;
  }
  return target.length;
}
