/** What decompresses streams: programs, and the runtime's zlib. */
import type { ChildProcess } from "node:child_process";
import { Damage, damaged, ENDS_TOO_EARLY, GOES_ON } from "./damage.ts";
import { DECODER_OPTIONS, type Decoder, decoded } from "./decoded.ts";
import type { Feed } from "./feed.ts";

const ZLIB = 8;

/** What servers call deflate: it has the head of zlib (RFC 1950), or none at all. Deflate alone never begins like that head. */
export async function* inflated(feed: Feed): AsyncGenerator<Uint8Array> {
  const { createInflate, createInflateRaw } = await import("node:zlib");
  const isZlib = ((await feed.peek()) ?? 0) % 16 === ZLIB;
  yield* wholly(feed, () => (isZlib ? createInflate : createInflateRaw)(DECODER_OPTIONS));
}

export async function* unbrotlied(feed: Feed): AsyncGenerator<Uint8Array> {
  const { createBrotliDecompress } = await import("node:zlib");
  yield* wholly(feed, () => createBrotliDecompress(DECODER_OPTIONS));
}

/** @throws {Damage} also for what stands behind the end */
async function* wholly(feed: Feed, create: () => Decoder): AsyncGenerator<Uint8Array> {
  yield* decoded(feed, create);
  const end = feed.bytes;
  if ((await feed.peek()) !== undefined) throw new Damage(GOES_ON, end);
}

/**
 * @param path of the program, which decompresses its stdin with `-dc`
 * @param signal aborted when no more of it is wanted: the program is ended
 * @throws {Damage} when it ends with an error, or says that it has ignored something
 */
export async function* throughProgram(path: string, feed: Feed, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const { spawn } = await import("node:child_process");
  const child = spawn(path, ["-dc"], { stdio: ["pipe", "pipe", "pipe"], ...(signal && { signal }) });
  const ended = endOf(child);
  // It is awaited when all has been read.
  ended.catch(() => {});
  // Detached: it never rejects, and the program's own end tells the rest.
  void feed.into(child.stdin);
  yield* child.stdout;
  await ended;
}

const MOST_SAID = 1000;

async function endOf(child: ChildProcess): Promise<void> {
  let said = "";
  child.stderr?.on("data", (data) => {
    said = `${said}${data}`.slice(0, MOST_SAID);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  // bzip2 only warns of it.
  if (/trailing garbage/i.test(said)) throw new Damage(GOES_ON);
  if (code !== 0) throw damageOf(said) ?? damaged(`exit code ${code}`);
}

const CUT = /unexpected end|ends unexpectedly|premature|truncated|unfinished stream|cannot access compressed block/i;

/** By the first line that a program has said: advice may stand below it. Undefined where there is none. */
function damageOf(said: string): Damage | undefined {
  const line = said.trim().split("\n", 1)[0] ?? "";
  if (CUT.test(line)) return new Damage(ENDS_TOO_EARLY);
  const reason = line.replace(PLACE, "").replace(/[\s.;!]+$/, "");
  return reason === "" ? undefined : damaged(reason);
}

/** `bzip2: `, `/usr/bin/xz: (stdin): `, `/*stdin*\ : `: the message names the input itself. */
const PLACE = /^(?:\S+: )?(?:\(stdin\):? |\/\*stdin\*\\ ?: ?)?/;
