/**
 * AssemblyScript, which `npm run build:wasm` compiles to ../read-lines.wasm.ts: lines of JSON are compared with templates, and their
 * values are found. See ../../slots/layout.ts and ../layout.ts for the memory.
 */
import { copyTo, nextCopy } from "../../slots/assembly/copies";
import { beginRecord, forgetStrings } from "../../slots/assembly/known-strings";
import { firstOf, VECTOR } from "../../slots/assembly/vectors";
import { MOST_RECORDS, MOST_SLOTS, RECORD_COUNT, RECORDS, STOPPED_AT, TEXT } from "../../slots/layout";
import {
  AT_END,
  AT_MOST,
  AT_ODD,
  AT_UNKNOWN,
  MOST_VALUES,
  NODE_IS_WANTED,
  NODE_LENGTH,
  NODE_NEXT,
  NODE_OTHER,
  NODE_TEMPLATE,
  NODE_TEXT,
  STOP,
} from "../layout";
import { beginSlots, putSlot, readValue } from "./value";
import { valueEnd } from "./value-end";

const LINE_FEED: u8 = 10;
const NO_NODE: i32 = 0;

/**
 * Reads lines from index `from` of the text on. A line feed stands at `length`, so that no scan goes beyond it.
 * @param narrow the first node of templates that are tried first
 * @param wide the first node of the others
 */
export function readLines(from: i32, length: i32, narrow: i32, wide: i32): void {
  const end = TEXT + length;
  const first = narrow === NO_NODE ? wide : narrow;
  let at = TEXT + from;
  let lines = 0;
  let slots = 0;
  let stop = AT_END;
  beginSlots();
  while (at < end) {
    if (lines === MOST_RECORDS || slots + MOST_VALUES > MOST_SLOTS) {
      stop = AT_MOST;
      break;
    }
    let isLast = first === wide;
    let nodes = first;
    let used = slots;
    let place = at;
    let template = 0;
    const copies = nextCopy;
    beginRecord();
    while (true) {
      const node = nodeAt(nodes, place);
      if (node === NO_NODE) {
        if (isLast) {
          stop = AT_UNKNOWN;
          break;
        }
        forgetStrings(0);
        copyTo(copies);
        isLast = true;
        nodes = wide;
        used = slots;
        place = at;
        continue;
      }
      place += load<i32>(node, NODE_LENGTH);
      template = load<i32>(node, NODE_TEMPLATE);
      if (template !== 0 && load<u8>(place) === LINE_FEED) break;
      if (load<i32>(node, NODE_IS_WANTED) !== 0) {
        place = readValue(node, place);
        if (place !== 0) putSlot(used++);
      } else place = valueEnd(place, 0);
      if (place === 0) {
        stop = AT_ODD;
        break;
      }
      nodes = load<i32>(node, NODE_NEXT);
    }
    if (stop !== AT_END) {
      forgetStrings(0);
      break;
    }
    store<i32>(RECORDS + (lines << 2), template - 1);
    lines++;
    slots = used;
    at = place + 1;
  }
  store<i32>(STOPPED_AT, at - TEXT);
  store<i32>(RECORD_COUNT, lines);
  store<i32>(STOP, stop);
}

/** That one of some nodes whose text stands here. */
function nodeAt(first: i32, at: i32): i32 {
  let node = first;
  while (node !== NO_NODE && !stands(at, load<i32>(node, NODE_TEXT), load<i32>(node, NODE_LENGTH)))
    node = load<i32>(node, NODE_OTHER);
  return node;
}

function stands(at: i32, text: i32, length: i32): bool {
  for (let i = 0; i < length; i += VECTOR) {
    const differing = v128.xor(v128.load(at + i), v128.load(text + i));
    if (v128.any_true(firstOf(differing, min(length - i, VECTOR)))) return false;
  }
  return true;
}
