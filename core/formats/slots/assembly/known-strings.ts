/**
 * Short strings that come again and again: keys of groups. JavaScript keeps one string for each of them, which is then neither made
 * again nor hashed again.
 */
import { HITS, KNOWN_STRING, LOOKS, NEW_STRING, NEW_STRINGS, NO_LOOKS, STRINGS } from "../layout";
import { firstOf } from "./vectors";

const MOST_BYTES: i32 = 15;
const ENTRY_BYTES: i32 = 16;
const WAYS: i32 = 4;
/** There are 4,096 sets. */
const SET_BITS: i32 = 12;
/** After as many looks it is found out whether they are worth it; at first all strings are new. */
const MANY_LOOKS: i32 = 32 * 1024;
const NOTHING: i32 = 0;

/** How many have come with the record that is being read. */
export let newStrings: i32 = 0;
/** Which of a set is given up next. */
let turn: i32 = 0;

export function beginRecord(): void {
  newStrings = 0;
}

/** Takes back what has come since there were as many: it will not be made. */
export function forgetStrings(count: i32): void {
  while (newStrings > count) {
    newStrings--;
    const entry = load<i32>(NEW_STRINGS + (newStrings << 2));
    v128.store(STRINGS + entry * ENTRY_BYTES, i8x16.splat(0));
  }
}

/**
 * What stands for the place of a string of ASCII characters, or 0 where they are not kept.
 * @param counts where it stands how many of its field have been looked for
 */
export function knownString(counts: i32, at: i32, length: i32): i32 {
  if (length > MOST_BYTES || length === 0) return NOTHING;
  const looks = load<i32>(counts, LOOKS);
  if (looks === NO_LOOKS) return NOTHING;
  store<i32>(counts, looks + 1, LOOKS);
  if (looks === MANY_LOOKS) review(counts);
  const key = i8x16.replace_lane(firstOf(v128.load(at), length), 15, <i8>length);
  const first = setOf(key) * WAYS;
  for (let entry = first; entry < first + WAYS; entry++) {
    if (v128.any_true(v128.xor(key, v128.load(STRINGS + entry * ENTRY_BYTES)))) continue;
    store<i32>(counts, load<i32>(counts, HITS) + 1, HITS);
    return KNOWN_STRING - entry;
  }
  turn = (turn + 1) & (WAYS - 1);
  const entry = first + turn;
  v128.store(STRINGS + entry * ENTRY_BYTES, key);
  store<i32>(NEW_STRINGS + (newStrings << 2), entry);
  newStrings++;
  return NEW_STRING - entry;
}

function review(counts: i32): void {
  const isWorthIt = load<i32>(counts, HITS) * 2 > MANY_LOOKS;
  store<i32>(counts, isWorthIt ? 0 : NO_LOOKS, LOOKS);
  store<i32>(counts, 0, HITS);
}

/** By multiplication with odd constants: all bytes of a factor have their part in the uppermost bits, the last one in no others. */
function setOf(key: v128): i32 {
  const high = <u64>i64x2.extract_lane(key, 1) * 0x12b2ae3d27d4eb;
  const both = (<u64>i64x2.extract_lane(key, 0) ^ high) * 0x1e3779b97f4a7d;
  return <i32>(both >> (64 - SET_BITS));
}
