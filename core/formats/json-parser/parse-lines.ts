/**
 * Parsing JSON lines, many at once, in whichever of two ways is the quicker one: by their shape (shapes.ts), or
 * with the runtime's own parser.
 *
 * Which it is depends on the runtime, on how long the strings are and how many digits the numbers have, and on whether the
 * lines are alike. So it is measured: now and then a few windows are parsed in either way, by the clock. What comes out
 * is the same.
 */
import type { TextCodec } from "../../platform/text-codec.ts";
import type { FieldsSeen, ParseLines } from "../codec.ts";
import { WORTH_BYTES } from "../web-assembly.ts";
import { lineMemory } from "./line-memory.ts";
import { JsonShapes, parseEach } from "./shapes.ts";

/** Windows that are parsed in each of the two ways before they are compared. The quickest counts: others were disturbed. */
const TRIES = 3;
/** Bytes until the next comparison. At first the compiler has not seen much of either way; later little changes. */
const FIRST_HOLD_BYTES = 256 * 1024;
const LAST_HOLD_BYTES = 32 * 1024 * 1024;
/** An input of shorter windows is so small that nothing has to be learned of it. */
const MIN_BYTES = 4 * 1024;
/** Where every window has a line that needs to be looked at alone, this number of windows is not tried between two that are. */
const LONGEST_PAUSE = 64;
const LINE_FEED = 10;

/**
 * @param fieldsFor which fields of an object the caller will look at, asked for each window; undefined: all of them
 * @param worthBytes before shapes are looked for: until then all goes to the runtime's parser
 */
export function createJsonLines(
  codec: TextCodec,
  now: () => number,
  fieldsFor: (windowBytes: number) => FieldsSeen | undefined = () => undefined,
  worthBytes = WORTH_BYTES,
): ParseLines {
  const byRuntime: ParseLines = (bytes) => parseAll(bytes, codec);
  let parse = sparing(byRuntime);
  let isByShape = false;
  let seenBytes = 0;
  let fields: FieldsSeen | undefined;
  return (bytes) => {
    if (bytes.length < MIN_BYTES) return undefined;
    const wanted = fieldsFor(bytes.length);
    seenBytes += bytes.length;
    if (seenBytes > worthBytes && (!isByShape || wanted !== fields)) {
      isByShape = true;
      fields = wanted;
      parse = create(wanted);
    }
    return parse(bytes);
  };

  function create(wanted: FieldsSeen | undefined): ParseLines {
    const memory = lineMemory();
    if (memory === undefined) return sparing(byRuntime);
    const shapes = new JsonShapes(codec, memory, wanted);
    return sparing(quickerOf((bytes) => shapes.parse(bytes), byRuntime, now));
  }
}

/** Does without a try where the ones before have come to nothing. */
function sparing(parse: ParseLines): ParseLines {
  let pause = 0;
  let left = 0;
  return (bytes) => {
    if (left > 0) {
      left--;
      return undefined;
    }
    const values = attempt(parse, bytes);
    if (values !== undefined) pause = Math.floor(pause / 2);
    else left = pause = Math.min(LONGEST_PAUSE, Math.max(1, pause * 2));
    return values;
  };
}

function attempt(parse: ParseLines, bytes: Uint8Array): unknown[] | undefined {
  try {
    return parse(bytes);
  } catch {
    // Reading line by line finds it again, and its place.
    return undefined;
  }
}

/** A way to parse, and what it has taken at least: milliseconds a byte. */
interface Way {
  readonly parse: ParseLines;
  cost: number;
}

function quickerOf(one: ParseLines, other: ParseLines, now: () => number): ParseLines {
  const ways: readonly [Way, Way] = [
    { parse: one, cost: Number.POSITIVE_INFINITY },
    { parse: other, cost: Number.POSITIVE_INFINITY },
  ];
  let quicker: ParseLines = other;
  let tries = 0;
  let holdBytes = FIRST_HOLD_BYTES;
  let leftBytes = 0;

  return (bytes) => {
    leftBytes -= bytes.length;
    if (leftBytes > 0) return quicker(bytes);
    const way = ways[tries % 2] as Way;
    const startMs = now();
    const values = way.parse(bytes);
    if (values === undefined) return undefined;
    way.cost = Math.min(way.cost, (now() - startMs) / bytes.length);
    if (++tries === 2 * TRIES) decide();
    return values;
  };

  function decide(): void {
    quicker = ways[0].cost <= ways[1].cost ? one : other;
    for (const way of ways) way.cost = Number.POSITIVE_INFINITY;
    tries = 0;
    leftBytes = holdBytes;
    holdBytes = Math.min(LAST_HOLD_BYTES, holdBytes * 2);
  }
}

function parseAll(bytes: Uint8Array, codec: TextCodec): unknown[] | undefined {
  if (codec.parseLines === undefined) {
    const text = codec.decode(bytes, 0, bytes.length);
    const isDoubtful = text.includes("\ufffd") && !codec.isUtf8(bytes, 0, bytes.length);
    return isDoubtful ? undefined : parseEach(text);
  }
  const values = codec.parseLines(bytes);
  const trusted = values?.length === lineCount(bytes, codec) && codec.isUtf8(bytes, 0, bytes.length);
  return trusted ? values : undefined;
}

function lineCount(bytes: Uint8Array, codec: TextCodec): number {
  let lines = 0;
  for (let at = 0; at < bytes.length; lines++) {
    const found = codec.indexOf(bytes, LINE_FEED, at);
    at = found === -1 ? bytes.length : found + 1;
  }
  return lines;
}
