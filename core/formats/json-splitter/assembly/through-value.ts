/**
 * AssemblyScript, which `npm run build:wasm` compiles to ../through-value.wasm.ts: 16 bytes at a time, with the machine's vector
 * instructions. How quotes and backslashes become masks is simdjson's way (G. Langdale, D. Lemire, "Parsing gigabytes of JSON per
 * second", VLDB Journal 28, 2019).
 *
 * Memory: the state in four words, and the text behind it. See ../through-value.ts for what is in them.
 */

const DEPTH: i32 = 0;
const IN_STRING: i32 = 4;
const ESCAPED: i32 = 8;
const LINE_ENDS: i32 = 12;
const TEXT: i32 = 64;

const BLOCK: i32 = 16;
const EVEN: u32 = 0x15555;
const ODD: u32 = 0xaaaa;

/** Goes from index `from` on, where brackets are open, up to behind the last one's end, or to `length`. Gives where it is then. */
export function throughValue(from: i32, length: i32): i32 {
  let depth = load<i32>(DEPTH);
  let inString = load<u32>(IN_STRING);
  let escaped = load<u32>(ESCAPED);
  let lineEnds = load<i32>(LINE_ENDS);
  let at = from;
  while (at < length) {
    const address = TEXT + at;
    const count = min(length - at, BLOCK);
    // One bit for each byte of the block, in all of these.
    let seen: u32 = (1 << count) - 1;
    const block = v128.load(address);
    let quotes = bytesThatAre(block, 34) & seen;
    let backslashes = bytesThatAre(block, 92) & seen;
    if ((backslashes | escaped) !== 0) {
      // A backslash that is escaped escapes nothing. Of a run of them, what is added to its start carries to its end.
      backslashes &= ~escaped;
      const behind = (backslashes << 1) | escaped;
      const carried = ((backslashes & ODD & ~behind) + backslashes) << 1;
      const escapes = (EVEN ^ carried) & behind;
      quotes &= ~escapes;
      escaped = (escapes >> count) & 1;
    }
    // From each quote on up to the next one.
    let strings = quotes;
    strings ^= strings << 1;
    strings ^= strings << 2;
    strings ^= strings << 4;
    strings ^= strings << 8;
    strings ^= 0 - inString;

    // A bracket and the brace of its kind differ in one bit.
    const braces = v128.or(block, i8x16.splat(32));
    const opening = bytesThatAre(braces, 123) & seen & ~strings;
    let closing = bytesThatAre(braces, 125) & seen & ~strings;
    let end = -1;
    if (depth > <i32>popcnt(closing)) depth -= <i32>popcnt(closing);
    else
      for (; closing !== 0 && end === -1; closing &= closing - 1) {
        const place = ctz(closing);
        depth--;
        if (depth + <i32>popcnt(opening & ((1 << place) - 1)) === 0) end = place;
      }
    if (end === -1) depth += <i32>popcnt(opening);
    else {
      depth = 0;
      seen = (2 << end) - 1;
    }

    let controls = <u32>i8x16.bitmask(i8x16.lt_u(i8x16.sub(block, i8x16.splat(9)), i8x16.splat(5))) & seen;
    for (; controls !== 0; controls &= controls - 1) {
      const place = ctz(controls);
      const isLineFeed = load<u8>(address + place) === 10;
      if (isLineFeed) lineEnds++;
      if (((strings >> place) & 1) === 0) store<u8>(address + place, 32);
      else if (isLineFeed) store<u8>(address + place, 9);
    }

    if (end !== -1) {
      inString = 0;
      escaped = 0;
      at += end + 1;
      break;
    }
    inString = (strings >> (count - 1)) & 1;
    at += count;
  }
  store<i32>(DEPTH, depth);
  store<u32>(IN_STRING, inString);
  store<u32>(ESCAPED, escaped);
  store<i32>(LINE_ENDS, lineEnds);
  return at;
}

function bytesThatAre(block: v128, byte: i8): u32 {
  return i8x16.bitmask(i8x16.eq(block, i8x16.splat(byte)));
}
